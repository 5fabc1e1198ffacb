import type { DicomJson } from "@overread/shared/dicom/dicom-json";
import { personNameOf, stringOf } from "@overread/shared/dicom/dicom-json";
import { Tag } from "@overread/shared/dicom/tags";
import { DomainError } from "@overread/shared/errors";
import type { Ctx } from "#server/context.ts";
import { acquiredModalities } from "#server/domain/reading/index.ts";
import { identityFrom, leftOutOfIdentity } from "./dicom-modules.ts";
import type { DocumentUids, InstanceReference, KeyPicture, ReportSection, SignedReport } from "./signed-report.ts";

type VersionRow = {
  id: string;
  caseId: string;
  studyId: string;
  version: number;
  kind: "preliminary" | "final" | "addendum";
  language: string;
  sections: ReportSection[];
  keyImages: KeyImageRow[];
  sha256: string;
  name: string;
  personName: string;
  qualification: string;
  signedAt: Date;
  pdfSeries: string;
  pdf: string;
  srSeries: string;
  sr: string;
  kosSeries: string | null;
  kos: string | null;
};
type KeyImageRow = InstanceReference & {
  frameNumber: number;
  caption: string;
  windowCenter?: number;
  windowWidth?: number;
};
/** A key image whose picture is still to be made. */
type WantedPicture = Omit<KeyPicture, "jpeg"> & { windowCenter?: number; windowWidth?: number };
export type GatheredReport = Omit<SignedReport, "keyImages"> & {
  studyId: string;
  keyImages: WantedPicture[];
  /** Tags of the images that were not fit to be copied into our objects. */
  leftOut: string[];
};

/**
 * Reads everything that the documents of a signed version say, out of rows that never change: the version and those
 * before it, the images that were there when it was signed. Names of organisations are read as they are now.
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
  const original =
    versions.findLast(({ kind }) => kind === "final") ?? versions.findLast(({ kind }) => kind === "preliminary");
  if (!current || !original) throw new DomainError("report.not-found");
  const previous = versions.at(-2);

  const [place, image, evidence, comparisons] = [
    await placeOf(ctx, current),
    await firstImage(ctx, current.studyId),
    await imagesBefore(ctx, current),
    await priorsOf(ctx, current),
  ];
  const { frames, references } = evidence;
  return {
    studyId: current.studyId,
    version: current.version,
    kind: current.kind,
    language: current.language,
    sha256: current.sha256,
    signature: signatureOf(current),
    readingGroup: { name: place.readingGroup, letterhead: place.letterhead },
    hospital: { name: place.hospital },
    facility: { name: place.facility ?? place.hospital, timeZone: place.timeZone },
    identity: identityFrom(image),
    leftOut: leftOutOfIdentity(image),
    patient: {
      name: personNameOf(image, Tag.PatientName) ?? {},
      id: stringOf(image, Tag.PatientID) ?? "",
      issuer: stringOf(image, Tag.IssuerOfPatientID) ?? "",
      birthDate: stringOf(image, Tag.PatientBirthDate) ?? "",
      age: stringOf(image, Tag.PatientAge) ?? "",
      sex: stringOf(image, Tag.PatientSex) ?? "",
    },
    study: {
      studyInstanceUid: place.studyInstanceUid,
      date: stringOf(image, Tag.StudyDate) ?? "",
      time: stringOf(image, Tag.StudyTime) ?? "",
      accessionNumber: stringOf(image, Tag.AccessionNumber) ?? "",
      description: stringOf(image, Tag.StudyDescription) ?? "",
      modalities: place.modalities,
      referringPhysician: personNameOf(image, Tag.ReferringPhysicianName) ?? {},
    },
    sections: current.sections.filter((section) => !isAddendum(section)),
    reportSignature: signatureOf(original),
    addenda: addendaOf(versions),
    comparisons,
    keyImages: current.keyImages.map((key) => ({ ...key, numberOfFrames: frames.get(key.sopInstanceUid) ?? 1 })),
    evidence: references,
    uids: uidsOf(current),
    predecessor: previous ? uidsOf(previous) : null,
  };
}

async function versionsUpTo({ tx }: Ctx, reportVersionId: string): Promise<VersionRow[]> {
  return tx.$queryRaw<VersionRow[]>`
    SELECT v.id, v.case_id AS "caseId", v.study_ref AS "studyId", v.version, v.kind::text, v.language, v.sections, v.key_images AS "keyImages", v.sha256,
      v.signed_by_name AS name, v.signed_by_person_name AS "personName", v.signed_by_qualification AS qualification, v.signed_at AS "signedAt",
      v.pdf_series_instance_uid AS "pdfSeries", v.pdf_sop_instance_uid AS pdf, v.sr_series_instance_uid AS "srSeries", v.sr_sop_instance_uid AS sr,
      v.kos_series_instance_uid AS "kosSeries", v.kos_sop_instance_uid AS kos
    FROM report_version w JOIN report_version v ON v.case_id = w.case_id AND v.version <= w.version
    WHERE w.id = ${reportVersionId}::uuid ORDER BY v.version`;
}

type Place = {
  studyInstanceUid: string;
  modalities: string[];
  hospital: string;
  facility: string | null;
  timeZone: string;
  readingGroup: string;
  letterhead: string[];
};

async function placeOf({ tx }: Ctx, version: VersionRow): Promise<Place> {
  const [row] = await tx.$queryRaw<Place[]>`
    SELECT s.study_instance_uid AS "studyInstanceUid", ${acquiredModalities} AS modalities, h.name AS hospital, f.name AS facility,
      coalesce(f.time_zone, h.time_zone) AS "timeZone", g.name AS "readingGroup", g.letterhead
    FROM report_version v JOIN study s ON s.id = v.study_ref JOIN organization h ON h.id = v.org_id
      JOIN organization g ON g.id = v.reader_org_id LEFT JOIN facility f ON f.id = s.facility_id
    WHERE v.id = ${version.id}::uuid`;
  if (!row) throw new DomainError("report.not-found");
  return row;
}

/** The image whose patient and study attributes the documents carry: the first that came, at every retry the same. */
async function firstImage({ tx }: Ctx, studyId: string): Promise<DicomJson> {
  const [row] = await tx.$queryRaw<{ metadata: string }[]>`
    SELECT metadata FROM instance WHERE study_ref = ${studyId}::uuid AND status = 'stored' AND source <> ${documentSource} ORDER BY id LIMIT 1`;
  if (!row) throw new DomainError("instance.not-found");
  return JSON.parse(row.metadata) as DicomJson;
}

