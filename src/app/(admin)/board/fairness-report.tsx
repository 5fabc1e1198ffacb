"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useState } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import { messageFor } from "../../_trpc/errors.ts";
import type { Outputs } from "../../_trpc/types.ts";
import { BarChart } from "../../_ui/bars.tsx";
import { Button } from "../../_ui/button.tsx";
import { FailedState } from "../../_ui/empty-state.tsx";
import { SelectField } from "../../_ui/field.tsx";
import { plural } from "../../_ui/format.ts";
import { Table } from "../../_ui/table.tsx";
import { toCsv } from "../admin/audit/csv.ts";

type Fairness = Outputs["board"]["fairness"];

const periods: { hours: number; label: string }[] = [
  { hours: 8, label: "the last 8 hours" },
  { hours: 24, label: "the last 24 hours" },
  { hours: 168, label: "the last 7 days" },
  { hours: 720, label: "the last 30 days" },
];
const perHour = ({ workUnits, hours }: Fairness["loads"][number]) => (hours > 0 ? workUnits / hours : null);

/** How evenly the work of a shift or a period was spread over those who were there. */
export function FairnessReport({ slug }: { slug: string }) {
  const trpc = useTrpc();
  const [hours, setHours] = useState(24);
  const query = useQuery(trpc.board.fairness.queryOptions({ hours }, { placeholderData: keepPreviousData }));
  const { data } = query;
  return (
    <section className="flex flex-col gap-3" aria-label="Fairness">
      <div className="flex flex-wrap items-end justify-between gap-3">
        <h2 className="text-base font-semibold">Fairness</h2>
        <div className="flex flex-wrap items-end gap-2">
          <SelectField
            label="Of"
            className="w-48"
            value={hours}
            onChange={(event) => setHours(Number(event.currentTarget.value))}
          >
            {periods.map((period) => (
              <option key={period.hours} value={period.hours}>
                {period.label}
              </option>
            ))}
          </SelectField>
          <Button disabled={!data} onClick={() => data && download(data, slug)}>
            <Download className="size-4" aria-hidden="true" />
            Export CSV
          </Button>
        </div>
      </div>
      {query.isError ? (
        <FailedState message={messageFor(query.error)} onRetry={() => void query.refetch()} />
      ) : data ? (
        <Report data={data} />
      ) : (
        <p className="text-quiet">Counting…</p>
      )}
    </section>
  );
}

function Report({ data }: { data: Fairness }) {
  if (data.loads.length === 0) return <p>Nobody was on shift and nothing was signed.</p>;
  return (
    <>
      <p>
        Work units per hour on shift: evenness {data.fairness.jain.toFixed(2)} by Jain (1 is even), Gini{" "}
        {data.fairness.gini.toFixed(2)} (0 is even).
        {data.offRoster > 0
          ? ` ${plural(data.offRoster, "reader")} on no roster: their hours are taken from what they signed.`
          : ""}
      </p>
      <div className="grid items-start gap-3 lg:grid-cols-2">
        <Table label="Work by reader" head={["Reader", "Cases", "Work units", "Hours", "Units per hour"]}>
          {data.loads.map((load) => (
            <tr key={load.readerId}>
              <td className="font-medium">{load.name}</td>
              <td className="tabular">{load.cases}</td>
              <td className="tabular">{load.workUnits.toFixed(1)}</td>
              <td className="tabular">{load.hours.toFixed(1)}</td>
              <td className="tabular">{perHour(load)?.toFixed(2) ?? "—"}</td>
            </tr>
          ))}
        </Table>
        <BarChart
          title="Work units per hour"
          unit="per h"
          categories={data.loads.map(({ name }) => name)}
          series={[{ label: "Signed", values: data.loads.map(perHour) }]}
        />
      </div>
    </>
  );
}

function download(data: Fairness, slug: string): void {
  const iso = (instant: number) => new Date(instant).toISOString();
  const csv = toCsv([
    ["reader", "cases", "work units", "hours on shift", "work units per hour", "from", "until", "jain", "gini"],
    ...data.loads.map((load) => [
      load.name,
      String(load.cases),
      load.workUnits.toFixed(2),
      load.hours.toFixed(2),
      perHour(load)?.toFixed(3) ?? "",
      iso(data.from),
      iso(data.until),
      data.fairness.jain.toFixed(3),
      data.fairness.gini.toFixed(3),
    ]),
  ]);
  saveCsv(csv, `fairness-${slug}-${iso(data.until).slice(0, 10)}.csv`);
}

export function saveCsv(csv: string, fileName: string): void {
  const url = URL.createObjectURL(new Blob([csv], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = fileName;
  link.click();
  URL.revokeObjectURL(url);
}
