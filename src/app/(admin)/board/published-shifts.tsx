"use client";

import { useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useTrpc } from "../../_trpc/client.tsx";
import { messageFor } from "../../_trpc/errors.ts";
import type { Outputs } from "../../_trpc/types.ts";
import { Button } from "../../_ui/button.tsx";
import { FailedState } from "../../_ui/empty-state.tsx";
import { When } from "../../_ui/now.tsx";
import { Table } from "../../_ui/table.tsx";
import { toCsv } from "../admin/audit/csv.ts";
import { saveCsv } from "./fairness-report.tsx";

type Shift = Outputs["board"]["published"][number];

/** The index of each of the last shifts, as it was published when the shift was over. */
export function PublishedShifts({ slug }: { slug: string }) {
  const trpc = useTrpc();
  const query = useQuery(trpc.board.published.queryOptions());
  const { data: shifts } = query;
  return (
    <section className="flex flex-col gap-3" aria-label="Published shifts">
      <div className="flex flex-wrap items-end justify-between gap-3">
        <div>
          <h2 className="text-base font-semibold">Published shifts</h2>
          <p className="text-quiet">
            Counted five minutes after a shift has ended, of everybody who was there meanwhile. Not counted anew when
            something is signed, or the roster changed, later. Each reader sees his own figures and the index.
          </p>
        </div>
        <Button disabled={!shifts?.length} onClick={() => shifts && download(shifts, slug)}>
          <Download className="size-4" aria-hidden="true" />
          Export CSV of shifts
        </Button>
      </div>
      {query.isError && !shifts ? (
        <FailedState message={messageFor(query.error)} onRetry={() => void query.refetch()} />
      ) : !shifts ? (
        <p className="text-quiet">Loading…</p>
      ) : shifts.length === 0 ? (
        <p>No shift of the roster has ended yet.</p>
      ) : (
        <Table label="Published shifts" head={["Shift", "Jain", "Gini", "Median units per hour", "Readers", "Cases"]}>
          {shifts.map((shift) => (
            <tr key={`${shift.from}-${shift.until}`}>
              <td className="font-medium">
                <When at={shift.from} /> to <When at={shift.until} />
              </td>
              <td className="tabular">{shift.jain.toFixed(2)}</td>
              <td className="tabular">{shift.gini.toFixed(2)}</td>
              <td className="tabular">{shift.median?.toFixed(2) ?? "—"}</td>
              <td className="tabular">{shift.readers}</td>
              <td className="tabular">{shift.cases}</td>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}

/** A line for each reader of each shift. */
function download(shifts: Shift[], slug: string): void {
  const iso = (instant: number) => new Date(instant).toISOString();
  const csv = toCsv([
    [
      ...["from", "until", "published", "jain", "gini", "readers", "cases of shift"],
      ...["reader", "cases", "work units", "hours on shift", "work units per hour"],
    ],
    ...shifts.flatMap((shift) =>
      shift.loads.map((load) => [
        ...[iso(shift.from), iso(shift.until), iso(shift.publishedAt), shift.jain.toFixed(3), shift.gini.toFixed(3)],
        ...[String(shift.readers), String(shift.cases), load.name, String(load.cases), load.workUnits.toFixed(2)],
        ...[load.hours.toFixed(2), load.hours > 0 ? (load.workUnits / load.hours).toFixed(3) : ""],
      ]),
    ),
  ]);
  saveCsv(csv, `shifts-${slug}-${iso(shifts[0]?.until ?? 0).slice(0, 10)}.csv`);
}
