import { DomainError } from "@overread/shared/errors";
import { z } from "zod";
import type { Ctx, SqlCtx, UserActor } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import { publish } from "#server/live/publish.ts";
import { audit } from "../audit/index.ts";
import { readingBegun, signed } from "./case-conditions.ts";
import { findCase } from "./get-case.ts";
import { OfCase } from "./inputs.ts";
import { announceCase } from "./move-case.ts";

export const SeeLateImages = OfCase.extend({
  /** The number of late images that the reader was shown; more that arrive meanwhile are reported again. */
  count: z.number().int().min(1),
  /** Required on a signed report: that nothing changes, and why. Goes on the hospital's audit trail. */
  reason: z.string().trim().min(3).max(300).optional(),
});
export type SeeLateImages = z.output<typeof SeeLateImages>;

type Late = { caseId: string; orgId: string; readerOrgId: string };

/**
 * Images were added to a study that had some: if it is being read or is signed, they count as late until a reader
 * acknowledges them. A case that nobody has opened yet simply has more images. The lock on the case's row orders this
 * against a signature.
 */
export async function noteLateImages(
  { tx }: Pick<SqlCtx, "tx">,
  { studyId, count }: { studyId: string; count: number },
): Promise<void> {
  const [late] = await tx.$queryRaw<Late[]>`
    UPDATE reading_case c SET late_images = c.late_images + ${count}::int, late_since = coalesce(c.late_since, clock_timestamp()), updated_at = clock_timestamp()
    WHERE c.study_ref = ${studyId}::uuid AND (${readingBegun(Prisma.sql`c.state`)} OR ${readingBegun(Prisma.sql`c.paused_from`)})
    RETURNING c.id AS "caseId", c.org_id AS "orgId", c.reader_org_id AS "readerOrgId"`;
  if (!late) return;
  await publish(tx, { topic: "case.changed", orgIds: [late.orgId, late.readerOrgId], caseId: late.caseId, studyId });
}

/**
 * A reader acknowledges the late images; on a signed report with a statement that nothing in it changes. The text is
 * audited.
 *
 * @throws {DomainError} `case.late-images` with `count` when more have come than the reader was shown;
 * `request.invalid` without a text for a signed report; `case.not-found`, `auth.forbidden`
 */
export async function seeLateImages(
  ctx: Ctx<UserActor>,
  { caseId, count, reason }: SeeLateImages,
): Promise<{ seen: true }> {
  const row = await findCase(ctx, caseId, "case.see-late-images");
  await ctx.tx.$queryRaw`SELECT 1 FROM reading_case WHERE id = ${caseId}::uuid FOR UPDATE`;
  const [now] = await ctx.tx.$queryRaw<[{ late: number; signed: boolean }]>`
    SELECT c.late_images AS late, ${signed} AS signed FROM reading_case c WHERE c.id = ${caseId}::uuid`;
  if (now.late === 0) return { seen: true };
  if (now.late > count) throw lateImages(now.late);
  if (now.signed && !reason) throw new DomainError("request.invalid", { details: { fields: "reason" } });
  await ctx.tx
    .$executeRaw`UPDATE reading_case SET late_images = 0, late_since = NULL, updated_at = clock_timestamp() WHERE id = ${caseId}::uuid`;
  await audit(ctx, {
    action: "case.see-late-images",
    orgId: row.orgId,
    patientRef: row.patientRef,
    studyRef: row.studyId,
    caseId,
    details: { images: now.late, signed: now.signed, ...(reason ? { reason } : {}) },
  });
  await announceCase(ctx, { caseId, orgId: row.orgId, readerOrgId: row.readerOrgId, studyRef: row.studyId });
  return { seen: true };
}

/**
 * Called before a signature; the case's row is locked.
 *
 * @throws {DomainError} `case.late-images` with `count`, when there are late images that no reader has acknowledged
 */
export async function requireLateImagesSeen({ tx }: Pick<Ctx, "tx">, caseId: string): Promise<void> {
  const [row] = await tx.$queryRaw<
    { late: number }[]
  >`SELECT late_images AS late FROM reading_case WHERE id = ${caseId}::uuid`;
  if (row && row.late > 0) throw lateImages(row.late);
}

const lateImages = (count: number): DomainError => new DomainError("case.late-images", { details: { count } });
