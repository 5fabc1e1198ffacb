import type { Ctx } from "#server/context.ts";
import { enqueue } from "#server/jobs/enqueue.ts";
import type { OpenDestination } from "./destinations.ts";
import { kinds } from "./kinds/index.ts";
import { exchangePolicy } from "./policy.ts";
import type { Subject } from "./subject.ts";

/** What a destination is to receive, and what it is about. `readerOrgId`: the group that sees its status. */
export type Owed = {
  subject: Subject;
  readerOrgId: string | null;
  studyRef: string | null;
  caseId: string | null;
};

/**
 * Records a delivery; it is then sent until it arrives. Recording it again, before or after it arrived, adds nothing:
 * destination and subject are the key.
 *
 * @param ctx in the tenant of the destination's organisation, as the product itself.
 * @returns what was added.
 */
export async function recordDeliveries(
  ctx: Pick<Ctx, "actor" | "tx">,
  { destinationId, kind, facilityId }: OpenDestination,
  owed: readonly Owed[],
): Promise<Owed[]> {
  const { actor, tx } = ctx;
  exchangePolicy.authorize(actor, "delivery.record", { orgId: actor.orgId, facilityId });
  if (owed.length === 0) return [];
  const rows = owed.map(({ subject, ...about }) => ({
    subject_type: subject.type,
    subject_id: subject.id,
    notice: subject.type === "notice" ? subject.notice : null,
    reader_org_id: about.readerOrgId,
    study_ref: about.studyRef,
    case_id: about.caseId,
  }));
  const added = await tx.$queryRaw<{ subjectType: string; subjectId: string }[]>`
    INSERT INTO delivery (org_id, reader_org_id, facility_id, kind, destination_id, subject_type, subject_id, notice, study_ref, case_id)
    SELECT ${actor.orgId}::uuid, o.reader_org_id, ${facilityId}::uuid, ${kind}, ${destinationId}::uuid, o.subject_type, o.subject_id, o.notice,
      o.study_ref, o.case_id
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      AS o(subject_type text, subject_id uuid, notice text, reader_org_id uuid, study_ref uuid, case_id uuid)
    ON CONFLICT (destination_id, subject_type, subject_id) DO NOTHING
    RETURNING subject_type AS "subjectType", subject_id::text AS "subjectId"`;
  if (added.length > 0 && kinds.find(kind)?.carrier === "portal")
    await enqueue(tx, "delivery.send", { orgId: actor.orgId, destinationId });
  const keys = new Set(added.map(({ subjectType, subjectId }) => `${subjectType} ${subjectId}`));
  return owed.filter(({ subject }) => keys.has(`${subject.type} ${subject.id}`));
}

/**
 * Records what a destination gets of a signed report: each document, or the version, depending on its kind; nothing
 * where this release does not know the kind.
 */
export async function recordReport(
  ctx: Pick<Ctx, "actor" | "tx">,
  destination: OpenDestination,
  {
    reportVersionId,
    instanceIds,
    ...about
  }: { reportVersionId: string; instanceIds: readonly string[] } & Omit<Owed, "subject">,
): Promise<Owed[]> {
  const receives = kinds.find(destination.kind)?.receives ?? [];
  const subjects: Subject[] = [
    ...(receives.includes("instance") ? instanceIds.map((id) => ({ type: "instance" as const, id })) : []),
    ...(receives.includes("report-version") ? [{ type: "report-version" as const, id: reportVersionId }] : []),
  ];
  return recordDeliveries(
    ctx,
    destination,
    subjects.map((subject) => ({ subject, ...about })),
  );
}
