import { DomainError } from "@overread/shared/errors";
import { signedSections } from "@overread/shared/signed-sections";
import type { Ctx, UserActor } from "#server/context.ts";
import {
  type HeldCase,
  holdClaim,
  lockCases,
  moveCase,
  type ReadTogether,
  readTogether,
  requireLateImagesSeen,
  requireStillTogether,
} from "../reading/index.ts";
import { authorship } from "./authorship.ts";
import { doubleReadingOf } from "./double-reading.ts";
import { finalByAuthor, requireMayFinalise } from "./finalising.ts";
import type { ImagesShown, KeyImage, Section, SignPreliminary, SignReport } from "./inputs.ts";
import { insertVersion } from "./insert-version.ts";
import { markupToSign } from "./markup-to-sign.ts";
import { requireImages } from "./missing-images.ts";
import { nextVersion } from "./next-version.ts";
import { openingSections } from "./opening-sections.ts";
import { type Preliminary, recordOverRead, requireScore, waitingPreliminary } from "./over-read.ts";
import { requireOwnDraft } from "./own-draft.ts";
import { findReportCase } from "./report-case.ts";
import { readDraft } from "./save-draft.ts";
import type { Signed } from "./shapes.ts";
import { keepReading, signOfTwo } from "./sign-double.ts";
import { promptLabels } from "./templates/index.ts";

/**
 * Signs the draft as last saved, without headings that have no text (as in the preview): stores it as an immutable
 * version of each case that is read together, ends the claim and starts the creation of the documents. The caller has re-authenticated before. After a
 * preliminary version this is the next version: somebody else signs it than the preliminary one, with the score of what
 * was gone over; the author himself only where nobody else of the group may, and then the report says so.
 *
 * A trigger deletes the draft: its text is in the version, and a signed report cannot be edited.
 *
 * @param input.version the draft version the reader saw when signing.
 * @throws {DomainError} `case.incomplete`, `case.not-together` with `bar`, `case.read-with`, `report.impression-missing`, `report.version-conflict` with `version`,
 * `report.own-preliminary`, `report.not-yours-to-finalise` with `bar`, `report.unscored`, `report.double-reading` with `stage`, `report.already-signed`, `report.draft-of-another` with `author`, `savedAt`, `version`, `case.late-images` with
 * `count`, `case.claim-expired`, `case.not-claimed`, `case.not-found`, `auth.forbidden`
 */
export async function signReport(ctx: Ctx<UserActor>, input: SignReport): Promise<Signed> {
  const { caseId } = input;
  await findReportCase(ctx, caseId, "report.sign");
  const { held, draft, together } = await readyToSign(ctx, input);
  const { claimToken, overRead: score } = input;
  const double = await doubleReadingOf(ctx, caseId);
  if (double) return signOfTwo(ctx, { held, draft, claimToken, double, overRead: score });
  // Under the case's lock: of two preliminary signatures the newest is gone over.
  const preliminary = await waitingPreliminary(ctx, caseId);
  const byAuthor = await requireMayFinaliseAll(ctx, together, preliminary);
  const overRead = requireScore(ctx, preliminary, score);
  const moved = await moveCase(ctx, caseId, "sign", { claimToken });
  if (!moved) throw new DomainError("case.illegal-move", { details: { from: held.state, to: "final" } });
  const version = await nextVersion(ctx, caseId);
  const sections = byAuthor ? [...draft.sections, finalByAuthor(draft.language)] : draft.sections;
  const signed = await insertVersion(ctx, held, {
    ...draft,
    markup: await markupToSign(ctx, caseId, together),
    sections,
    version,
    kind: "final",
    action: "report.sign",
    byAuthor,
  });
  if (overRead) await recordOverRead(ctx, held, overRead, signed.reportVersionId);
  return signed;
}

/**
 * Signs the draft as preliminary: the hospital gets it at once, marked preliminary on every page and object, and the
 * case stays on the list until a final report is signed. The draft stays, without an author, for the next reader to
 * continue. Where the contract asks for two readings it is one of them instead, and goes to nobody yet.
 *
 * @throws {DomainError} as {@link signReport}
 */
export async function signPreliminary(ctx: Ctx<UserActor>, input: SignPreliminary): Promise<Signed> {
  const { caseId } = input;
  await findReportCase(ctx, caseId, "report.sign-preliminary");
  const { held, draft } = await readyToSign(ctx, input);
  const { claimToken } = input;
  const double = await doubleReadingOf(ctx, caseId);
  if (double) return keepReading(ctx, { held, draft, claimToken, double });
  const moved = await moveCase(ctx, caseId, "signPreliminary", { claimToken });
  if (!moved) throw new DomainError("case.illegal-move", { details: { from: held.state, to: "preliminary" } });
  const version = await nextVersion(ctx, caseId);
  return insertVersion(ctx, held, { ...draft, version, kind: "preliminary", action: "report.sign-preliminary" });
}

/**
 * Checks that the claim holds, and of each case that is read together that it still may be, no late image is unacknowledged, and the draft is the signer's own, the version that was
 * seen, and not empty.
 */
async function readyToSign(
  ctx: Ctx<UserActor>,
  { caseId, claimToken, version, imagesShown }: SignPreliminary,
): Promise<{
  held: HeldCase;
  together: ReadTogether[];
  draft: { language: string; sections: Section[]; keyImages: KeyImage[]; imagesShown: ImagesShown | null };
}> {
  const held = await holdClaim(ctx, { caseId, claimToken });
  const together = await readTogether(ctx, caseId);
  const caseIds = together.map((each) => each.caseId);
  if (together.length > 1) await lockCases(ctx, caseIds);
  await requireStillTogether(ctx, together);
  for (const each of caseIds) await requireLateImagesSeen(ctx, each);
  await requireImages(ctx, caseIds);
  const draft = await readDraft(ctx, caseId);
  requireOwnDraft(draft, ctx.actor.userId);
  if ((draft?.version ?? 0) !== version)
    throw new DomainError("report.version-conflict", { details: { version: draft?.version ?? 0 } });
  const written = signedSections(draft?.sections ?? [], promptLabels);
  if (!draft || !written.some(({ key }) => key === "impression")) throw new DomainError("report.impression-missing");
  const { language, keyImages } = draft;
  await requireOwnKeyImages(ctx, together, keyImages);
  const sections = [
    ...(await openingSections(ctx, together, language)),
    ...written,
    ...(await authorship(ctx, { caseId, language })),
  ];
  return { held, together, draft: { language, sections, keyImages, imagesShown: imagesShown ?? null } };
}

/** A study that was taken out of those that are read together takes its images with it. @throws {DomainError} `instance.not-found` */
async function requireOwnKeyImages(
  { tx }: Ctx,
  together: readonly ReadTogether[],
  keyImages: readonly KeyImage[],
): Promise<void> {
  if (keyImages.length === 0) return;
  const strange = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM instance WHERE org_id = ${together[0]?.orgId}::uuid AND sop_instance_uid = ANY(${keyImages.map((image) => image.sopInstanceUid)})
      AND study_ref <> ALL(${together.map(({ studyRef }) => studyRef)}::uuid[]) LIMIT 1`;
  if (strange.length > 0) throw new DomainError("instance.not-found");
}

/** @returns whether the author of the preliminary report finalises it himself. */
async function requireMayFinaliseAll(
  ctx: Ctx<UserActor>,
  together: readonly ReadTogether[],
  preliminary: Preliminary | null,
): Promise<boolean> {
  let byAuthor = false;
  for (const each of together) byAuthor = await requireMayFinalise(ctx, each, preliminary);
  return byAuthor;
}
