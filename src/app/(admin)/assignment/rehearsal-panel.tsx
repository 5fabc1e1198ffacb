"use client";

import { useMutation } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { useState } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import type { Outputs } from "../../_trpc/types.ts";
import { BarChart } from "../../_ui/bars.tsx";
import { Button } from "../../_ui/button.tsx";
import { Exam } from "../../_ui/exam.tsx";
import { plural } from "../../_ui/format.ts";
import { Exact } from "../../_ui/now.tsx";
import { Problem } from "../../_ui/problem.tsx";
import { PriorityMark } from "../../_ui/status.tsx";
import { Table } from "../../_ui/table.tsx";
import type { Entry } from "./types.ts";

type Rehearsal = Outputs["rules"]["rehearse"];
type Version = keyof Rehearsal["measures"];

const columns: { version: Version; label: string }[] = [
  { version: "was", label: "As it was" },
  { version: "today", label: "Rules in force" },
  { version: "edited", label: "Rules on the page" },
];
/** The last week first: it is there in a moment, and the month takes its place. */
const stretches = [7, 30];

/** The rules on the page, saved or not, played over the last month beside those in force. */
export function RehearsalPanel({ entries, ruleName }: { entries: Entry[]; ruleName: (ruleId: string) => string }) {
  const trpc = useTrpc();
  const { mutateAsync, error, reset } = useMutation(trpc.rules.rehearse.mutationOptions());
  const [shown, setShown] = useState<{ of: Entry[]; rehearsal: Rehearsal; days: number } | null>(null);
  const [running, setRunning] = useState<number | null>(null);
  const run = async () => {
    reset();
    setShown(null);
    try {
      for (const days of stretches) {
        setRunning(days);
        const rehearsal = await mutateAsync({ sheet: entries, days });
        setShown({ of: entries, rehearsal, days });
      }
    } catch {
      // Said below, as the mutation's own error.
    } finally {
      setRunning(null);
    }
  };
  return (
    <section className="flex flex-col gap-3" aria-label="Rehearsal">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <div>
          <h2 className="text-base font-semibold">Rehearsal</h2>
          <p className="max-w-3xl text-quiet">
            What arrived in the last 30 days, played again by the rules on this page and by those in force. Nothing is
            saved or changed.
          </p>
        </div>
        <Button onClick={() => void run()} disabled={running !== null}>
          <Play className="size-4" aria-hidden="true" />
          {running === null ? "Rehearse" : `Playing the last ${running} days…`}
        </Button>
      </div>
      <p role="status" className="sr-only">
        {running !== null ? `Playing the last ${running} days` : shown ? "The rehearsal is done" : ""}
      </p>
      <Problem error={error} />
      {shown ? (
        <>
          {shown.of === entries ? null : (
            <p className="text-urgent">The rules on the page have changed since: rehearse them again.</p>
          )}
          <Result {...shown} ruleName={ruleName} />
        </>
      ) : null}
    </section>
  );
}

const priorities = [
  ["stat", "STAT"],
  ["urgent", "Urgent"],
  ["routine", "Routine"],
] as const;
const percent = (met: number, cases: number) => (cases === 0 ? null : (100 * met) / cases);
const inTime = (rehearsal: Rehearsal, version: Version, priority: (typeof priorities)[number][0]) => {
  const { met, cases } = rehearsal.measures[version].byPriority[priority];
  return percent(met, cases);
};
const minutes = (value: number) => (value < 120 ? `${Math.round(value)} min` : `${(value / 60).toFixed(1)} h`);

