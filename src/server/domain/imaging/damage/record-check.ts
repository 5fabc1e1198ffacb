import type { SqlTx } from "#server/context.ts";
import { appendAs } from "#server/domain/audit/index.ts";
import { publish } from "#server/live/publish.ts";
import { systemActor } from "#server/system-actor.ts";

/** The result of checking an image's object. */
export type ObjectCheck = {
  instanceId: string;
  orgId: string;
  /** null: it holds what was received. */
  fault: "missing" | "corrupt" | null;
  by: "read" | "scrub";
  /** Whether a backup was searched for it. */
  askedBackup?: boolean;
  /** Where its bytes came from, when they were restored. */
  from?: "backup" | "sender";
};

type Place = { studyRef: string; readerOrgId: string | null; caseId: string | null; changed: boolean };

/**
 * Records the result of a check: the image counts as damaged from then on, or no longer. On each change both
 * organisations' screens are notified, and the hospital's audit trail gets an event.
 *
 * @param tx of maintenance: no user may declare or clear damage.
 */
export async function recordCheck(tx: SqlTx, look: ObjectCheck): Promise<void> {
  const { instanceId, orgId, fault, by, askedBackup = false, from = "sender" } = look;
  const damaged = fault !== null;
  const [place] = await tx.$queryRaw<Place[]>`
    WITH before AS (SELECT id, damaged_at FROM instance WHERE id = ${instanceId}::uuid FOR UPDATE)
    UPDATE instance i SET damaged_at = CASE WHEN ${damaged} THEN coalesce(i.damaged_at, now()) END
    FROM before, study s WHERE i.id = before.id AND s.id = i.study_ref
    RETURNING i.study_ref AS "studyRef", s.reader_org_id AS "readerOrgId", (before.damaged_at IS NOT NULL) <> ${damaged} AS changed,
      (SELECT c.id FROM reading_case c WHERE c.study_ref = s.id) AS "caseId"`;
  if (!place) return;
  const { studyRef, readerOrgId, caseId, changed } = place;
  if (fault)
    await tx.$executeRaw`
      INSERT INTO damaged_object AS d (org_id, instance_id, study_ref, fault, found_by, backup_looked_at)
      VALUES (${orgId}::uuid, ${instanceId}::uuid, ${studyRef}::uuid, ${fault}, ${by}, CASE WHEN ${askedBackup} THEN now() END)
      ON CONFLICT (instance_id) WHERE healed_at IS NULL
      DO UPDATE SET fault = excluded.fault, backup_looked_at = coalesce(excluded.backup_looked_at, d.backup_looked_at)`;
  else
    await tx.$executeRaw`
      UPDATE damaged_object SET healed_at = now(), healed_from = ${from} WHERE instance_id = ${instanceId}::uuid AND healed_at IS NULL`;
  if (!changed) return;
  await tx.$executeRaw`
    UPDATE study SET damaged_instances = (SELECT count(*) FROM instance
      WHERE study_ref = ${studyRef}::uuid AND damaged_at IS NOT NULL AND status = 'stored' AND source <> 'report')
    WHERE id = ${studyRef}::uuid`;
  const orgIds = readerOrgId ? [orgId, readerOrgId] : [orgId];
  await publish(tx, { topic: "study.changed", orgIds, studyId: studyRef });
  if (caseId) await publish(tx, { topic: "case.changed", orgIds, caseId, studyId: studyRef });
  await appendAs(tx, systemActor(orgId, by), {
    action: damaged ? "instance.damaged" : "instance.repaired",
    outcome: damaged ? "failure" : "success",
    studyRef,
    caseId,
    details: { instanceId, ...(fault ? { fault } : { from }) },
  });
}
