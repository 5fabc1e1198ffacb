import { DomainError } from "@overread/shared/errors";
import { Prisma } from "#server/db/generated/client.ts";
import type { Ctx, UserActor } from "../context.ts";
import { holdClaim, moveCase } from "../reading/index.ts";
import type { SignReport } from "./inputs.ts";
import { insertVersion } from "./insert-version.ts";
import { findReportCase } from "./report-case.ts";
import { readDraft } from "./save-draft.ts";
import type { Signed } from "./shapes.ts";

/**
 * Signs the draft as it was last saved: fixes it as a version for ever, ends the claim and sends the documents on
 * their way. The caller has given the password once more before this runs.
 *
 * The draft goes: its words are in the version, and nothing may be typed into a signed report.
 *
 * @param input.version the draft version the reader saw when signing.
 * @throws {DomainError} `report.impression-missing`, `report.version-conflict` with `version`, `report.already-signed`,
 *   `case.claim-expired`, `case.not-claimed`, `case.not-found`, `auth.forbidden`
 */
export async function signReport(ctx: Ctx<UserActor>, { caseId, claimToken, version }: SignReport): Promise<Signed> {
  const { tx } = ctx;
  await findReportCase(ctx, caseId, "report.sign");
  const held = await holdClaim(ctx, { caseId, claimToken });
  const draft = await readDraft(ctx, caseId);
  if ((draft?.version ?? 0) !== version)
    throw new DomainError("report.version-conflict", { details: { version: draft?.version ?? 0 } });
  const impression = draft?.sections.find(({ key }) => key === "impression");
  if (!draft || !impression?.text.trim()) throw new DomainError("report.impression-missing");

  const moved = await moveCase(ctx, {
    caseId,
    moves: { drafted: "final", preliminary: "final" },
    set: Prisma.sql`, claimed_by_id = NULL, claimed_until = NULL, claimed_at = NULL, completed_at = clock_timestamp(),
      priority_score = 0, priority_reasons = '[]'::jsonb`,
    where: Prisma.sql`claim_token = ${BigInt(claimToken)}`,
  });
  if (!moved) throw new DomainError("case.illegal-move", { details: { from: held.state, to: "final" } });
  const signed = await insertVersion(ctx, held, {
    version: 1,
    kind: "final",
    sections: draft.sections,
    keyImages: draft.keyImages,
    action: "report.sign",
  });
  await tx.reportDraft.delete({ where: { caseId } });
  return signed;
}
