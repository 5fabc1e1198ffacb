import { DomainError } from "@overread/shared/errors";
import type { Actor, SqlCtx } from "#server/context.ts";
import type { CasePriority, OrderState } from "#server/db/generated/enums.ts";
import type { Matchable } from "./match-rule.ts";
import { orderPolicy } from "./policy.ts";

export type OrderRow = Matchable & {
  orderId: string;
  orgId: string;
  facilityId: string;
  state: OrderState;
  version: number;
  priority: CasePriority;
  priorityReason: string;
};

/**
 * An order of the caller's hospital, locked until the transaction ends: two who change it wait for each other.
 * @throws {DomainError} `order.not-found` (also for another's), `auth.forbidden`
 */
export async function lockOrder(
  { actor, tx }: Pick<SqlCtx, "tx"> & { actor: Actor },
  orderId: string,
): Promise<OrderRow> {
  const [row] = await tx.$queryRaw<OrderRow[]>`
    SELECT o.id AS "orderId", o.org_id AS "orgId", o.facility_id AS "facilityId", o.state, o.version, o.priority, o.priority_reason AS "priorityReason",
      o.accession_number AS "accessionNumber", o.patient_id AS "patientId", o.issuer_of_patient_id AS "issuerOfPatientId",
      o.patient_name AS "patientName", o.patient_birth_date AS "patientBirthDate", o.patient_sex AS "patientSex"
    FROM imaging_order o WHERE o.id = ${orderId}::uuid AND o.org_id = ${actor.orgId}::uuid FOR UPDATE`;
  if (!row) throw new DomainError("order.not-found");
  orderPolicy.authorize(actor, "order.write", row);
  return row;
}
