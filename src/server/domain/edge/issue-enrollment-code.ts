import { DomainError } from "@overread/shared/errors";
import type { Actor, Ctx, Tx } from "#server/context.ts";
import { appendAs } from "../audit/index.ts";
import { enrollmentCodeHours, enrollmentCodeSha256, newEnrollmentCode } from "./enrollment-code.ts";
import { edgePolicy } from "./policy.ts";

/**
 * Issues a one-time code with which one edge router can enrol at a facility, within 24 hours. The code is returned
 * once.
 *
 * @throws {DomainError} `auth.forbidden`, `facility.not-found` (also for a facility that is not the caller's)
 */
export async function issueEnrollmentCode(
  { actor, tx, requestId }: Ctx,
  { facilitySlug }: { facilitySlug: string },
): Promise<{ code: string; expiresAt: Date }> {
  edgePolicy.authorize(actor, "edge.manage", null);
  const facility = await tx.facility.findUnique({ where: { orgId_slug: { orgId: actor.orgId, slug: facilitySlug } } });
  const row = facility && { orgId: facility.orgId, facilityId: facility.id };
  if (!row || !edgePolicy.can(actor, "edge.manage", row)) throw new DomainError("facility.not-found");
  return insertCode(tx, actor, facility, requestId);
}

/**
 * The same by an operator on the server: `tx` comes from `withMaintenance`.
 *
 * @throws {DomainError} `facility.not-found`; `request.invalid` where several organisations have a facility of that
 * name and none is named
 */
export async function issueEnrollmentCodeAsOperator(
  tx: Tx,
  { facilitySlug, orgSlug, by }: { facilitySlug: string; orgSlug?: string | undefined; by: string },
): Promise<{ code: string; expiresAt: Date }> {
  const [facility, ...others] = await tx.$queryRaw<{ id: string; orgId: string }[]>`
    SELECT f.id, f.org_id AS "orgId" FROM facility f JOIN organization o ON o.id = f.org_id
    WHERE f.slug = ${facilitySlug} AND (${orgSlug ?? null}::text IS NULL OR o.slug = ${orgSlug ?? null})`;
  if (!facility) throw new DomainError("facility.not-found");
  if (others.length > 0) throw new DomainError("request.invalid", { details: { fields: "org" } });
  return insertCode(tx, { kind: "system", orgId: facility.orgId, name: by }, facility);
}

async function insertCode(tx: Tx, actor: Actor, facility: { id: string; orgId: string }, requestId?: string) {
  const code = newEnrollmentCode();
  const [row] = await tx.$queryRaw<{ id: string; expiresAt: Date }[]>`
    INSERT INTO enrollment_code (org_id, facility_id, code_sha256, created_by_id, expires_at)
    VALUES (${facility.orgId}::uuid, ${facility.id}::uuid, ${enrollmentCodeSha256(code)}, ${actor.kind === "user" ? actor.userId : null}::uuid,
      now() + ${enrollmentCodeHours} * interval '1 hour')
    RETURNING id::text, expires_at AS "expiresAt"`;
  const details = { facilityId: facility.id, enrollmentCodeId: row!.id };
  await appendAs(tx, actor, { action: "edge.issue-code", details }, requestId);
  return { code, expiresAt: row!.expiresAt };
}
