import { type DicomJson, numberOf } from "@overread/shared/dicom/dicom-json";
import { Tag } from "@overread/shared/dicom/tags";
import { DomainError } from "@overread/shared/errors";
import { z } from "zod";
import type { Ctx, UserActor } from "#server/context.ts";
import { enqueue } from "#server/jobs/enqueue.ts";
import { publish } from "#server/live/publish.ts";
import { audit } from "../../audit/index.ts";
import { noteLateImages } from "../../reading/index.ts";
import { notePatientConflicts } from "../note-patient-conflicts.ts";
import { showsPicture } from "../pictures.ts";
import { OfInstance } from "./open.ts";
import { quarantinePolicy } from "./policy.ts";

export const ResolveQuarantined = OfInstance.extend({
  /**
   * `discard`: stays quarantined for good. `release`: is served from now on, and the version served so far is set
   * aside.
   */
  decision: z.enum(["discard", "release"]),
  /** For the hospital's audit trail. */
  reason: z.string().trim().min(3).max(300),
});
export type ResolveQuarantined = z.output<typeof ResolveQuarantined>;

type Row = {
  orgId: string;
  readerOrgId: string | null;
  facilityId: string | null;
  studyRef: string;
  patientRef: string;
  seriesRef: string;
  sopInstanceUid: string;
  sopClassUid: string;
  dataSetSha256: string;
  metadata: string;
  qidoJson: string;
  status: "stored" | "quarantined" | "discarded" | "superseded";
  resolved: boolean;
};

/**
 * Decides about a quarantined image. No version is ever deleted: what is not served stays in the archive, with the
 * decision, its author and reason, and may still be released later. Repeating a decision changes nothing.
 *
 * @throws {DomainError} `instance.not-found`; `instance.already-resolved` (it is served, or has been);
 * `instance.cannot-release` where the UID belongs to an image of another series or study, which this cannot move
 */
export async function resolveQuarantined(
  ctx: Ctx<UserActor>,
  { instanceId, decision, reason }: ResolveQuarantined,
): Promise<{ status: "discarded" | "released" }> {
  const { actor, tx } = ctx;
  const row = await lock(ctx, instanceId);
  if (!row || !quarantinePolicy.can(actor, "quarantine.resolve", row)) throw new DomainError("instance.not-found");
  const done = decision === "discard" ? "discarded" : "stored";
  const answer = { status: decision === "discard" ? "discarded" : "released" } as const;
  if (row.status === done && row.resolved) return answer;
  if (row.status === "stored" || (decision === "discard" && row.status !== "quarantined"))
    throw new DomainError("instance.already-resolved");

  let replaced: string | null = null;
  if (decision === "release") {
    // A unique index allows one served version per UID, so the old one is set aside first.
    const [before] = await tx.$queryRaw<{ id: string }[]>`
      UPDATE instance SET status = 'superseded', resolved_at = now(), resolved_by_id = ${actor.userId}::uuid, resolution_reason = ${reason}
      WHERE org_id = ${row.orgId}::uuid AND sop_instance_uid = ${row.sopInstanceUid} AND status = 'stored' AND series_ref = ${row.seriesRef}::uuid
      RETURNING id`;
    if (!before) throw new DomainError("instance.cannot-release");
    replaced = before.id;
  }
  await tx.$executeRaw`
    UPDATE instance SET status = ${done}::"InstanceStatus", resolved_at = now(), resolved_by_id = ${actor.userId}::uuid, resolution_reason = ${reason}
    WHERE id = ${instanceId}::uuid`;
  const [study] = await tx.$queryRaw<{ caseId: string | null }[]>`
    UPDATE study SET quarantined_instances = quarantined_instances - ${row.status === "quarantined" ? 1 : 0}::int,
      size_bytes = (SELECT coalesce(sum(i.size_bytes), 0) FROM instance i WHERE i.study_ref = study.id AND i.status = 'stored')
    WHERE id = ${row.studyRef}::uuid RETURNING (SELECT c.id FROM reading_case c WHERE c.study_ref = study.id) AS "caseId"`;
  const caseId = study?.caseId ?? null;
  if (replaced) {
    const known = {
      id: row.studyRef,
      patient_ref: row.patientRef,
      reader_org_id: row.readerOrgId,
      qido_json: row.qidoJson,
    };
    const dataset = JSON.parse(row.metadata) as DicomJson;
    await notePatientConflicts(ctx, known, [{ record: { dataset } }]);
    // A reader who is reading, or has signed, has not seen this image.
    if (showsPicture(row.sopClassUid, numberOf(dataset, Tag.Rows)))
      await noteLateImages(ctx, { studyId: row.studyRef, count: 1 });
    // Prepared metadata is named after its content; the new one is prepared before the next reader asks.
    await enqueue(tx, "study.index", { orgId: row.orgId, studyId: row.studyRef });
  }
  await audit(ctx, {
    action: decision === "discard" ? "instance.discard" : "instance.release",
    orgId: row.orgId,
    patientRef: row.patientRef,
    studyRef: row.studyRef,
    caseId,
    details: { instanceId, sopInstanceUid: row.sopInstanceUid, dataSetSha256: row.dataSetSha256, replaced, reason },
  });
  const orgIds = row.readerOrgId ? [row.orgId, row.readerOrgId] : [row.orgId];
  await publish(tx, { topic: "study.changed", orgIds, studyId: row.studyRef });
  if (caseId) await publish(tx, { topic: "case.changed", orgIds, caseId, studyId: row.studyRef });
  return answer;
}

/** The version with its study, whose row is locked as ingest locks it: nothing arrives between check and decision. */
async function lock({ tx }: Ctx, instanceId: string): Promise<Row | null> {
  await tx.$queryRaw`SELECT 1 FROM study WHERE id = (SELECT study_ref FROM instance WHERE id = ${instanceId}::uuid) FOR UPDATE`;
  // Read after the lock was granted: somebody else may have decided meanwhile.
  const [row] = await tx.$queryRaw<Row[]>`
    SELECT i.org_id AS "orgId", s.reader_org_id AS "readerOrgId", s.facility_id AS "facilityId", s.id AS "studyRef", s.patient_ref AS "patientRef",
      i.series_ref AS "seriesRef", i.sop_instance_uid AS "sopInstanceUid", i.sop_class_uid AS "sopClassUid", i.data_set_sha256 AS "dataSetSha256", i.metadata,
      s.qido_json AS "qidoJson", i.status::text, i.resolved_at IS NOT NULL AS resolved
    FROM instance i JOIN study s ON s.id = i.study_ref WHERE i.id = ${instanceId}::uuid`;
  return row ?? null;
}
