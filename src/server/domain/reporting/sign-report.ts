import { DomainError } from "@overread/shared/errors";
import { signedSections } from "@overread/shared/signed-sections";
import type { Ctx, UserActor } from "#server/context.ts";
import { type HeldCase, holdClaim, moveCase, requireLateImagesSeen } from "../reading/index.ts";
import { authorship } from "./authorship.ts";
import type { KeyImage, Section, SignReport } from "./inputs.ts";
import { insertVersion } from "./insert-version.ts";
import { missingImages } from "./missing-images.ts";
import { requireOwnDraft } from "./own-draft.ts";
import { patientInDoubt } from "./patient-in-doubt.ts";
import { findReportCase } from "./report-case.ts";
import { readDraft } from "./save-draft.ts";
import type { Signed } from "./shapes.ts";
import { promptLabels } from "./templates/index.ts";

/**
 * Signs the draft as it was last saved, without headings that nobody wrote anything under (as the preview showed it): fixes it as a version for ever, ends the claim and sends the documents on
 * their way. The caller has given the password once more before this runs. After a preliminary version this is the next.
 *
 * The draft goes, by the database's own hand: its words are in the version, and nothing may be typed into a signed report.
 *
 * @param input.version the draft version the reader saw when signing.
 * @throws {DomainError} `case.incomplete`, `report.impression-missing`, `report.version-conflict` with `version`, `report.already-signed`,
 *   `report.draft-of-another` with `author`, `savedAt`, `version`, `case.late-images` with `count`, `case.claim-expired`, `case.not-claimed`, `case.not-found`, `auth.forbidden`
 */
export async function signReport(ctx: Ctx<UserActor>, input: SignReport): Promise<Signed> {
  const { caseId } = input;
  await findReportCase(ctx, caseId, "report.sign");
  const { held, draft } = await readyToSign(ctx, input);
  const moved = await moveCase(ctx, caseId, "sign", { claimToken: input.claimToken });
  if (!moved) throw new DomainError("case.illegal-move", { details: { from: held.state, to: "final" } });
  const version = await nextVersion(ctx, caseId);
  return insertVersion(ctx, held, { ...draft, version, kind: "final", action: "report.sign" });
}

/**
 * Signs the draft as a first reading: the hospital has it at once, named preliminary on every page and object, and the case stays
 * on the list until somebody has gone over it and signed it for good. The draft stays, without an author, for that somebody to go on from.
 *
 * @throws {DomainError} as {@link signReport}
 */
export async function signPreliminary(ctx: Ctx<UserActor>, input: SignReport): Promise<Signed> {
  const { caseId } = input;
  await findReportCase(ctx, caseId, "report.sign-preliminary");
  const { held, draft } = await readyToSign(ctx, input);
  const moved = await moveCase(ctx, caseId, "signPreliminary", { claimToken: input.claimToken });
  if (!moved) throw new DomainError("case.illegal-move", { details: { from: held.state, to: "preliminary" } });
  const version = await nextVersion(ctx, caseId);
  return insertVersion(ctx, held, { ...draft, version, kind: "preliminary", action: "report.sign-preliminary" });
}

/** The claim stands, no picture came unseen, the draft is the signer's own and the one that was seen, and it says something. */
async function readyToSign(
  ctx: Ctx<UserActor>,
  { caseId, claimToken, version }: SignReport,
): Promise<{ held: HeldCase; draft: { language: string; sections: Section[]; keyImages: KeyImage[] } }> {
  const held = await holdClaim(ctx, { caseId, claimToken });
  await requireLateImagesSeen(ctx, caseId);
  const draft = await readDraft(ctx, caseId);
  requireOwnDraft(draft, ctx.actor.userId);
  if ((draft?.version ?? 0) !== version)
    throw new DomainError("report.version-conflict", { details: { version: draft?.version ?? 0 } });
  const written = signedSections(draft?.sections ?? [], promptLabels);
  if (!draft || !written.some(({ key }) => key === "impression")) throw new DomainError("report.impression-missing");
  const { language, keyImages } = draft;
  const sections = [
    ...(await patientInDoubt(ctx, { caseId, language })),
    ...(await missingImages(ctx, { caseId, language })),
    ...written,
    ...(await authorship(ctx, { caseId, language })),
  ];
  return { held, draft: { language, sections, keyImages } };
}

/** The case's row is locked by the claim that was checked. */
async function nextVersion({ tx }: Ctx, caseId: string): Promise<number> {
  const [row] = await tx.$queryRaw<[{ next: number }]>`
    SELECT coalesce(max(version), 0)::int + 1 AS next FROM report_version WHERE case_id = ${caseId}::uuid`;
  return row.next;
}
