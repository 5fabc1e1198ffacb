import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { holdClaim } from "../reading/index.ts";
import { handOverDraft } from "./hand-over-draft.ts";
import type { TakeOverDraft } from "./inputs.ts";
import { isAnotherAuthors } from "./own-draft.ts";
import { findReportCase } from "./report-case.ts";
import { readDraft } from "./save-draft.ts";
import type { SavedDraft } from "./shapes.ts";
import { startingText } from "./starting-text.ts";

/**
 * Sets a colleague's draft aside and starts with the initial text. The colleague's text is kept in the draft history.
 * The version number continues, so that a window showing the old text cannot save over the new one.
 *
 * @param input.version the version that was seen.
 * @throws {DomainError} `report.version-conflict` with `version` (also when the draft is the caller's own),
 * `case.claim-expired`, `case.not-claimed`, `report.already-signed`, `case.not-found`, `auth.forbidden`
 */
export async function startDraftAnew(ctx: Ctx<UserActor>, input: TakeOverDraft): Promise<SavedDraft> {
  const { actor, tx } = ctx;
  const { caseId, claimToken, version } = input;
  const row = await findReportCase(ctx, caseId, "report.take-over-draft");
  const held = await holdClaim(ctx, { caseId, claimToken });
  const draft = await readDraft(ctx, caseId);
  if (!draft || draft.version !== version || !isAnotherAuthors(draft, actor.userId))
    throw new DomainError("report.version-conflict", { details: { version: draft?.version ?? 0 } });
  await handOverDraft(ctx, held, "set-aside");
  const { templateId, language, sections, keyImages } = await startingText(ctx, row);
  const [begun] = await tx.$queryRaw<[{ version: number; updatedAt: Date }]>`
    UPDATE report_draft SET version = version + 1, template_id = ${templateId}, language = ${language}, sections = ${JSON.stringify(sections)}::jsonb,
      key_images = ${JSON.stringify(keyImages)}::jsonb, author_id = ${actor.userId}::uuid, updated_at = clock_timestamp()
    WHERE case_id = ${caseId}::uuid RETURNING version, updated_at AS "updatedAt"`;
  return { version: begun.version, savedAt: begun.updatedAt.toISOString() };
}
