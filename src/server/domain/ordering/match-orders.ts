import type { SqlCtx } from "#server/context.ts";
import { enqueueAll } from "#server/jobs/enqueue.ts";
import { audit } from "../audit/index.ts";
import { type Matchable, matchDoubts } from "./match-rule.ts";
import { orderPolicy } from "./policy.ts";

type Pair = {
  orderId: string;
  studyId: string;
  readerOrgId: string | null;
  patientRef: string;
  order: Matchable;
  study: Matchable;
};

/**
 * Joins the open orders and the studies of one hospital that belong together and are not joined yet: the same accession number, and by
 * {@link matchDoubts} the same patient. One order may be answered by several studies and one study may answer several orders. What a
 * person has parted stays apart.
 *
 * @param by the studies that have arrived, or the orders that were written.
 * @returns the studies that gained an order.
 */
export async function matchOrders(
  ctx: SqlCtx,
  by: { studyIds: string[] } | { orderIds: string[] },
): Promise<{ studyIds: string[] }> {
  orderPolicy.authorize(ctx.actor, "order.match", null);
  const pairs = await pairsOf(ctx, by);
  const matched = pairs.filter(({ order, study }) => matchDoubts(order, study).length === 0);
  if (matched.length === 0) return { studyIds: [] };
  const { actor, tx } = ctx;
  const made = await tx.$queryRaw<{ orderId: string; studyId: string }[]>`
    INSERT INTO order_match (order_id, study_ref, org_id, reader_org_id)
    SELECT m.order_id, m.study_ref, ${actor.orgId}::uuid, m.reader_org_id
    FROM unnest(${matched.map(({ orderId }) => orderId)}::uuid[], ${matched.map(({ studyId }) => studyId)}::uuid[],
      ${matched.map(({ readerOrgId }) => readerOrgId)}::uuid[]) AS m (order_id, study_ref, reader_org_id)
    ORDER BY m.order_id, m.study_ref
    ON CONFLICT (order_id, study_ref) DO NOTHING
    RETURNING order_id AS "orderId", study_ref AS "studyId"`;
  for (const { orderId, studyId } of made)
    await audit(ctx, {
      action: "order.match",
      orgId: actor.orgId,
      patientRef: matched.find((pair) => pair.studyId === studyId)?.patientRef ?? null,
      studyRef: studyId,
      details: { orderId, by: "accession-number" },
    });
  return { studyIds: [...new Set(made.map(({ studyId }) => studyId))] };
}

/** Orders and studies of one accession number that nobody has joined or parted yet. */
async function pairsOf({ actor, tx }: SqlCtx, by: { studyIds: string[] } | { orderIds: string[] }): Promise<Pair[]> {
  const orderIds = "orderIds" in by ? by.orderIds : null;
  const studyIds = "studyIds" in by ? by.studyIds : null;
  return tx.$queryRaw<Pair[]>`
    SELECT o.id AS "orderId", s.id AS "studyId", s.reader_org_id AS "readerOrgId", s.patient_ref AS "patientRef",
      jsonb_build_object('facilityId', o.facility_id, 'accessionNumber', o.accession_number, 'patientId', o.patient_id,
        'issuerOfPatientId', o.issuer_of_patient_id, 'patientName', o.patient_name, 'patientBirthDate', o.patient_birth_date,
        'patientSex', o.patient_sex) AS order,
      jsonb_build_object('facilityId', s.facility_id, 'accessionNumber', s.accession_number, 'patientId', s.patient_id,
        'issuerOfPatientId', s.issuer_of_patient_id, 'patientName', s.patient_name, 'patientBirthDate', s.patient_birth_date,
        'patientSex', s.patient_sex) AS study
    FROM imaging_order o JOIN study s ON s.org_id = o.org_id AND s.accession_number = o.accession_number
    WHERE o.org_id = ${actor.orgId}::uuid AND o.state = 'open' AND o.accession_number <> ''
      AND (${orderIds}::uuid[] IS NULL OR o.id = ANY(${orderIds}::uuid[]))
      AND (${studyIds}::uuid[] IS NULL OR s.id = ANY(${studyIds}::uuid[]))
      AND NOT EXISTS (SELECT 1 FROM order_match m WHERE m.order_id = o.id AND m.study_ref = s.id)
    ORDER BY o.id, s.id`;
}

/** The cases of these studies take over what their orders say now. */
export async function applyLater({ actor, tx }: SqlCtx, studyIds: string[]): Promise<void> {
  await enqueueAll(
    tx,
    "case.apply-orders",
    studyIds.map((studyId) => ({ payload: { orgId: actor.orgId, studyId } })),
  );
}
