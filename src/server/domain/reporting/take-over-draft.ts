import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { holdClaim } from "../reading/index.ts";
import { handOverDraft } from "./hand-over-draft.ts";
import type { TakeOverDraft } from "./inputs.ts";
import { isAnotherAuthors } from "./own-draft.ts";
import { findReportCase } from "./report-case.ts";
import { readDraft } from "./save-draft.ts";
import type { SavedDraft } from "./shapes.ts";

/**
 * Makes a colleague's draft the caller's own, word by word as it stands: from here on the caller may write on it and sign it. What the
 * colleague wrote is kept, the signed report says who drafted it, and the trail says who took it over from whom.
 *
 * @param input.version the version that was read: one that was written meanwhile is not taken unread.
 * @throws {DomainError} `report.version-conflict` with `version`, `case.claim-expired`, `case.not-claimed`, `report.already-signed`,
 *   `case.not-found`, `auth.forbidden`
 */
export async function takeOverDraft(ctx: Ctx<UserActor>, input: TakeOverDraft): Promise<SavedDraft> {
  const { actor, tx } = ctx;
  const { caseId, claimToken, version } = input;
  await findReportCase(ctx, caseId, "report.take-over-draft");
  const held = await holdClaim(ctx, { caseId, claimToken });
  const draft = await readDraft(ctx, caseId);
  if (!draft || draft.version !== version)
    throw new DomainError("report.version-conflict", { details: { version: draft?.version ?? 0 } });
  // Asked twice, or nobody's to be taken from.
  if (!isAnotherAuthors(draft, actor.userId)) return { version, savedAt: draft.updatedAt.toISOString() };
  await handOverDraft(ctx, held, "taken-over");
  const [taken] = await tx.$queryRaw<[{ updatedAt: Date }]>`
    UPDATE report_draft SET author_id = ${actor.userId}::uuid, updated_at = clock_timestamp() WHERE case_id = ${caseId}::uuid
    RETURNING updated_at AS "updatedAt"`;
  return { version, savedAt: taken.updatedAt.toISOString() };
}
