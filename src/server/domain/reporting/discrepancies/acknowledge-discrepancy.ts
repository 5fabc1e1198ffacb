import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { audit } from "../../audit/index.ts";
import { acknowledgeNotice } from "../../notices/index.ts";
import { matterOf } from "../over-read.ts";
import { discrepancyPolicy } from "../policy.ts";
import { findDiscrepancy } from "./find-discrepancy.ts";
import type { AcknowledgeDiscrepancy } from "./inputs.ts";

/**
 * The author of a preliminary report has seen that the over-read differs: for good, and his notice of it waits no longer. Idempotent.
 *
 * @throws {DomainError} `report.not-found`, `auth.forbidden` (for who went over it)
 */
export async function acknowledgeDiscrepancy(
  ctx: Ctx<UserActor>,
  { overReadId }: AcknowledgeDiscrepancy,
): Promise<{ acknowledged: boolean }> {
  const { actor, tx } = ctx;
  discrepancyPolicy.authorize(actor, "discrepancy.acknowledge", null);
  const found = await findDiscrepancy(ctx, overReadId);
  if (found.firstReaderId !== actor.userId) throw new DomainError("auth.forbidden");
  const [notice] = await tx.$queryRaw<{ noticeId: string }[]>`
    SELECT id::text AS "noticeId" FROM notice WHERE user_id = ${actor.userId}::uuid AND matter = ${matterOf(overReadId)}`;
  if (notice) await acknowledgeNotice(ctx, notice);
  return { acknowledged: await noteSeen(ctx, matterOf(overReadId)) };
}

/**
 * Keeps that the caller has seen what a notice of an over-read says, if it is of a report of his own. Asks no policy.
 *
 * @returns false: it was kept already, or is not his.
 */
export async function noteSeen(ctx: Ctx<UserActor>, matter: string): Promise<boolean> {
  const { actor, tx } = ctx;
  const [row] = await tx.$queryRaw<{ overReadId: string; caseId: string }[]>`
    WITH seen AS (
      INSERT INTO over_read_seen (over_read_id, org_id, reader_org_id, by_id)
      SELECT o.id, o.org_id, o.reader_org_id, ${actor.userId}::uuid
      FROM over_read o JOIN report_version v ON v.id = o.preliminary_version_id
      WHERE o.reader_org_id = ${actor.orgId}::uuid AND ${matter} = ${matterOf("")} || o.id AND v.signed_by_id = ${actor.userId}::uuid
      ON CONFLICT (over_read_id) DO NOTHING RETURNING over_read_id)
    SELECT o.id::text AS "overReadId", o.case_id::text AS "caseId" FROM seen JOIN over_read o ON o.id = seen.over_read_id`;
  if (!row) return false;
  // On the group's own trail: what its readers think of each other is no affair of the hospital's.
  const { overReadId, caseId } = row;
  await audit(ctx, { action: "discrepancy.acknowledge", caseId, details: { overReadId } });
  return true;
}
