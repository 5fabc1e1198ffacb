import { formatPersonName, normalisePersonName } from "@overread/shared/dicom/person-name";
import type { Ctx, UserActor } from "#server/context.ts";
import { type ImagingOrder, Prisma } from "#server/db/generated/client.ts";
import { likeLiteral } from "#server/db/like.ts";
import { audit } from "../audit/index.ts";
import type { ListOrders } from "./inputs.ts";
import { type Matchable, matchDoubts } from "./match-rule.ts";
import { orderPolicy } from "./policy.ts";
import type { Order, OrderList, StudyOfOrder } from "./shapes.ts";

type OrderRow = Omit<ImagingOrder, "patientNameSearch"> & {
  facilityName: string;
  facilitySlug: string;
  createdByName: string | null;
};
type StudyRow = Omit<StudyOfOrder, "doubts"> & Matchable & { orderId: string; joined: boolean };

/**
 * The orders of the caller's facilities, newest first, each with the studies that answer it and those of its accession number that do not,
 * so that nothing waits on either side unseen.
 *
 * @throws {DomainError} `auth.forbidden`
 */
export async function listOrders(ctx: Ctx<UserActor>, { list, text, cursor, limit }: ListOrders): Promise<OrderList> {
  const { actor, tx } = ctx;
  orderPolicy.authorize(actor, "order.list", null);
  const mine = Prisma.sql`o.org_id = ${actor.orgId}::uuid AND (${actor.facilityIds.length === 0} OR o.facility_id = ANY(${actor.facilityIds}::uuid[]))`;
  const answered = Prisma.sql`EXISTS (SELECT 1 FROM order_match m WHERE m.order_id = o.id AND m.state = 'matched')`;
  const which = {
    waiting: Prisma.sql`o.state = 'open' AND NOT ${answered}`,
    matched: Prisma.sql`o.state = 'open' AND ${answered}`,
    cancelled: Prisma.sql`o.state = 'cancelled'`,
    all: Prisma.sql`true`,
  }[list];
  const starts = `${likeLiteral(text)}%`;
  const found =
    text === ""
      ? Prisma.sql`true`
      : Prisma.sql`(o.patient_name_search LIKE ${`%${likeLiteral(normalisePersonName(text) || text)}%`} OR o.patient_id ILIKE ${starts} OR o.accession_number ILIKE ${starts}
          OR o.placer_order_number ILIKE ${starts} OR o.filler_order_number ILIKE ${starts})`;
  const after = cursor
    ? Prisma.sql`(o.created_at, o.id) < (SELECT c.created_at, c.id FROM imaging_order c WHERE c.id = ${cursor}::uuid)`
    : Prisma.sql`true`;
  const rows = await tx.$queryRaw<OrderRow[]>(Prisma.sql`
    SELECT o.id, o.org_id AS "orgId", o.facility_id AS "facilityId", o.state, o.version, o.accession_number AS "accessionNumber",
      o.placer_order_number AS "placerOrderNumber", o.filler_order_number AS "fillerOrderNumber", o.patient_id AS "patientId",
      o.issuer_of_patient_id AS "issuerOfPatientId", o.patient_name AS "patientName", o.patient_birth_date AS "patientBirthDate",
      o.patient_sex AS "patientSex", o.procedure_code AS "procedureCode", o.procedure_code_scheme AS "procedureCodeScheme",
      o.procedure_description AS "procedureDescription", o.modality, o.reason_for_exam AS "reasonForExam",
      o.clinical_information AS "clinicalInformation", o.priority, o.priority_reason AS "priorityReason", o.patient_class AS "patientClass",
      o.referring_physician_name AS "referringPhysicianName", o.expected_images AS "expectedImages", o.created_by_id AS "createdById",
      o.created_at AS "createdAt", o.updated_at AS "updatedAt", o.cancelled_reason AS "cancelledReason",
      f.name AS "facilityName", f.slug AS "facilitySlug", staff_name(o.created_by_id) AS "createdByName"
    FROM imaging_order o JOIN facility f ON f.id = o.facility_id
    WHERE ${mine} AND ${which} AND ${found} AND ${after}
    ORDER BY o.created_at DESC, o.id DESC LIMIT ${limit + 1}`);
  const shown = rows.slice(0, limit);
  const studies = await studiesBeside(ctx, shown);
  const [counts] = await tx.$queryRaw<[OrderList["counts"]]>(Prisma.sql`
    SELECT count(*) FILTER (WHERE NOT a.answered)::int AS waiting, count(*) FILTER (WHERE a.answered)::int AS matched
    FROM (SELECT ${answered} AS answered FROM imaging_order o WHERE ${mine} AND o.state = 'open') a`);
  await audit(ctx, { action: "order.list", details: { list, count: shown.length } });
  return {
    items: shown.map((row) => toOrder(row, studies)),
    nextCursor: rows.length > limit ? (shown.at(-1)?.id ?? null) : null,
    counts,
  };
}

