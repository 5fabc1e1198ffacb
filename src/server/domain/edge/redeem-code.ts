import type { Tx } from "#server/context.ts";
import { publish } from "#server/live/publish.ts";
import { edgeConfigOf } from "./edge-config.ts";

/**
 * Redeems an enrolment code and inserts the edge router. A row lock decides between two callers with the same code: the
 * second finds it used. The caller audits it.
 *
 * @returns null for a code that is unknown, used or expired.
 */
export async function redeemEnrollmentCode(
  tx: Tx,
  codeSha256: string,
  router: { name: string; publicKey: string; softwareVersion: string },
) {
  const [code] = await tx.$queryRaw<{ orgId: string; facilityId: string }[]>`
    UPDATE enrollment_code SET used_at = now() WHERE code_sha256 = ${codeSha256} AND used_at IS NULL AND expires_at > now()
    RETURNING org_id::text AS "orgId", facility_id::text AS "facilityId"`;
  if (!code) return null;
  const { id: edgeId } = await tx.edgeRouter.create({ data: { ...code, ...router }, select: { id: true } });
  const facility = await tx.facility.findUniqueOrThrow({ where: { id: code.facilityId } });
  const org = await tx.organization.findUniqueOrThrow({ where: { id: code.orgId } });
  await publish(tx, { topic: "edge.changed", orgIds: [code.orgId], edgeId });
  return {
    ...code,
    edgeId,
    orgSlug: org.slug,
    facilitySlug: facility.slug,
    config: await edgeConfigOf(tx, facility),
  };
}
