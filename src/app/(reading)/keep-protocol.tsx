"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { type FormEvent, useMemo, useState } from "react";
import { useTrpc } from "../_trpc/client.tsx";
import { messageFor } from "../_trpc/errors.ts";
import { Button, IconButton } from "../_ui/button.tsx";
import { Field, SelectField } from "../_ui/field.tsx";
import { plural } from "../_ui/format.ts";
import { Problem } from "../_ui/problem.tsx";
import { useToast } from "../_ui/toast.tsx";
import type { ProtocolDraft, ViewerProps } from "../_viewer/types.ts";
import { asProtocols, type KeptProtocol } from "./kept-protocols.ts";

/**
 * The reader's hanging protocols for the viewer, and what is being kept of its screen.
 *
 * @param onKeep the form is open now.
 */
export function useProtocols(
  enabled: boolean,
  onKeep: () => void,
): {
  ready: boolean;
  forViewer: Pick<ViewerProps, "protocols" | "onKeepProtocol">;
  draft: ProtocolDraft | null;
  kept: readonly KeptProtocol[];
  close: () => void;
} {
  const trpc = useTrpc();
  const list = useQuery(trpc.hanging.list.queryOptions(undefined, { enabled }));
  const [draft, setDraft] = useState<ProtocolDraft | null>(null);
  const keep = (made: ProtocolDraft) => {
    setDraft(made);
    onKeep();
  };
  const { data } = list;
  const protocols = useMemo(() => data && asProtocols(data), [data]);
  return {
    // What is kept is known, or cannot be had: a case that is opened before would hang otherwise than its reader has said.
    ready: !enabled || list.isFetched,
    forViewer: { ...(protocols ? { protocols } : {}), ...(enabled ? { onKeepProtocol: keep } : {}) },
    draft,
    kept: data ?? [],
    close: () => setDraft(null),
  };
}

/** Beside the images, never over them: under what name the screen is kept, for which studies and for whom. */
export function KeepProtocol({
  draft,
  kept,
  onClose,
}: {
  draft: ProtocolDraft;
  kept: readonly KeptProtocol[];
  onClose: () => void;
}) {
  const trpc = useTrpc();
  const toast = useToast();
  const own = kept.filter(({ can }) => can.edit);
  const [to, setTo] = useState("new");
  const chosen = own.find(({ protocolId }) => protocolId === to);
  const save = useMutation(
    trpc.hanging.save.mutationOptions({
      onSuccess: (_, { protocol }) => {
        toast(`Kept: ${protocol.name}.`);
        onClose();
      },
    }),
  );
  const restore = useMutation(trpc.hanging.restore.mutationOptions());
  const remove = useMutation(
    trpc.hanging.remove.mutationOptions({
      onSuccess: (_, { protocolId }) =>
        toast("The protocol is deleted.", { action: { label: "Undo", run: () => restore.mutate({ protocolId }) } }),
      onError: (error) => toast(messageFor(error), { tone: "problem" }),
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? "").trim();
    const stage = { ...draft.stage, name: text("stage") };
    if (chosen) {
      const { id: _, ...protocol } = chosen.protocol;
      const stages = [...protocol.stages.filter(({ name }) => name !== stage.name), stage];
      const { protocolId, version, isShared } = chosen;
      save.mutate({ protocolId, version, isShared, protocol: { ...protocol, stages } });
      return;
    }
    const regions = text("studies") === "regions" ? draft.regions : [];
    save.mutate({
      isShared: form.get("shared") === "on",
      protocol: { name: text("name"), modalities: draft.modalities, regions, stages: [stage] },
    });
  };
  const what = draft.modalities.join(" and ");
  return (
    <section
      aria-label="Keep the screen"
      className="max-h-[70dvh] shrink-0 overflow-y-auto border-b border-line px-3 py-2 text-[0.8125rem]"
    >
      <form
        aria-label="Keep the screen as a hanging protocol"
        onSubmit={submit}
        // Keys belong to the form, not to the images.
        onKeyDown={(event) => {
          event.stopPropagation();
          if (event.key === "Escape") onClose();
        }}
        className="flex flex-col gap-2"
      >
        {own.length > 0 ? (
          <SelectField label="Keep as" value={to} onChange={(event) => setTo(event.currentTarget.value)}>
            <option value="new">A new protocol</option>
            {own.map(({ protocolId, protocol }) => (
              <option key={protocolId} value={protocolId}>
                A stage of {protocol.name}
              </option>
            ))}
          </SelectField>
        ) : null}
        {chosen ? null : (
          <>
            <Field label="Name of the protocol" name="name" required maxLength={60} autoComplete="off" autoFocus />
            <SelectField label="For" name="studies" defaultValue={draft.regions.length > 0 ? "regions" : "all"}>
              {draft.regions.length > 0 ? (
                <option value="regions">
                  {what} of {draft.regions.join(", ")}
                </option>
              ) : null}
              <option value="all">Every {what}</option>
            </SelectField>
          </>
        )}
        <Field
          key={to}
          label="Name of this screen"
          name="stage"
          required
          maxLength={40}
          autoComplete="off"
          defaultValue={`${draft.stage.rows}×${draft.stage.columns}`}
          hint={chosen ? "A stage of the same name is replaced." : undefined}
        />
        {chosen ? null : (
          <label className="inline-flex min-h-7 items-center gap-2">
            <input type="checkbox" name="shared" />
            For every reader of the group
          </label>
        )}
        <Problem error={save.error} />
        <div className="flex gap-2">
          <Button type="submit" look="primary" disabled={save.isPending}>
            Keep
          </Button>
          <Button onClick={onClose}>Cancel</Button>
        </div>
      </form>
      {kept.some(({ can }) => can.remove) ? (
        <details className="pt-2">
          <summary className="cursor-pointer text-quiet">Protocols that are kept</summary>
          <ul className="pt-1">
            {kept.map(({ protocolId, protocol, by, isShared, can }) => (
              <li key={protocolId} className="flex items-center justify-between gap-2">
                <span>
                  {protocol.name}{" "}
                  <span className="text-quiet">
                    {plural(protocol.stages.length, "stage")}
                    {by === null ? (isShared ? ", for the group" : "") : `, by ${by || "a colleague"}`}
                  </span>
                </span>
                {can.remove ? (
                  <IconButton label={`Delete ${protocol.name}`} onClick={() => remove.mutate({ protocolId })}>
                    <Trash2 className="size-4" />
                  </IconButton>
                ) : null}
              </li>
            ))}
          </ul>
        </details>
      ) : null}
    </section>
  );
}
