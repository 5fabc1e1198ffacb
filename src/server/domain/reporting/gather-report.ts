import type { DicomJson } from "@overread/shared/dicom/dicom-json";
import { DomainError } from "@overread/shared/errors";
import type { Markup } from "@overread/shared/measurements/markup";
import { imageOf } from "@overread/shared/measurements/measurement";
import type { Ctx } from "#server/context.ts";
import type { ReportKind } from "#server/db/generated/enums.ts";
import { firstImageMetadata, type ImageReference, imageMetadata, imagesReceivedBy } from "../imaging/index.ts";
import { acquiredModalities, type PriorWhenSigned, priorsWhenSigned, readTogether } from "../reading/index.ts";
import type { CoReader } from "./double-reading.ts";
import type { KeyImage, Section } from "./inputs.ts";
import { reportPolicy } from "./policy.ts";

/** A signed version as stored. The UIDs of its documents were fixed at signing. */
export type SignedVersionRow = {
  id: string;
  orgId: string;
  readerOrgId: string;
  caseId: string;
  studyId: string;
  version: number;
  kind: ReportKind;
  /** RFC 5646; empty: nobody has said. */
  language: string;
  sections: Section[];
  keyImages: KeyImage[];
  markup: Markup;
  /** Of the canonical text; lower-case hex. */
  sha256: string;
  name: string;
  /** Who signed, as PN. */
  personName: string;
  qualification: string;
  signedAt: Date;
  coReaders: CoReader[];
  pdfSeries: string;
  pdf: string;
  srSeries: string;
  sr: string;
  /** Null without key images. */
  kosSeries: string | null;
  kos: string | null;
};

/** The data of the documents of one signed version, from the database. */
export type GatheredReport = {
  /** Oldest first; the last is the version itself. */
  versions: SignedVersionRow[];
  place: ReportPlace;
  /** Attributes of the image from which patient and study are copied. */
  image: DicomJson;
  /** The images of the study at the time of signing, in reading order. */
  images: ImageReference[];
  /** Attributes of the images that were drawn on or are key images, by SOP Instance UID. */
  marked: Map<string, DicomJson>;
  /** The further studies that the version is of, with the same version of theirs; empty: none. */
  others: { version: SignedVersionRow; studyInstanceUid: string; image: DicomJson; images: ImageReference[] }[];
  priors: (PriorWhenSigned & { images: ImageReference[] })[];
};
type ReportPlace = {
  studyInstanceUid: string;
  modalities: string[];
  hospital: string;
  facility: string | null;
  /** IANA zone of the facility, or of its hospital. */
  timeZone: string;
  readingGroup: string;
  letterhead: string[];
};

/**
 * Reads the data for the documents of a signed version from rows that never change: the version and its predecessors,
 * and the images that existed when it was signed. Names of organisations are the current ones.
 *
 * @param ctx in the hospital's tenant, as the product itself.
 * @throws {DomainError} `report.not-found`, `instance.not-found` (no image of the study is left)
 */
export async function gatherReport(
  ctx: Ctx,
  { reportVersionId }: { reportVersionId: string },
): Promise<GatheredReport> {
  const versions = await versionsUpTo(ctx, reportVersionId);
  const current = versions.at(-1);
  if (!current) throw new DomainError("report.not-found");
  reportPolicy.authorize(ctx.actor, "report.store-documents", current);
  const { caseId, studyId, signedAt: at } = current;
  const place = await placeOf(ctx, current);
  const image = await firstImageMetadata(ctx, { studyId });
  const images = await imagesReceivedBy(ctx, { studyId, at });
  const together = await readTogether(ctx, caseId);
  const others: GatheredReport["others"] = [];
  for (const { caseId: other, studyRef, studyInstanceUid } of together.filter((each) => each.caseId !== caseId)) {
    const version = (await versionsOf(ctx, other)).find((each) => each.version === current.version);
    if (!version) throw new DomainError("report.not-found");
    others.push({
      version,
      studyInstanceUid,
      image: await firstImageMetadata(ctx, { studyId: studyRef }),
      images: await imagesReceivedBy(ctx, { studyId: studyRef, at }),
    });
  }
  const priors: GatheredReport["priors"] = [];
  // One report compares with the same studies wherever it is stored, and with none of its own.
  for (const prior of await priorsWhenSigned(ctx, { caseId: together[0]?.caseId ?? caseId, at }))
    if (!together.some(({ studyRef }) => studyRef === prior.studyId))
      priors.push({ ...prior, images: await imagesReceivedBy(ctx, { studyId: prior.studyId, at }) });
  const marked = await imageMetadata(ctx, { studyId, sopInstanceUids: imagesMarkedIn(current) });
  return { versions, place, image, images, marked, others, priors };
}

function imagesMarkedIn({ markup, keyImages }: SignedVersionRow): string[] {
  return [...new Set([...markup.measurements.map(imageOf), ...keyImages].map(({ sopInstanceUid }) => sopInstanceUid))];
}

async function versionsUpTo(ctx: Ctx, reportVersionId: string): Promise<SignedVersionRow[]> {
  const [own] = await ctx.tx.$queryRaw<{ caseId: string; version: number }[]>`
    SELECT case_id AS "caseId", version FROM report_version WHERE id = ${reportVersionId}::uuid`;
  return own ? (await versionsOf(ctx, own.caseId)).filter(({ version }) => version <= own.version) : [];
}

/** Oldest first. */
async function versionsOf({ tx }: Ctx, caseId: string): Promise<SignedVersionRow[]> {
  return tx.$queryRaw<SignedVersionRow[]>`
    SELECT v.id, v.org_id AS "orgId", v.reader_org_id AS "readerOrgId", v.case_id AS "caseId", v.study_ref AS "studyId", v.version, v.kind::text,
      v.language, v.sections, v.key_images AS "keyImages", v.markup, v.sha256,
      v.signed_by_name AS name, v.signed_by_person_name AS "personName", v.signed_by_qualification AS qualification, v.signed_at AS "signedAt",
      v.co_readers AS "coReaders", v.pdf_series_instance_uid AS "pdfSeries", v.pdf_sop_instance_uid AS pdf, v.sr_series_instance_uid AS "srSeries", v.sr_sop_instance_uid AS sr,
      v.kos_series_instance_uid AS "kosSeries", v.kos_sop_instance_uid AS kos
    FROM report_version v WHERE v.case_id = ${caseId}::uuid ORDER BY v.version`;
}

async function placeOf({ tx }: Ctx, version: SignedVersionRow): Promise<ReportPlace> {
  const [row] = await tx.$queryRaw<ReportPlace[]>`
    SELECT s.study_instance_uid AS "studyInstanceUid", ${acquiredModalities} AS modalities, h.name AS hospital, f.name AS facility,
      coalesce(f.time_zone, h.time_zone) AS "timeZone", g.name AS "readingGroup", g.letterhead
    FROM report_version v JOIN study s ON s.id = v.study_ref JOIN organization h ON h.id = v.org_id
      JOIN organization g ON g.id = v.reader_org_id LEFT JOIN facility f ON f.id = s.facility_id
    WHERE v.id = ${version.id}::uuid`;
  if (!row) throw new DomainError("report.not-found");
  return row;
}
