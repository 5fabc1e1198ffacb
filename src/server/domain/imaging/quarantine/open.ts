import { DomainError } from "@overread/shared/errors";
import { z } from "zod";
import type { Ctx } from "#server/context.ts";
import { audit } from "../../audit/index.ts";
import { quarantinePolicy } from "./policy.ts";

export const OfInstance = z.object({ instanceId: z.uuid() });
export type OfInstance = z.output<typeof OfInstance>;

/**
 * The object key of one version of an image that arrived in several, for comparing them. An image that arrived once
 * cannot be opened by this verb. Audited.
 *
 * @throws {DomainError} `instance.not-found`: does not exist, not the caller's, or never had another version
 */
export async function openQuarantined(
  ctx: Ctx,
  { instanceId }: OfInstance,
): Promise<{ objectKey: string; sizeBytes: number; dataSetOffset: number; dataSetSha256: string }> {
  const [row] = await ctx.tx.$queryRaw<
    {
      objectKey: string;
      sizeBytes: bigint;
      dataSetOffset: number;
      dataSetSha256: string;
      status: string;
      orgId: string;
      facilityId: string | null;
      patientRef: string;
      studyRef: string;
    }[]
  >`
    SELECT i.object_key AS "objectKey", i.size_bytes AS "sizeBytes", i.data_set_offset AS "dataSetOffset", i.data_set_sha256 AS "dataSetSha256", i.status::text, i.org_id AS "orgId",
      s.facility_id AS "facilityId", s.patient_ref AS "patientRef", s.id AS "studyRef"
    FROM instance i JOIN study s ON s.id = i.study_ref
    WHERE i.id = ${instanceId}::uuid AND EXISTS (
      SELECT 1 FROM instance o WHERE o.org_id = i.org_id AND o.sop_instance_uid = i.sop_instance_uid AND o.id <> i.id)`;
  if (!row || !quarantinePolicy.can(ctx.actor, "quarantine.resolve", row)) throw new DomainError("instance.not-found");
  const { objectKey, dataSetSha256, orgId, patientRef, studyRef } = row;
  await audit(ctx, {
    action: "instance.read-quarantined",
    orgId,
    patientRef,
    studyRef,
    details: { instanceId, dataSetSha256, status: row.status },
  });
  return { objectKey, sizeBytes: Number(row.sizeBytes), dataSetOffset: row.dataSetOffset, dataSetSha256 };
}
