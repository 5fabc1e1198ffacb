import type { RefusedObjects } from "@overread/shared/edge-contract/v1";
import { DomainError } from "@overread/shared/errors";
import type { Ctx, SqlCtx } from "#server/context.ts";
import { publish } from "#server/live/publish.ts";
import { audit } from "../audit/index.ts";

type RefusedTotal = { id: string; studyInstanceUid: string; sopInstanceUid: string; reason: string };

/**
 * Stores an edge router's list of permanently refused objects, replacing the previous list. Studies with refused images
 * are marked as incomplete; those whose images have arrived after all no longer are.
 *
 * @throws {DomainError} `auth.forbidden` for a caller that is no edge router.
 */
export async function recordRefused(ctx: Ctx, { objects, total }: RefusedObjects): Promise<void> {
  const { actor, tx } = ctx;
  if (actor.kind !== "token" || !actor.edgeId) throw new DomainError("auth.forbidden");
  const { orgId, edgeId } = actor;
  const [alive] = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM edge_router WHERE id = ${edgeId}::uuid AND revoked_at IS NULL FOR UPDATE`;
  if (!alive) throw new DomainError("edge.revoked");
  const list = JSON.stringify(
    objects.map(({ studyInstanceUid = "", sopInstanceUid = "", reason, callingAeTitle, receivedAt }) => ({
      study: studyInstanceUid,
      sop: sopInstanceUid,
      reason,
      ae: callingAeTitle,
      at: receivedAt,
    })),
  );
  const gone = await tx.$queryRaw<RefusedTotal[]>`
    DELETE FROM refused_object r WHERE r.edge_id = ${edgeId}::uuid AND NOT EXISTS (
      SELECT 1 FROM jsonb_to_recordset(${list}::jsonb) AS l (study text, sop text, reason text)
      WHERE l.study = r.study_instance_uid AND l.sop = r.sop_instance_uid AND l.reason = r.reason)
    RETURNING id, study_instance_uid AS "studyInstanceUid", sop_instance_uid AS "sopInstanceUid", reason`;
  const added = await tx.$queryRaw<RefusedTotal[]>`
    INSERT INTO refused_object (org_id, edge_id, study_instance_uid, sop_instance_uid, reason, calling_ae_title, received_at)
    SELECT ${orgId}::uuid, ${edgeId}::uuid, l.study, l.sop, l.reason, l.ae, l.at
    FROM jsonb_to_recordset(${list}::jsonb) AS l (study text, sop text, reason text, ae text, at timestamptz)
    ON CONFLICT DO NOTHING
    RETURNING id, study_instance_uid AS "studyInstanceUid", sop_instance_uid AS "sopInstanceUid", reason`;
  if (added.length + gone.length === 0) return;
  await countRefused(
    ctx,
    [...gone, ...added].map(({ studyInstanceUid }) => studyInstanceUid),
  );
  await publish(tx, { topic: "edge.changed", orgIds: [orgId], edgeId });
  await audit(ctx, { action: "instance.refuse", details: { added: added.length, resolved: gone.length, total } });
}

type Counted = {
  studyId: string;
  readerOrgId: string | null;
  patientRef: string;
  caseId: string | null;
  refused: number;
};

/** Updates the number of refused images of these studies, and notifies both organisations where it has changed. */
export async function countRefused(ctx: SqlCtx, studyInstanceUids: string[]): Promise<void> {
  const { actor, tx } = ctx;
  const named = [...new Set(studyInstanceUids)].filter((uid) => uid !== "");
  if (named.length === 0) return;
  // Nearly all studies have none and had none. The others are locked in a fixed order.
  const concerned = await tx.$queryRaw<{ uid: string }[]>`
    SELECT study_instance_uid AS uid FROM study
    WHERE org_id = ${actor.orgId}::uuid AND study_instance_uid = ANY(${named}::text[]) AND (refused_instances <> 0 OR study_instance_uid IN (
      SELECT r.study_instance_uid FROM refused_object r WHERE r.org_id = ${actor.orgId}::uuid AND r.study_instance_uid = ANY(${named}::text[])))
    ORDER BY id FOR UPDATE`;
  if (concerned.length === 0) return;
  const uids = concerned.map(({ uid }) => uid);
  const changed = await tx.$queryRaw<Counted[]>`
    UPDATE study s SET refused_instances = n.refused FROM (
      SELECT t.id, count(DISTINCT coalesce(nullif(r.sop_instance_uid, ''), r.id::text)) FILTER (WHERE i.id IS NULL)::int AS refused
      FROM study t LEFT JOIN refused_object r ON r.org_id = t.org_id AND r.study_instance_uid = t.study_instance_uid
        LEFT JOIN instance i ON i.org_id = t.org_id AND i.sop_instance_uid = r.sop_instance_uid AND i.status = 'stored'
      WHERE t.org_id = ${actor.orgId}::uuid AND t.study_instance_uid = ANY(${uids}::text[]) GROUP BY t.id
    ) n WHERE s.id = n.id AND s.refused_instances <> n.refused
    RETURNING s.id AS "studyId", s.reader_org_id AS "readerOrgId", s.patient_ref AS "patientRef", s.refused_instances AS refused,
      (SELECT c.id FROM reading_case c WHERE c.study_ref = s.id) AS "caseId"`;
  for (const { studyId, readerOrgId, patientRef, caseId, refused } of changed) {
    await audit(ctx, { action: "study.incomplete", patientRef, studyRef: studyId, caseId, details: { refused } });
    const orgIds = readerOrgId ? [actor.orgId, readerOrgId] : [actor.orgId];
    await publish(tx, { topic: "study.changed", orgIds, studyId });
    if (caseId) await publish(tx, { topic: "case.changed", orgIds, caseId, studyId });
  }
}