/** The studies joined to these orders, and the others of their accession numbers. */
async function studiesBeside({ tx, actor }: Ctx<UserActor>, orders: OrderRow[]): Promise<StudyRow[]> {
  const ids = orders.map(({ id }) => id);
  return tx.$queryRaw<StudyRow[]>`
    SELECT o.id AS "orderId", s.id AS "studyId", s.study_instance_uid AS "studyInstanceUid", (SELECT c.id FROM reading_case c WHERE c.study_ref = s.id) AS "caseId",
      s.patient_name AS "patientName", s.patient_id AS "patientId", s.issuer_of_patient_id AS "issuerOfPatientId",
      s.patient_birth_date AS "patientBirthDate", s.patient_sex AS "patientSex", s.accession_number AS "accessionNumber",
      s.study_date AS "studyDate", s.study_description AS "studyDescription", s.modalities, s.number_of_instances - s.own_documents AS images,
      s.facility_id AS "facilityId", EXISTS (SELECT 1 FROM order_match m WHERE m.order_id = o.id AND m.study_ref = s.id AND m.state = 'matched') AS joined
    FROM imaging_order o JOIN study s ON s.org_id = o.org_id AND (
      (o.accession_number <> '' AND s.accession_number = o.accession_number)
      OR s.id IN (SELECT m.study_ref FROM order_match m WHERE m.order_id = o.id))
    WHERE o.id = ANY(${ids}::uuid[]) AND (${actor.facilityIds.length === 0} OR s.facility_id = ANY(${actor.facilityIds}::uuid[]))
    ORDER BY s.first_received_at, s.id`;
}

function toOrder(row: OrderRow, studies: StudyRow[]): Order {
  const own = studies.filter(({ orderId }) => orderId === row.id);
  const view = (study: StudyRow): StudyOfOrder => ({
    studyId: study.studyId,
    studyInstanceUid: study.studyInstanceUid,
    caseId: study.caseId,
    patientName: formatPersonName(study.patientName),
    patientId: study.patientId,
    patientBirthDate: study.patientBirthDate,
    patientSex: study.patientSex,
    accessionNumber: study.accessionNumber,
    studyDate: study.studyDate,
    studyDescription: study.studyDescription,
    modalities: study.modalities,
    images: study.images,
    doubts: matchDoubts(row, study),
  });
  return {
    orderId: row.id,
    state: row.state,
    version: row.version,
    facility: row.facilityName,
    facilitySlug: row.facilitySlug,
    accessionNumber: row.accessionNumber,
    placerOrderNumber: row.placerOrderNumber,
    fillerOrderNumber: row.fillerOrderNumber,
    patientName: formatPersonName(row.patientName),
    patientId: row.patientId,
    issuerOfPatientId: row.issuerOfPatientId,
    patientBirthDate: row.patientBirthDate,
    patientSex: row.patientSex,
    procedureCode: row.procedureCode,
    procedureCodeScheme: row.procedureCodeScheme,
    procedureDescription: row.procedureDescription,
    modality: row.modality,
    reasonForExam: row.reasonForExam,
    clinicalInformation: row.clinicalInformation,
    priority: row.priority,
    priorityReason: row.priorityReason,
    patientClass: row.patientClass,
    referringPhysicianName: row.referringPhysicianName,
    referringPhysician: formatPersonName(row.referringPhysicianName),
    expectedImages: row.expectedImages,
    createdBy: row.createdByName ?? "",
    createdAt: row.createdAt.toISOString(),
    cancelledReason: row.cancelledReason,
    studies: own.filter(({ joined }) => joined).map(view),
    doubtful: own.filter(({ joined }) => !joined).map(view),
  };
}
