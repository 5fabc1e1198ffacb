import { formatPersonName } from "@overread/shared/dicom/person-name";
import type { SqlCtx } from "#server/context.ts";
import type { OrderOfStudy } from "./shapes.ts";

/**
 * The open orders that each of these studies answers, oldest first. Asks no policy: it is called for studies that the caller was let see,
 * and the database shows a reading group the orders of studies that it reads.
 */
export async function ordersOfStudies(
  { tx }: Pick<SqlCtx, "tx">,
  studyIds: string[],
): Promise<Map<string, OrderOfStudy[]>> {
  type Row = Omit<OrderOfStudy, "referringPhysician"> & { studyId: string; referringPhysicianName: string };
  const rows = await tx.$queryRaw<Row[]>`
    SELECT m.study_ref AS "studyId", o.id AS "orderId", o.accession_number AS "accessionNumber", o.placer_order_number AS "placerOrderNumber",
      o.procedure_description AS "procedureDescription", o.reason_for_exam AS "reasonForExam", o.clinical_information AS "clinicalInformation",
      o.priority, o.priority_reason AS "priorityReason", o.patient_class AS "patientClass",
      o.referring_physician_name AS "referringPhysicianName", o.expected_images AS "expectedImages"
    FROM order_match m JOIN imaging_order o ON o.id = m.order_id
    WHERE m.study_ref = ANY(${studyIds}::uuid[]) AND m.state = 'matched' AND o.state = 'open'
    ORDER BY o.created_at, o.id`;
  const orders = new Map<string, OrderOfStudy[]>();
  for (const { studyId, referringPhysicianName, ...order } of rows)
    orders.set(studyId, [
      ...(orders.get(studyId) ?? []),
      { ...order, referringPhysician: formatPersonName(referringPhysicianName) },
    ]);
  return orders;
}

/** The studies that answer an order. */
export async function matchedStudies({ tx }: Pick<SqlCtx, "tx">, orderId: string): Promise<string[]> {
  const rows = await tx.$queryRaw<{ studyId: string }[]>`
    SELECT study_ref AS "studyId" FROM order_match WHERE order_id = ${orderId}::uuid AND state = 'matched' ORDER BY study_ref`;
  return rows.map(({ studyId }) => studyId);
}
