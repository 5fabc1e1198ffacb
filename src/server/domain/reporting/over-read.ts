import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { notify } from "../notices/index.ts";
import type { HeldCase } from "../reading/index.ts";
import type { OverRead } from "./inputs.ts";
import type { OverReadScore } from "./shapes.ts";

export type Preliminary = { versionId: string; signedById: string; signedBy: string; signedAt: Date };

/** The preliminary report that waits to be gone over: the newest of a case without a final one. Null: none. */
export async function waitingPreliminary({ tx }: Pick<Ctx, "tx">, caseId: string): Promise<Preliminary | null> {
  const [row] = await tx.$queryRaw<(Preliminary & { kind: string })[]>`
    SELECT id AS "versionId", kind::text, signed_by_id AS "signedById", signed_by_name AS "signedBy", signed_at AS "signedAt"
    FROM report_version WHERE case_id = ${caseId}::uuid ORDER BY version DESC LIMIT 1`;
  return row?.kind === "preliminary" ? row : null;
}

/**
 * Refuses a final signature without the score of a colleague's preliminary report, and a score of one's own or of nothing.
 *
 * @returns what to record with the final version; null where nothing is gone over.
 * @throws {DomainError} `report.unscored`, `request.invalid`
 */
export function requireScore(
  { actor }: Ctx<UserActor>,
  preliminary: Preliminary | null,
  overRead: OverRead | undefined,
): (OverRead & { preliminary: Preliminary }) | null {
  if (!preliminary || preliminary.signedById === actor.userId) {
    if (overRead) throw new DomainError("request.invalid", { details: { fields: "overRead" } });
    return null;
  }
  if (!overRead) throw new DomainError("report.unscored", { details: { signedBy: preliminary.signedBy } });
  return { ...overRead, preliminary };
}

/** What the notice of an over-read is about. */
export const matterOf = (overReadId: string): string => `over-read-differs ${overReadId}`;

/** Records the score, and tells the author of the preliminary report where it differs. It is not on the trail, which the hospital reads too; that the report was gone over is. */
export async function recordOverRead(
  { actor, tx }: Ctx<UserActor>,
  held: HeldCase,
  { score, significant, comment, preliminary }: OverRead & { preliminary: Preliminary },
  finalVersionId: string,
): Promise<void> {
  const { id } = await tx.overRead.create({
    data: {
      orgId: held.orgId,
      readerOrgId: held.readerOrgId,
      caseId: held.caseId,
      preliminaryVersionId: preliminary.versionId,
      finalVersionId,
      score,
      significant,
      comment,
      byId: actor.userId,
    },
    select: { id: true },
  });
  if (score > 1)
    await notify(tx, {
      orgId: held.readerOrgId,
      userIds: [preliminary.signedById],
      kind: "over-read-differs",
      params: {},
      caseId: held.caseId,
      matter: matterOf(id),
    });
}

/** The scores of a case's preliminary reports, newest first. Asks no policy. */
export async function scoresOf({ tx }: Pick<Ctx, "tx">, caseId: string): Promise<OverReadScore[]> {
  const rows = await tx.$queryRaw<(Omit<OverReadScore, "at"> & { at: Date })[]>`
    SELECT o.score::int AS score, o.significant, o.comment, coalesce(staff_name(o.by_id), 'a colleague') AS by, v.signed_by_name AS "preliminaryBy", o.at
    FROM over_read o JOIN report_version v ON v.id = o.preliminary_version_id WHERE o.case_id = ${caseId}::uuid ORDER BY o.at DESC, o.id DESC`;
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}
