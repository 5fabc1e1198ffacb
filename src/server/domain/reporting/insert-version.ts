import { newUid } from "@overread/shared/dicom/uids";
import { DomainError } from "@overread/shared/errors";
import { emptyMarkup, type Markup } from "@overread/shared/measurements/markup";
import { imageOf } from "@overread/shared/measurements/measurement";
import type { Ctx, UserActor } from "#server/context.ts";
import type { ReportKind } from "#server/db/generated/enums.ts";
import { enqueue } from "#server/jobs/enqueue.ts";
import { publish } from "#server/live/publish.ts";
import { type AuditAction, audit } from "../audit/index.ts";
import { type HeldCase, readTogether } from "../reading/index.ts";
import { canonicalText, sha256Of } from "./canonical-text.ts";
import type { CoReader } from "./double-reading.ts";
import type { ImagesShown, KeyImage, Section } from "./inputs.ts";
import type { Signed } from "./shapes.ts";

/**
 * Writes a signed version: its text, its hash, and the UIDs of all objects that will be made from it, so that a retry
 * makes or sends the same object. In the same transaction: the job that makes them, the audit event and the
 * announcement. The row can never be changed.
 *
 * Cases that are read together get a row each, all in this transaction, with the same text and hash and the UIDs of their own objects: what is stored,
 * delivered, read and given access to goes on being a study's.
 *
 * Each kind of document and version gets its own series: viewers then show versions side by side, and no series of ours
 * grows after it was sent.
 */
export async function insertVersion(
  ctx: Ctx<UserActor>,
  held: Pick<HeldCase, "caseId">,
  {
    version,
    kind,
    language,
    sections,
    keyImages,
    imagesShown = null,
    action,
    byAuthor = false,
    blind = false,
    coReaders = [],
    markup = emptyMarkup,
  }: {
    version: number;
    kind: ReportKind;
    language: string;
    sections: Section[];
    keyImages: KeyImage[];
    /** What was on the signer's screen, as his viewer told it; null: it told nothing. Part of the record, not of the text. */
    imagesShown?: ImagesShown | null;
    action: AuditAction;
    /** The author of the preliminary report finalises it himself. */
    byAuthor?: boolean;
    /** One of two readings that know nothing of each other: no documents are made from it, and nobody is told that it is there. */
    blind?: boolean;
    coReaders?: CoReader[];
    /** What the signer has drawn, on images of any of the studies. */
    markup?: Markup;
  },
): Promise<Signed> {
  const { actor, tx } = ctx;
  const together = await readTogether(ctx, held.caseId);
  const [lead] = together;
  if (!lead) throw new DomainError("case.not-found");
  const [facts] = await tx.$queryRaw<
    [{ personName: string; displayName: string; qualification: string; signedAt: Date }]
  >`
    SELECT u.person_name AS "personName", u.display_name AS "displayName", u.qualification, clock_timestamp()::timestamptz(3) AS "signedAt"
    FROM user_account u WHERE u.id = ${actor.userId}::uuid`;
  const { signedAt } = facts;
  const canonical = canonicalText({
    caseId: lead.caseId,
    studyInstanceUid: lead.studyInstanceUid,
    readWith: together.slice(1),
    version,
    kind,
    language,
    signedById: actor.userId,
    signedByName: facts.displayName,
    signedByQualification: facts.qualification,
    signedAt,
    sections,
    keyImages,
    coReaders,
    markup,
  });
  const sha256 = sha256Of(canonical);
  // An addendum changes no key image: their object is in the study already.
  const withKos = kind === "final" && keyImages.length > 0;
  const unshown = (imagesShown ?? []).reduce((sum, { total, shown }) => sum + total - shown, 0);
  let reportVersionId = "";
  for (const { caseId, orgId, readerOrgId, studyRef, patientRef, studyInstanceUid } of together) {
    const row = await tx.reportVersion.create({
      data: {
        orgId,
        readerOrgId,
        caseId,
        studyRef,
        version,
        kind,
        language,
        sections,
        keyImages,
        ...(imagesShown ? { imagesShown } : {}),
        canonicalText: canonical,
        sha256,
        signedById: actor.userId,
        signedByName: facts.displayName,
        signedByPersonName: facts.personName,
        signedByQualification: facts.qualification,
        signedAt,
        finalByAuthor: byAuthor,
        blind,
        coReaders,
        markup: markupOf(markup, studyInstanceUid),
        pdfSeriesInstanceUid: newUid(),
        pdfSopInstanceUid: newUid(),
        srSeriesInstanceUid: newUid(),
        srSopInstanceUid: newUid(),
        kosSeriesInstanceUid: withKos ? newUid() : null,
        kosSopInstanceUid: withKos ? newUid() : null,
      },
      select: { id: true },
    });
    if (caseId === held.caseId) reportVersionId = row.id;
    if (!blind) await enqueue(tx, "report.store-documents", { orgId, reportVersionId: row.id });
    const details = {
      version,
      sha256,
      reportVersionId: row.id,
      ...(byAuthor ? { finalisedByAuthor: true } : {}),
      ...(blind ? { blind } : {}),
      ...(unshown > 0 ? { imagesNotShown: unshown } : {}),
    };
    await audit(ctx, { action, orgId, patientRef, studyRef, caseId, details });
    await publish(tx, {
      topic: "report.changed",
      orgIds: blind ? [readerOrgId] : [orgId, readerOrgId],
      caseId,
      studyId: studyRef,
    });
  }
  return { reportVersionId, version, signedAt: signedAt.toISOString(), sha256 };
}

/** What of it is on images of one study. */
function markupOf({ measurements, presentations }: Markup, studyInstanceUid: string): Markup {
  return {
    measurements: measurements.filter((each) => imageOf(each).studyInstanceUid === studyInstanceUid),
    presentations: presentations.filter(({ image }) => image.studyInstanceUid === studyInstanceUid),
  };
}
