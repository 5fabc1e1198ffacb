"use client";

import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useLayoutEffect, useRef } from "react";
import { useTrpc } from "../_trpc/client.tsx";
import type { Outputs } from "../_trpc/types.ts";
import { useZone } from "../_ui/now.tsx";
import { Problem } from "../_ui/problem.tsx";
import { Skeleton } from "../_ui/skeleton.tsx";

export type TracedReader = Outputs["assignment"]["traceOf"]["readers"][number];
const stands: Record<TracedReader["stand"], string> = {
  has: "has it",
  may: "may read it",
  "not-asked": "not asked",
  full: "has enough",
  barred: "not now",
};
/** How a reader stands to a case, in short. */
export const standOf = ({ assignable, stand }: Pick<TracedReader, "assignable" | "stand">): string =>
  assignable ? stands[stand] : "must not read it";

/** Every reader of the group, who may first, and what is in the way of the others. Arrows go from one to the next, Enter chooses. */
export function AssignMenu({
  caseId,
  onChosen,
}: {
  caseId: string;
  onChosen: (reader: { id: string; name: string }) => void;
}) {
  const trpc = useTrpc();
  const timeZone = useZone();
  const list = useRef<HTMLUListElement>(null);
  const trace = useQuery(trpc.assignment.traceOf.queryOptions({ caseId, timeZone }));
  const ready = trace.isSuccess;
  // The dialog opens before the readers are known.
  useLayoutEffect(() => {
    if (ready) list.current?.querySelector<HTMLElement>("button:enabled")?.focus();
  }, [ready]);
  const byArrows = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const buttons = [...(list.current?.querySelectorAll<HTMLElement>("button:enabled") ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLElement);
    if (step === undefined || buttons.length === 0) return;
    event.preventDefault();
    buttons[(at + step + buttons.length) % buttons.length]?.focus();
  };
  if (trace.isError) return <Problem error={trace.error} />;
  if (!trace.data) return <Skeleton className="h-40" />;
  const { words, readers } = trace.data;
  return (
    <div className="flex flex-col gap-3">
      {words ? <p>{words}</p> : null}
      <ul ref={list} className="flex max-h-[60vh] flex-col gap-1 overflow-y-auto" onKeyDown={byArrows}>
        {readers.map((reader) => (
          <li key={reader.readerId}>
            <button
              type="button"
              disabled={!reader.assignable}
              onClick={() => onChosen({ id: reader.readerId, name: reader.name })}
              className="flex w-full flex-col gap-0.5 rounded-md border border-line px-3 py-1.5 text-left enabled:hover:bg-hover disabled:cursor-not-allowed disabled:bg-ground"
            >
              <span className="flex items-baseline justify-between gap-3">
                <span className="font-medium">{reader.name}</span>
                <span className="text-xs whitespace-nowrap text-quiet">{standOf(reader)}</span>
              </span>
              <span className="text-xs text-quiet">{reader.words}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
