"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import type { Me } from "../../_trpc/types.ts";
import { Button } from "../../_ui/button.tsx";
import { classNames } from "../../_ui/class-names.ts";
import { Exam } from "../../_ui/exam.tsx";
import { plural } from "../../_ui/format.ts";
import { Countdown, useNow, When } from "../../_ui/now.tsx";
import { Problem } from "../../_ui/problem.tsx";
import { PriorityMark } from "../../_ui/status.tsx";
import { Table } from "../../_ui/table.tsx";
import { OfficePage } from "../office-page.tsx";
import { type Board, type BoardCase, type By, columnsOf, isLate } from "./columns.ts";
import { FairnessReport } from "./fairness-report.tsx";

/** Time goes on without an announcement: the forecast is made anew. */
const everyMs = 60_000;
/** More are counted, not drawn. */
const mostInColumn = 40;
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
  return (
    <OfficePage
      me={me}
      wide
      title="Board"
      intro={`${plural(board.cases.length, "open case")}, ${late === 0 ? "none late" : `${late} late`}. ${plural(
        board.readers.filter(({ presence }) => presence === "on-shift").length,
        "reader",
      )} on shift.`}
    >
      <Problem error={error} />
      <ForecastNote board={board} />
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
      <section
        aria-label="Open cases"
        className="flex gap-3 overflow-x-auto pb-2 max-md:flex-col"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        tabIndex={0}
      >
        {columns.map(({ id, title, cases }) => (
          <section
            key={id}
            aria-label={title}
            className="flex w-56 shrink-0 grow flex-col gap-2 max-md:w-full md:max-w-80"
          >
            <h2 className="flex justify-between gap-2 border-b border-line pb-1 font-semibold">
              {title} <span className="tabular font-normal text-quiet">{cases.length}</span>
            </h2>
            <ul className="flex flex-col gap-2">
              {cases.slice(0, mostInColumn).map((each) => (
                <CaseCard key={each.caseId} item={each} board={board} by={by} late={isLate(each, now)} />
              ))}
            </ul>
            {cases.length > mostInColumn ? (
              <p className="text-quiet">and {plural(cases.length - mostInColumn, "more case")}</p>
            ) : null}
          </section>
        ))}
      </section>
      <ReaderTable board={board} now={now} />
      <FairnessReport slug={me.org.slug} />
    </OfficePage>
  );
}

function CaseCard({ item, board, by, late }: { item: BoardCase; board: Board; by: By; late: boolean }) {
  const facility = board.facilities.find(({ id }) => id === item.facilityId)?.name;
  const reader = board.readers.find(({ id }) => id === item.readerId)?.name;
  return (
    <li
      className={classNames(
        "flex flex-col gap-0.5 rounded-md border bg-panel p-2 text-[0.8125rem]",
        late ? "border-stat" : "border-line",
      )}
    >
      <span className="flex flex-wrap items-center justify-between gap-x-2">
        <PriorityMark priority={item.priority} />
        {item.held ? <span className="text-held">held</span> : <Countdown dueAt={item.dueAt} />}
      </span>
      <span>
        <Exam modalities={item.modalities} description={item.description} />
      </span>
      <span className="text-quiet">
        {[by === "facility" ? "" : facility, by === "reader" ? "" : (reader ?? "with nobody")]
          .filter(Boolean)
          .join(" · ")}
      </span>
    </li>
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
