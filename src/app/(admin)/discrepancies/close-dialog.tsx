"use client";

import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import { serverNow } from "../../_trpc/server-time.ts";
import { Button } from "../../_ui/button.tsx";
import { Dialog } from "../../_ui/dialog.tsx";
import { Field, TextField } from "../../_ui/field.tsx";
import { When } from "../../_ui/now.tsx";
import { Problem } from "../../_ui/problem.tsx";
import type { Item } from "./search.ts";

/** The lead notes what was done about a discrepancy. Earlier notes stand above it. */
export function CloseDialog({ item, onClose, onDone }: { item: Item; onClose: () => void; onDone: () => void }) {
  const trpc = useTrpc();
  const [told, setTold] = useState(false);
  const close = useMutation(trpc.discrepancy.close.mutationOptions({ onSuccess: onDone }));
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const toldAt = String(form.get("toldAt") ?? "");
    close.mutate({
      overReadId: item.overReadId,
      note: String(form.get("note") ?? ""),
      siteToldAt: told && toldAt ? new Date(toldAt).toISOString() : null,
    });
  };
  return (
    <Dialog open onClose={onClose} title="What was done">
      <form onSubmit={submit} className="flex flex-col gap-4">
        <p>
          {item.overReader} on the preliminary report of {item.firstReader}, <When at={item.at} />. What you write stays
          as it is; something further is a further note. Both readers see it, the hospital does not.
        </p>
        <Notes item={item} />
        <TextField
          label="Note"
          name="note"
          rows={3}
          required
          minLength={3}
          maxLength={1000}
          hint="No names of patients."
          data-first
        />
        <fieldset className="flex flex-col gap-1.5">
          <legend className="text-[0.8125rem] font-medium">The site</legend>
          <label className="flex items-center gap-2">
            <input type="radio" name="told" checked={!told} onChange={() => setTold(false)} />
            was not told
          </label>
          <label className="flex items-center gap-2">
            <input type="radio" name="told" checked={told} onChange={() => setTold(true)} />
            was told
          </label>
        </fieldset>
        {told ? (
          <Field
            label="When"
            name="toldAt"
            type="datetime-local"
            required
            defaultValue={localMinute(serverNow())}
            hint="Your time."
          />
        ) : null}
        <Problem error={close.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={close.isPending}>
            Close it with this note
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** What was noted so far, newest first. */
export function Notes({ item }: { item: Pick<Item, "closures"> }) {
  if (item.closures.length === 0) return null;
  return (
    <ul className="flex flex-col gap-1">
      {item.closures.map((closure) => (
        <li key={closure.at}>
          <span className="wrap-anywhere whitespace-pre-wrap">{closure.note}</span>
          <span className="block text-xs text-quiet">
            {closure.by}, <When at={closure.at} /> ·{" "}
            {closure.siteToldAt ? (
              <>
                site told <When at={closure.siteToldAt} />
              </>
            ) : (
              "site not told"
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** The minute that has begun, as a field for it wants it: in the browser's zone. */
function localMinute(ms: number): string {
  const date = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return date.toISOString().slice(0, 16);
}
