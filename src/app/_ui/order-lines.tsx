import type { Outputs } from "../_trpc/types.ts";

type Order = Outputs["worklist"]["get"]["orders"][number];

const patientClasses: Record<string, string> = {
  E: "emergency",
  I: "inpatient",
  O: "outpatient",
  P: "to be admitted",
};

/** What the site gave with its orders: why the study was made, in its own words. */
export function OrderLines({ orders }: { orders: readonly Order[] }) {
  return (
    <ul className="flex flex-col gap-2">
      {orders.map((order) => (
        <li key={order.orderId} className="flex flex-col gap-0.5">
          <p className="font-medium">
            {order.procedureDescription}
            {patientClasses[order.patientClass] ? (
              <span className="font-normal text-quiet"> · {patientClasses[order.patientClass]}</span>
            ) : null}
          </p>
          {order.priorityReason ? <p className="text-urgent">{order.priorityReason}</p> : null}
          {[order.reasonForExam, order.clinicalInformation]
            .filter((text) => text !== "")
            .map((text) => (
              <p key={text} className="whitespace-pre-line">
                {text}
              </p>
            ))}
          {order.reasonForExam || order.clinicalInformation ? null : (
            <p className="text-quiet">No clinical information was given.</p>
          )}
        </li>
      ))}
    </ul>
  );
}
