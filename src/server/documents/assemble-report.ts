import { personNameOf, stringOf } from "@overread/shared/dicom/dicom-json";
import { Tag } from "@overread/shared/dicom/tags";
import { DomainError } from "@overread/shared/errors";
import type { ImageReference } from "#server/domain/imaging/index.ts";
import type { GatheredReport, SignedVersionRow } from "#server/domain/reporting/index.ts";
import { identityFrom, omittedIdentityTags } from "./dicom-modules.ts";
import type { InstanceReference } from "./instance-reference.ts";
import { signedMarkup } from "./signed-markup.ts";
import type { DocumentUids, KeyPicture, ReportSection, SignedReport } from "./signed-report.ts";

/** A key image that is not rendered yet. */
type WantedPicture = Omit<KeyPicture, "jpeg"> & { studyId: string };
/** Everything in the documents but the key images, which the archive renders. */
export type ReportWithoutPictures = Omit<SignedReport, "keyImages"> & {
  studyId: string;
  keyImages: WantedPicture[];
  /** Tags of image attributes that were not valid enough to be copied into our objects. */
  leftOut: string[];
};

/**
 * Assembles the content of a signed version's documents from `gatherReport`. Pure: the same rows give the same report.
 *
 * @throws {DomainError} `report.not-found` (a version without a signed report before it)
 */
export function assembleReport({
  versions,
  place,
  image,
  images,
  marked,
  others,
  priors,
}: GatheredReport): ReportWithoutPictures {
  const current = versions.at(-1);
  const original =
    versions.findLast(({ kind }) => kind === "final") ?? versions.findLast(({ kind }) => kind === "preliminary");
  if (!current || !original) throw new DomainError("report.not-found");
  const previous = versions.at(-2);
  const own = { studyId: current.studyId, studyInstanceUid: place.studyInstanceUid };
  const ofReport = new Map(
    [{ ...own, images }, ...others.map((each) => ({ ...each, studyId: each.version.studyId }))].flatMap(
      ({ studyId, studyInstanceUid, images: all }) =>
        all.map(({ sopInstanceUid, numberOfFrames }) => [
          sopInstanceUid,
          { studyId, studyInstanceUid, numberOfFrames },
        ]),
    ),
  );
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
    leftOut: omittedIdentityTags(image),
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
    coReaders: original.coReaders.map(({ signedAt, ...reader }) => ({ ...reader, at: new Date(signedAt) })),
    addenda: addendaOf(versions),
    comparisons: priors.map(({ studyId: _, images: evidence, ...study }) => ({
      ...study,
      evidence: evidence.map(toReference),
    })),
    keyImages: current.keyImages.map((key) => ({
      ...key,
      ...(ofReport.get(key.sopInstanceUid) ?? { ...own, numberOfFrames: 1 }),
    })),
    evidence: images.map(toReference),
    markup: signedMarkup(current, images, marked),
    others: others.map((other) => ({
      studyInstanceUid: other.studyInstanceUid,
      study: {
        studyInstanceUid: other.studyInstanceUid,
        accessionNumber: stringOf(other.image, Tag.AccessionNumber) ?? "",
        description: stringOf(other.image, Tag.StudyDescription) ?? "",
      },
      evidence: other.images.map(toReference),
      uids: uidsOf(other.version),
    })),
    uids: uidsOf(current),
    predecessor: previous ? uidsOf(previous) : null,
  };
}

const toReference = ({ numberOfFrames: _, ...reference }: ImageReference): InstanceReference => reference;

/** The addendum's text, and statements that the product adds about the patient. */
const isAddendum = ({ key }: ReportSection) => /^(identity-)?addendum-\d+$/.test(key);

/** A version contains all addenda so far; who signed each is known from the version that added it. */
function addendaOf(versions: SignedVersionRow[]): SignedReport["addenda"] {
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

function signatureOf({ name, personName, qualification, signedAt }: SignedVersionRow): SignedReport["signature"] {
  return { name, personName, qualification, at: signedAt };
}

function uidsOf(v: SignedVersionRow): DocumentUids {
  return {
    pdf: { seriesInstanceUid: v.pdfSeries, sopInstanceUid: v.pdf },
    sr: { seriesInstanceUid: v.srSeries, sopInstanceUid: v.sr },
    kos: v.kosSeries && v.kos ? { seriesInstanceUid: v.kosSeries, sopInstanceUid: v.kos } : null,
  };
}
