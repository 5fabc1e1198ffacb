import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { holdClaim } from "../reading/index.ts";
import { doubleReadingOf, stageOf } from "./double-reading.ts";
import { handOverDraft } from "./hand-over-draft.ts";
import type { TakeOverDraft } from "./inputs.ts";
import { isAnotherAuthors } from "./own-draft.ts";
import { findReportCase } from "./report-case.ts";
import { readDraft } from "./save-draft.ts";
import type { SavedDraft } from "./shapes.ts";

/**
 * Makes a colleague's draft the caller's own, unchanged: from here on the caller may edit and sign it. The colleague's
 * text is kept, the signed report names its author, and the audit trail records the takeover.
 *
 * @param input.version the version that was seen: a newer one is not taken over unseen.
 * @throws {DomainError} `report.version-conflict` with `version`, `case.claim-expired`, `case.not-claimed`,
 * `report.already-signed`, `report.double-reading` with `stage`, `case.not-found`, `auth.forbidden`
 */
export async function takeOverDraft(ctx: Ctx<UserActor>, input: TakeOverDraft): Promise<SavedDraft> {
  const { actor, tx } = ctx;
  const { caseId, claimToken, version } = input;
  await findReportCase(ctx, caseId, "report.take-over-draft");
  const held = await holdClaim(ctx, { caseId, claimToken });
  const draft = await readDraft(ctx, caseId);
  if (!draft || draft.version !== version)
    throw new DomainError("report.version-conflict", { details: { version: draft?.version ?? 0 } });
  // A repeated call, or a draft without an author.
  if (!isAnotherAuthors(draft, actor.userId)) return { version, savedAt: draft.updatedAt.toISOString() };
  // Of two independent readings each is written by one hand.
  const double = await doubleReadingOf(ctx, caseId);
  if (double && double.kept.length < 2)
    throw new DomainError("report.double-reading", { details: { stage: stageOf(double, actor.userId) } });
  await handOverDraft(ctx, held, "taken-over");
  const [taken] = await tx.$queryRaw<[{ updatedAt: Date }]>`
    UPDATE report_draft SET author_id = ${actor.userId}::uuid, updated_at = clock_timestamp() WHERE case_id = ${caseId}::uuid
    RETURNING updated_at AS "updatedAt"`;
  return { version, savedAt: taken.updatedAt.toISOString() };
}
