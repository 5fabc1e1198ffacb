"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import type { Me } from "../../_trpc/types.ts";
import { Button } from "../../_ui/button.tsx";
import { classNames } from "../../_ui/class-names.ts";
import { plural } from "../../_ui/format.ts";
import { Kbd } from "../../_ui/kbd.tsx";
import { useNow, useZone, When } from "../../_ui/now.tsx";
import { Problem } from "../../_ui/problem.tsx";
import { useShortcuts } from "../../_ui/shortcuts.ts";
import { Table } from "../../_ui/table.tsx";
import { useToast } from "../../_ui/toast.tsx";
import type { TracedReader } from "../../(reading)/assign-menu.tsx";
import { useAssign } from "../../(reading)/use-assign.ts";
import { OfficePage } from "../office-page.tsx";
import { CaseCard } from "./case-card.tsx";
import { CasePanel } from "./case-panel.tsx";
import {
  type Board,
  type By,
  type Column,
  columnsOf,
  givenOf,
  isGivable,
  isLate,
  mostInColumn,
  stepTo,
} from "./columns.ts";
import { FairnessReport } from "./fairness-report.tsx";
import { PublishedShifts } from "./published-shifts.tsx";
import { ReaderRail, refusalOf, useDropPlace, useStands } from "./reader-rail.tsx";

/** Time goes on without an announcement: the forecast is made anew. */
const everyMs = 60_000;
const ways: { by: By; label: string }[] = [
  { by: "slack", label: "By time left" },
  { by: "facility", label: "By facility" },
  { by: "reader", label: "By reader" },
];

/** What is open and who has it, who is there, what will be late within the hour, and how evenly the work was spread. */
export function BoardScreen({ me, initial, at }: { me: Me; initial: Board; at: number }) {
  const trpc = useTrpc();
  const now = useNow();
  const { data: board, error } = useQuery(
    trpc.board.get.queryOptions(undefined, {
      initialData: initial,
      initialDataUpdatedAt: at,
      refetchInterval: everyMs,
    }),
  );
  const [by, setBy] = useState<By>("slack");
  const columns = columnsOf(board, by, now);
  const late = board.cases.filter((each) => isLate(each, now)).length;

  const toast = useToast();
  const { assign, takeBack } = useAssign();
  const [chosenId, setChosenId] = useState<string | null>(null);
  const [assigning, setAssigning] = useState(false);
  const [carriedId, setCarriedId] = useState<string | null>(null);
  const stands = useStands(carriedId);
  const chosen = board.cases.find(({ caseId }) => caseId === chosenId) ?? null;
  const entryId = chosen?.caseId ?? stepTo(columns, null, "");
  const go = ({ key }: KeyboardEvent) => setChosenId((from) => stepTo(columns, from, key) ?? from);
  useShortcuts({ arrowdown: go, arrowup: go, arrowleft: go, arrowright: go, escape: () => setChosenId(null) });
  const refuse = (reason: string) => toast(reason, { tone: "problem" });
  const queryClient = useQueryClient();
  const timeZone = useZone();
  /** @param placeId a reader, or `nobody`. */
  const dropOn = async (caseId: string, placeId: string) => {
    const item = board.cases.find((each) => each.caseId === caseId);
    const reader = board.readers.find(({ id }) => id === placeId);
    if (!item || item.readerId === (reader?.id ?? null)) return;
    const was = givenOf(item, board);
    if (reader) {
      // Let go before it was known who may: asked now, and where that fails the server decides.
      const known = trpc.assignment.traceOf.queryOptions({ caseId, timeZone }, { staleTime: 10_000 });
      const trace = await queryClient.fetchQuery(known).catch(() => null);
      const stand = trace?.readers.find(({ readerId }) => readerId === reader.id);
      if (stand && !stand.assignable) refuse(refusalOf(stand));
      else assign(caseId, reader, was);
    } else if (was) takeBack(caseId, was);
  };
  return (
    <OfficePage
      me={me}
      wide="all"
      title="Board"
      intro={`${plural(board.cases.length, "open case")}, ${late === 0 ? "none late" : `${late} late`}. ${plural(
        board.readers.filter(({ presence }) => presence === "on-shift").length,
        "reader",
      )} on shift.`}
    >
      <Problem error={error} />
      <ForecastNote board={board} />
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1">
        <fieldset className="flex flex-wrap gap-1">
          <legend className="sr-only">How the cases are arranged</legend>
          {ways.map(({ by: way, label }) => (
            <Button
              key={way}
              look={way === by ? "primary" : "quiet"}
              aria-pressed={way === by}
              onClick={() => setBy(way)}
            >
              {label}
            </Button>
          ))}
        </fieldset>
        <p className="text-xs text-quiet max-md:hidden">
          <Kbd>↑</Kbd> <Kbd>↓</Kbd> <Kbd>←</Kbd> <Kbd>→</Kbd> choose · <Kbd>A</Kbd> assign · <Kbd>U</Kbd> take back ·{" "}
          <Kbd>P</Kbd> priority · <Kbd>H</Kbd> hold
        </p>
      </div>
      <div className="flex gap-4 max-lg:flex-col">
        <section
          aria-label="Open cases"
          className="flex min-w-0 flex-1 gap-3 overflow-x-auto pb-2 max-md:flex-col"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
          tabIndex={0}
        >
          {columns.map((column) => (
            <BoardColumn
              key={column.id}
              column={column}
              takesCases={by === "reader"}
              stand={stands?.get(column.id) ?? null}
              onDrop={(caseId) => void dropOn(caseId, column.id)}
              onRefused={refuse}
            >
              {column.cases.slice(0, mostInColumn).map((each) => (
                <CaseCard
                  key={each.caseId}
                  item={each}
                  board={board}
                  by={by}
                  late={isLate(each, now)}
                  chosen={each.caseId === chosenId}
                  entry={each.caseId === entryId}
                  onChoose={() => setChosenId(each.caseId)}
                  onAssign={() => setAssigning(isGivable(each))}
                  onDrag={(dragged) => setCarriedId(dragged ? each.caseId : null)}
                />
              ))}
            </BoardColumn>
          ))}
        </section>
        <aside aria-label="Assign" className="flex shrink-0 flex-col gap-4 lg:w-64">
          {chosen ? (
            <CasePanel
              key={chosen.caseId}
              item={chosen}
              board={board}
              assigning={assigning}
              setAssigning={setAssigning}
              onAssign={(reader, was) => assign(chosen.caseId, reader, was)}
              onTakeBack={(was) => takeBack(chosen.caseId, was)}
              onClose={() => setChosenId(null)}
            />
          ) : null}
          <ReaderRail
            board={board}
            now={now}
            stands={stands}
            onDrop={(caseId, { id }) => void dropOn(caseId, id)}
            onRefused={refuse}
          />
        </aside>
      </div>
      <ReaderTable board={board} now={now} />
      <FairnessReport slug={me.org.slug} />
      <PublishedShifts slug={me.org.slug} />
    </OfficePage>
  );
}

