"use client";

import { useQuery } from "@tanstack/react-query";
import { type DragEvent, useState } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import { classNames } from "../../_ui/class-names.ts";
import { useZone } from "../../_ui/now.tsx";
import { standOf, type TracedReader } from "../../(reading)/assign-menu.tsx";
import { dragType } from "./case-card.tsx";
import { type Board, isLate } from "./columns.ts";

/** How every reader stands to the case that is being carried; null until it is known, and while none is. */
export function useStands(caseId: string | null): ReadonlyMap<string, TracedReader> | null {
  const trpc = useTrpc();
  const timeZone = useZone();
  const trace = useQuery(
    trpc.assignment.traceOf.queryOptions({ caseId: caseId ?? "", timeZone }, { enabled: caseId !== null }),
  );
  return caseId !== null && trace.data ? new Map(trace.data.readers.map((each) => [each.readerId, each])) : null;
}

/**
 * What makes a place take a case that is let go over it. Who must not read it takes none: the pointer says so, and on letting go the reason is told.
 *
 * @param refused the reason, where this reader must not have it.
 */
export function useDropPlace({
  refused,
  onDrop,
  onRefused,
}: {
  refused: string | null;
  onDrop: (caseId: string) => void;
  onRefused: (reason: string) => void;
}) {
  const [over, setOver] = useState(false);
  const carries = (event: DragEvent) => event.dataTransfer.types.includes(dragType);
  return {
    over,
    place: {
      onDragOver: (event: DragEvent) => {
        if (!carries(event)) return;
        event.preventDefault();
        setOver(true);
      },
      onDragLeave: () => setOver(false),
      onDrop: (event: DragEvent) => {
        setOver(false);
        if (!carries(event)) return;
        event.preventDefault();
        if (refused) onRefused(refused);
        else onDrop(event.dataTransfer.getData(dragType));
      },
    },
  };
}

const presences: Record<Board["readers"][number]["presence"], string> = {
  "on-shift": "on shift",
  "on-break": "on a break",
  "off-shift": "not on shift",
  "off-roster": "on no roster",
};

/** The readers beside the cases: a case is carried to one of them, and while it is, each says whether he may have it. */
export function ReaderRail({
  board,
  now,
  stands,
  onDrop,
  onRefused,
}: {
  board: Board;
  now: number;
  stands: ReadonlyMap<string, TracedReader> | null;
  onDrop: (caseId: string, reader: { id: string; name: string }) => void;
  onRefused: (reason: string) => void;
}) {
  return (
    <section aria-label="Readers to assign to" className="flex flex-col gap-2">
      <h2 className="font-semibold">
        Readers <span className="font-normal text-quiet max-md:hidden">drag a case here</span>
      </h2>
      <ul className="flex flex-col gap-1.5">
        {board.readers.map((reader) => (
          <ReaderTile
            key={reader.id}
            reader={reader}
            own={board.cases.filter(({ readerId }) => readerId === reader.id)}
            now={now}
            stand={stands?.get(reader.id) ?? null}
            onDrop={(caseId) => onDrop(caseId, reader)}
            onRefused={onRefused}
          />
        ))}
      </ul>
    </section>
  );
}

function ReaderTile({
  reader,
  own,
  now,
  stand,
  onDrop,
  onRefused,
}: {
  reader: Board["readers"][number];
  own: Board["cases"];
  now: number;
  stand: TracedReader | null;
  onDrop: (caseId: string) => void;
  onRefused: (reason: string) => void;
}) {
  const refused = stand && !stand.assignable ? refusalOf(stand) : null;
  const { over, place } = useDropPlace({ refused, onDrop, onRefused });
  const late = own.filter((each) => isLate(each, now)).length;
  return (
    <li
      data-reader-id={reader.id}
      data-barred={refused !== null}
      className={classNames(
        "rounded-md border px-2 py-1.5 text-[0.8125rem]",
        refused ? "border-stat bg-stat-soft" : over ? "border-accent bg-selected" : "border-line bg-panel",
      )}
      {...place}
    >
      <span className="flex flex-wrap items-baseline justify-between gap-x-2">
        <span className="font-medium">{reader.name}</span>
        <span className="text-xs text-quiet">{presences[reader.presence]}</span>
      </span>
      <span className="tabular text-xs text-quiet">
        {own.length} in hand{late > 0 ? `, ${late} late` : ""}
      </span>
      {stand ? (
        <span className={classNames("block text-xs", refused ? "text-stat" : "text-quiet")}>
          <span className="font-medium">{standOf(stand)}</span>: {stand.words}
        </span>
      ) : null}
    </li>
  );
}

/** Why a case is not his, to be told when it is let go over him. */
export const refusalOf = ({ name, words }: TracedReader): string => `${name} must not read it: ${words}`;