function Result({
  rehearsal,
  days,
  ruleName,
}: {
  rehearsal: Rehearsal;
  days: number;
  ruleName: (ruleId: string) => string;
}) {
  const { measures, names } = rehearsal;
  const name = (id: string | null) => (id === null ? "nobody yet" : (names[id] ?? "somebody who has left"));
  if (rehearsal.cases === 0) return <p>Nothing arrived in the last {days} days: there is nothing to play.</p>;
  const readers = [
    ...new Set(columns.flatMap(({ version }) => measures[version].loads.map(({ readerId }) => readerId))),
  ];
  const load = (version: Version, readerId: string) =>
    measures[version].loads.find((each) => each.readerId === readerId);
  return (
    <div className="flex flex-col gap-4">
      <p>
        {plural(rehearsal.cases, "case")} of the last {days} days.{" "}
        {rehearsal.elsewhere === 0
          ? "Every one of them would have gone to the same reader as by the rules in force."
          : `${plural(rehearsal.elsewhere, "case")} would have gone to somebody else than by the rules in force.`}
        {rehearsal.cutShort ? (
          <>
            {" "}
            The play was too long for the time it may take, and ends at <Exact at={rehearsal.until} />.
          </>
        ) : null}
      </p>
      <div className="grid gap-3 lg:grid-cols-2">
        <BarChart
          title="Signed in time, by priority"
          unit="%"
          categories={priorities.map(([, label]) => label)}
          series={columns.map(({ version, label }) => ({
            label,
            values: priorities.map(([priority]) => inTime(rehearsal, version, priority)),
          }))}
        />
        <BarChart
          title="Work units by reader"
          unit="units"
          categories={readers.map((id) => name(id))}
          series={columns.map(({ version, label }) => ({
            label,
            values: readers.map((id) => load(version, id)?.workUnits ?? 0),
          }))}
        />
      </div>
      <Table label="Service levels and waiting" head={["Measure", ...columns.map(({ label }) => label)]}>
        {priorities.map(([priority, label]) => (
          <tr key={priority}>
            <td className="font-medium">{label}</td>
            {columns.map(({ version }) => {
              const { cases, met, meanMinutes, p95Minutes } = measures[version].byPriority[priority];
              return (
                <td key={version} className="tabular">
                  {cases === 0
                    ? "no case"
                    : `${met} of ${cases} in time (${Math.round((100 * met) / cases)} %), mean ${minutes(meanMinutes)}, 95 % within ${minutes(p95Minutes)}`}
                </td>
              );
            })}
          </tr>
        ))}
        <tr>
          <td className="font-medium">Still unread at the end</td>
          {columns.map(({ version }) => (
            <td key={version} className="tabular">
              {measures[version].unread}
            </td>
          ))}
        </tr>
        <tr>
          <td className="font-medium">Evenness of work per hour (Jain: 1 is even)</td>
          {columns.map(({ version }) => (
            <td key={version} className="tabular">
              {measures[version].fairness.jain.toFixed(2)}
            </td>
          ))}
        </tr>
      </Table>
      <Table label="Load by reader" head={["Reader", ...columns.map(({ label }) => label), "Hours"]}>
        {readers.map((readerId) => (
          <tr key={readerId}>
            <td className="font-medium">{name(readerId)}</td>
            {columns.map(({ version }) => {
              const of = load(version, readerId);
              return (
                <td key={version} className="tabular">
                  {of ? `${plural(of.cases, "case")}, ${of.workUnits.toFixed(1)} units` : "none"}
                </td>
              );
            })}
            <td className="tabular">{(load("edited", readerId)?.hours ?? 0).toFixed(1)}</td>
          </tr>
        ))}
      </Table>
      {rehearsal.byRule.length > 0 ? (
        <p>
          By the rules on the page:{" "}
          {rehearsal.byRule
            .map(({ ruleId, cases }) => `${plural(cases, "case")} by ${ruleId === null ? "no rule" : ruleName(ruleId)}`)
            .join(", ")}
          .
        </p>
      ) : null}
      {rehearsal.told.length > 0 ? (
        <details className="rounded-lg border border-line bg-panel p-3">
          <summary className="font-medium">
            Who would have read what:{" "}
            {rehearsal.told.length < rehearsal.elsewhere ? `the newest ${rehearsal.told.length} of ` : ""}
            {plural(rehearsal.elsewhere, "case")} that go elsewhere
          </summary>
          <div className="pt-3">
            <Table
              label="Cases that go elsewhere"
              head={["Case", "Arrived", "Facility", ...columns.map(({ label }) => label)]}
            >
              {rehearsal.told.map(({ caseId, priority, modalities, arrivedAt, facilityId, readerOf }) => (
                <tr key={caseId}>
                  <td>
                    <span className="inline-flex flex-wrap items-center gap-2">
                      <PriorityMark priority={priority} />
                      <Exam modalities={modalities} description="" />
                    </span>
                  </td>
                  <td>
                    <Exact at={arrivedAt} />
                  </td>
                  <td>{names[facilityId] ?? ""}</td>
                  {columns.map(({ version }) => (
                    <td key={version}>{name(readerOf[version])}</td>
                  ))}
                </tr>
              ))}
            </Table>
          </div>
        </details>
      ) : null}
      <div className="rounded-lg border border-line bg-panel p-3 text-[0.8125rem] text-quiet">
        <h3 className="font-medium text-text">What this cannot know</h3>
        <ul className="list-disc pl-5">
          <li>
            The people of the play are simple ones: on shift they are there, say yes to every offer, read one case at a
            time at their own pace of the last weeks and take no pause but their breaks. Real evenings are slower;
            compare the two plays with each other rather than with what was.
          </li>
          <li>
            Priority, due time, order, licences, privileges and caps are as they stand today, not as they stood then.
            Who skipped or declined a case, and cancelled cases, are left out; of priors count those that were signed
            before it arrived.
          </li>
          {rehearsal.offRoster > 0 ? (
            <li>
              {plural(rehearsal.offRoster, "reader")} {rehearsal.offRoster === 1 ? "is" : "are"} on no roster and taken
              to be there from half an hour before to half an hour after what they signed.
            </li>
          ) : null}
        </ul>
      </div>
    </div>
  );
}