/** A column; of a reader's cases also a place to carry a case to, of those with nobody to take it back to. */
function BoardColumn({
  column: { title, cases },
  takesCases,
  stand,
  onDrop,
  onRefused,
  children,
}: {
  column: Column;
  takesCases: boolean;
  stand: TracedReader | null;
  onDrop: (caseId: string) => void;
  onRefused: (reason: string) => void;
  children: ReactNode;
}) {
  const refused = stand && !stand.assignable ? refusalOf(stand) : null;
  const { over, place } = useDropPlace({ refused, onDrop, onRefused });
  return (
    <section
      aria-label={title}
      className={classNames(
        "flex w-56 shrink-0 grow flex-col gap-2 rounded-md max-md:w-full md:max-w-md",
        takesCases && refused ? "bg-stat-soft" : takesCases && over && "bg-selected",
      )}
      {...(takesCases ? place : {})}
    >
      <h2 className="flex justify-between gap-2 border-b border-line pb-1 font-semibold">
        {title} <span className="tabular font-normal text-quiet">{cases.length}</span>
      </h2>
      <ul className="flex flex-col gap-2">{children}</ul>
      {cases.length > mostInColumn ? (
        <p className="text-quiet">and {plural(cases.length - mostInColumn, "more case")}</p>
      ) : null}
    </section>
  );
}

/** What will be late within the hour, and what would help. */
function ForecastNote({ board }: { board: Board }) {
  if (board.late.length === 0)
    return (
      <p className="rounded-lg border border-line bg-panel p-3">
        By the queue, the shifts and everybody's own pace nothing will be late within the hour.
      </p>
    );
  const reached = board.late.filter(({ signedAt }) => signedAt !== null).length;
  const barred = board.late.filter(({ readers }) => readers === 0).length;
  return (
    <section aria-label="Forecast" className="flex flex-col gap-2 rounded-lg border border-urgent bg-panel p-3">
      <h2 className="font-semibold">
        {plural(board.late.length, "case")} will be late within the hour, by the queue, the shifts and everybody's own
        pace
      </h2>
      <p>
        {[
          reached > 0 ? `${reached} will be read, too late` : "",
          reached < board.late.length ? `${board.late.length - reached} will not be reached` : "",
          barred > 0 ? `${barred} may be read by nobody` : "",
        ]
          .filter(Boolean)
          .join("; ")}
        . What is yet to arrive is not counted.
      </p>
      {board.helps.length > 0 ? (
        <>
          <h3 className="text-[0.8125rem] font-medium">What would help</h3>
          <ul className="list-disc pl-5">
            {board.helps.map((help) => (
              <li key={help}>{help}</li>
            ))}
          </ul>
        </>
      ) : null}
    </section>
  );
}

const presences: Record<Board["readers"][number]["presence"], string> = {
  "on-shift": "On shift",
  "on-break": "On a break",
  "off-shift": "Not on shift",
  "off-roster": "On no roster",
};

function ReaderTable({ board, now }: { board: Board; now: number }) {
  return (
    <section className="flex flex-col gap-2" aria-label="Readers">
      <h2 className="text-base font-semibold">Readers</h2>
      <Table label="Readers" head={["Reader", "Shift", "Signed in", "In hand", "Late", "Signed in this shift"]}>
        {board.readers.map(({ id, name, presence, until, signedIn, done }) => {
          const own = board.cases.filter(({ readerId }) => readerId === id);
          const late = own.filter((each) => isLate(each, now)).length;
          return (
            <tr key={id}>
              <td className="font-medium">{name}</td>
              <td>
                {presences[presence]}
                {until === null ? null : (
                  <span className="text-quiet">
                    {presence === "off-shift" ? ", next " : " until "}
                    <When at={until} />
                  </span>
                )}
              </td>
              <td>{signedIn ? "yes" : "no"}</td>
              <td className="tabular">{own.length}</td>
              <td className={classNames("tabular", late > 0 && "font-semibold text-stat")}>{late}</td>
              <td className="tabular">
                {plural(done.cases, "case")}, {done.workUnits.toFixed(1)} units
              </td>
            </tr>
          );
        })}
      </Table>
    </section>
  );
}
