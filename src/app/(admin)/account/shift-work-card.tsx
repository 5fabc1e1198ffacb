"use client";

import { useQuery } from "@tanstack/react-query";
import { useTrpc } from "../../_trpc/client.tsx";
import { messageFor } from "../../_trpc/errors.ts";
import { FailedState } from "../../_ui/empty-state.tsx";
import { When } from "../../_ui/now.tsx";
import { Table } from "../../_ui/table.tsx";
import { Card } from "./card.tsx";

/** A reader's own work of his last shifts beside the group's index and median. */
export function ShiftWorkCard() {
  const trpc = useTrpc();
  const query = useQuery(trpc.board.ownPublished.queryOptions());
  const { data: shifts } = query;
  return (
    <Card title="Your work of each shift">
      {query.isError && !shifts ? (
        <FailedState message={messageFor(query.error)} onRetry={() => void query.refetch()} />
      ) : !shifts ? (
        <p className="text-quiet">Loading…</p>
      ) : shifts.length === 0 ? (
        <p>No shift of yours has ended since these are published.</p>
      ) : (
        <>
          <p className="text-quiet">
            Beside everybody who was on shift meanwhile: evenness by Jain (1 is even) and Gini (0 is even) of work units
            per hour. Counted five minutes after the end; what is signed later counts for the next shift.
          </p>
          <Table
            label="Your work of each shift"
            head={["Shift", "Your cases", "Your units", "Yours per hour", "Median per hour", "Jain", "Gini", "Readers"]}
          >
            {shifts.map(({ own, ...shift }) => (
              <tr key={`${shift.from}-${shift.until}`}>
                <td className="font-medium">
                  <When at={shift.from} /> to <When at={shift.until} />
                </td>
                <td className="tabular">{own.cases}</td>
                <td className="tabular">{own.workUnits.toFixed(1)}</td>
                <td className="tabular">{own.hours > 0 ? (own.workUnits / own.hours).toFixed(2) : "—"}</td>
                <td className="tabular">{shift.median?.toFixed(2) ?? "—"}</td>
                <td className="tabular">{shift.jain.toFixed(2)}</td>
                <td className="tabular">{shift.gini.toFixed(2)}</td>
                <td className="tabular">{shift.readers}</td>
              </tr>
            ))}
          </Table>
        </>
      )}
    </Card>
  );
}
