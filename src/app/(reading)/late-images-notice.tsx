"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTrpc } from "../_trpc/client.tsx";
import { messageFor } from "../_trpc/errors.ts";
import type { WorklistItem } from "../_trpc/types.ts";
import { Button } from "../_ui/button.tsx";
import { classNames } from "../_ui/class-names.ts";
import { plural } from "../_ui/format.ts";
import { Ago } from "../_ui/now.tsx";

/**
 * Tells that images arrived after reading began, or after the signature, and takes the reader's acknowledgement; for a
 * signed report with a statement that nothing changes. An addendum acknowledges them as well.
 */
export function LateImagesNotice({
  item,
  mayAnswer,
  className,
}: {
  /** `of`: which study, where it is not the page's own. */
  item: Pick<WorklistItem, "caseId" | "signed" | "lateImages"> & { of?: string };
  mayAnswer: boolean;
  className?: string;
}) {
  const trpc = useTrpc();
  const queryClient = useQueryClient();
  const [asked, setAsked] = useState(false);
  const answer = useMutation(
    trpc.study.seeLateImages.mutationOptions({
      onSettled: () => {
        void queryClient.invalidateQueries({ queryKey: trpc.worklist.pathKey() });
        void queryClient.invalidateQueries({ queryKey: trpc.study.open.pathKey() });
      },
    }),
  );
  if (!item.lateImages) return null;
  const { count, since } = item.lateImages;
  const { signed } = item;
  const state = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const reason = String(new FormData(event.currentTarget).get("reason") ?? "");
    answer.mutate({ caseId: item.caseId, count, reason });
  };
  return (
    <div
      role="alert"
      className={classNames("rounded-md border border-stat/60 bg-stat-soft px-3 py-1.5 font-medium", className)}
    >
      <div className="flex flex-1 flex-wrap items-center justify-between gap-x-3 gap-y-1">
        <span>
          {item.of ? `${item.of}: ` : ""}
          {plural(count, "image")} came <Ago at={since} />,{" "}
          {signed
            ? `after the report was signed, and ${count === 1 ? "is" : "are"} not in it. An addendum is due.`
            : `after this case was opened. Nothing can be signed before ${count === 1 ? "it is" : "they are"} looked at.`}
        </span>
        {!mayAnswer ? null : signed && asked ? (
          <form onSubmit={state} className="flex flex-wrap items-center gap-2">
            <label className="flex items-center gap-2">
              <span className="text-xs">Why nothing changes</span>
              <input
                name="reason"
                required
                minLength={3}
                maxLength={300}
                autoComplete="off"
                className="h-8 min-w-56 rounded-md border border-line bg-ground px-2 font-normal"
              />
            </label>
            <Button type="submit" disabled={answer.isPending}>
              State it
            </Button>
          </form>
        ) : signed ? (
          <Button onClick={() => setAsked(true)}>Nothing changes…</Button>
        ) : (
          <Button disabled={answer.isPending} onClick={() => answer.mutate({ caseId: item.caseId, count })}>
            I have seen {count === 1 ? "it" : "them"}
          </Button>
        )}
        {answer.error ? <span role="alert">{messageFor(answer.error)}</span> : null}
      </div>
    </div>
  );
}