/** How the archive knows a document of ours from what the hospital sent. */
export const documentSource = "report";

async function imagesBefore(
  { tx }: Pick<Ctx, "tx">,
  { studyId, signedAt }: Pick<VersionRow, "studyId" | "signedAt">,
): Promise<{ references: InstanceReference[]; frames: Map<string, number> }> {
  const rows = await tx.$queryRaw<(InstanceReference & { frames: number })[]>`
    SELECT s.series_instance_uid AS "seriesInstanceUid", i.sop_instance_uid AS "sopInstanceUid", i.sop_class_uid AS "sopClassUid", i.number_of_frames AS frames
    FROM instance i JOIN series s ON s.id = i.series_ref
    WHERE i.study_ref = ${studyId}::uuid AND i.status = 'stored' AND i.source <> ${documentSource} AND i.received_at <= ${signedAt}
    ORDER BY s.series_number NULLS LAST, s.id, i.instance_number NULLS LAST, i.id`;
  return {
    references: rows.map(({ frames: _, ...reference }) => reference),
    frames: new Map(rows.map((row) => [row.sopInstanceUid, row.frames])),
  };
}

/**
 * The earlier studies that were at hand when it was signed, with their images: of the same patient, or taken for it by
 * a reader of this case.
 */
async function priorsOf({ tx }: Ctx, { caseId, signedAt }: VersionRow): Promise<SignedReport["comparisons"]> {
  const studies = await tx.$queryRaw<(Omit<SignedReport["comparisons"][number], "evidence"> & { studyId: string })[]>`
    SELECT s.id AS "studyId", s.study_instance_uid AS "studyInstanceUid", s.study_date AS date, s.study_description AS description,
      ${acquiredModalities} AS modalities
    FROM case_prior p JOIN study s ON s.id = p.study_ref
    WHERE p.case_id = ${caseId}::uuid AND (p.identity = 'agrees' OR p.accepted_at <= ${signedAt}) AND s.first_received_at <= ${signedAt}
    ORDER BY p.relevance DESC, s.study_date DESC, s.id LIMIT 6`;
  const priors: SignedReport["comparisons"] = [];
  for (const { studyId, ...study } of studies)
    priors.push({ ...study, evidence: (await imagesBefore({ tx }, { studyId, signedAt })).references });
  return priors;
}

/** Its own words, and what the product says in it of the patient. */
const isAddendum = ({ key }: ReportSection) => /^(identity-)?addendum-\d+$/.test(key);

/** A version carries all addenda so far; who signed each is known from the version that brought it. */
function addendaOf(versions: VersionRow[]): SignedReport["addenda"] {
  const known = new Set<string>();
  let number = 0;
  return versions.flatMap((version) => {
    const sections = version.sections.filter((section) => isAddendum(section) && !known.has(section.key));
    if (sections.length === 0) return [];
    for (const { key } of sections) known.add(key);
    number++;
    return [{ number, sections, signature: signatureOf(version) }];
  });
}

function signatureOf({ name, personName, qualification, signedAt }: VersionRow): SignedReport["signature"] {
  return { name, personName, qualification, at: signedAt };
}

function uidsOf(v: VersionRow): DocumentUids {
  return {
    pdf: { seriesInstanceUid: v.pdfSeries, sopInstanceUid: v.pdf },
    sr: { seriesInstanceUid: v.srSeries, sopInstanceUid: v.sr },
    kos: v.kosSeries && v.kos ? { seriesInstanceUid: v.kosSeries, sopInstanceUid: v.kos } : null,
  };
}
