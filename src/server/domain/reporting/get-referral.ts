import { ageAt } from "@overread/shared/dicom/age";
import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { audit } from "../audit/index.ts";
import { seriesOf } from "../reading/index.ts";
import type { GetReferral, KeyImage } from "./inputs.ts";
import { referralPolicy } from "./policy.ts";
import { type ReferralRow, selectReferrals, toReferralItem } from "./referral-rows.ts";
import type { Referral } from "./shapes.ts";
import { signedVersions } from "./signed-versions.ts";

/**
 * One study referred by the caller: its signed report, the rendered key images, and the identifiers to open it. No
 * unsigned text.
 *
 * @throws {DomainError} `study.not-found` (also for a study that another physician referred)
 */
export async function getReferral(ctx: Ctx<UserActor>, { studyId }: GetReferral): Promise<Referral> {
  const { actor, tx } = ctx;
  const [row] = await tx.$queryRaw<ReferralRow[]>`${selectReferrals(actor.userId)} WHERE s.id = ${studyId}::uuid`;
  if (!row) throw new DomainError("study.not-found");
  referralPolicy.authorize(actor, "referral.read", row);
  // A preliminary report goes to the hospital; a referring physician gets final reports only.
  const versions = (await signedVersions(ctx, studyId)).filter(({ kind }) => kind !== "preliminary");
  const own = (await seriesOf(ctx, [studyId])).get(studyId) ?? [];
  const newest = versions[0]?.version;
  if (newest !== undefined)
    await tx.$executeRaw`
      INSERT INTO referral_reading (study_ref, user_id, org_id, version) VALUES (${studyId}::uuid, ${actor.userId}::uuid, ${actor.orgId}::uuid, ${newest})
      ON CONFLICT (study_ref, user_id) DO UPDATE SET version = greatest(referral_reading.version, excluded.version), read_at = now()`;
  await audit(ctx, {
    action: "referral.read",
    orgId: row.orgId,
    patientRef: row.patientRef,
    studyRef: studyId,
    caseId: row.caseId,
    details: { version: newest ?? 0 },
  });
  const dicomwebRoot = `/dicomweb/${row.orgSlug}`;
  return {
    ...toReferralItem(row),
    ageAtStudy: ageAt({ birthDate: row.patientBirthDate }, row.studyDate),
    accessionNumber: row.accessionNumber,
    dicomwebRoot,
    versions: versions.map(({ deliveries: _, keyImages: __, ...version }) => ({
      ...version,
      pdfPath: version.documents.pdf === "stored" ? `/api/reports/${version.reportVersionId}/pdf` : null,
    })),
    // A report that is also of another study has key images of that one.
    keyImages: (versions[0]?.keyImages ?? [])
      .filter((image) => own.some((each) => each.seriesInstanceUid === image.seriesInstanceUid))
      .map((image) => ({
        ...image,
        renderedPath: renderedPath(`${dicomwebRoot}/studies/${row.studyInstanceUid}`, image),
      })),
    series: own,
  };
}

/** URL of a rendered frame in the window the reader chose (WADO-RS, PS3.18 §8.3.5.1.4, §10.4.1.1.3). */
function renderedPath(study: string, image: KeyImage): string {
  const frame = `${study}/series/${image.seriesInstanceUid}/instances/${image.sopInstanceUid}/frames/${image.frameNumber}/rendered`;
  if (image.windowCenter === undefined || image.windowWidth === undefined) return frame;
  return `${frame}?window=${image.windowCenter},${image.windowWidth},LINEAR`;
}
