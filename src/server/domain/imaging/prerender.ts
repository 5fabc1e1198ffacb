import { isReadable } from "@overread/shared/dicom/character-set";
import {
  type DicomElement,
  type DicomJson,
  numberOf,
  personNameOf,
  sequenceOf,
  stringOf,
} from "@overread/shared/dicom/dicom-json";
import { normalisePersonName } from "@overread/shared/dicom/person-name";
import { Tag } from "@overread/shared/dicom/tags";

/** Stands for the DICOMweb root in stored JSON; the root depends on the request. */
export const rootPlaceholder = "overread:";

/** Study attributes in QIDO answers, copied from the images (PS3.18 Table 10.6.3-3). */
const studyTags = [
  Tag.StudyDate,
  Tag.StudyTime,
  Tag.AccessionNumber,
  Tag.InstitutionName,
  Tag.ReferringPhysicianName,
  Tag.TimezoneOffsetFromUTC,
  Tag.StudyDescription,
  Tag.PatientName,
  Tag.PatientID,
  Tag.IssuerOfPatientID,
  Tag.PatientBirthDate,
  Tag.PatientSex,
  Tag.PatientAge,
  Tag.StudyInstanceUID,
  Tag.StudyID,
];
/** Series attributes (Table 10.6.3-4), and those a viewer's series list needs. */
const seriesTags = [
  Tag.SeriesDate,
  Tag.SeriesTime,
  Tag.Modality,
  Tag.SeriesDescription,
  Tag.Manufacturer,
  Tag.ManufacturerModelName,
  Tag.BodyPartExamined,
  Tag.ProtocolName,
  Tag.SeriesInstanceUID,
  Tag.SeriesNumber,
  Tag.FrameOfReferenceUID,
  Tag.Laterality,
  Tag.PerformedProcedureStepStartDate,
  Tag.PerformedProcedureStepStartTime,
  Tag.RequestAttributesSequence,
];
/** Instance attributes (Table 10.6.3-5). */
const instanceTags = [
  Tag.ImageType,
  Tag.SOPClassUID,
  Tag.SOPInstanceUID,
  Tag.AcquisitionDate,
  Tag.ContentDate,
  Tag.AcquisitionTime,
  Tag.ContentTime,
  Tag.InstanceCreationDate,
  Tag.InstanceCreationTime,
  Tag.InstanceNumber,
  Tag.AcquisitionNumber,
  Tag.SamplesPerPixel,
  Tag.PhotometricInterpretation,
  Tag.NumberOfFrames,
  Tag.Rows,
  Tag.Columns,
  Tag.BitsAllocated,
  Tag.DocumentTitle,
  Tag.ConceptNameCodeSequence,
  Tag.CompletionFlag,
  Tag.VerificationFlag,
];

/** The attributes allowed in a prepared answer of each level. */
export const levelTags = {
  study: [
    ...studyTags,
    Tag.SpecificCharacterSet,
    Tag.InstanceAvailability,
    Tag.ModalitiesInStudy,
    Tag.RetrieveURL,
    Tag.NumberOfStudyRelatedSeries,
    Tag.NumberOfStudyRelatedInstances,
  ],
  series: [...seriesTags, Tag.NumberOfSeriesRelatedInstances],
  instance: [...instanceTags, Tag.AvailableTransferSyntaxUID],
} as const satisfies Record<string, readonly string[]> as Record<"study" | "series" | "instance", readonly string[]>;

function pick(dataset: DicomJson, tags: readonly string[]): DicomJson {
  const picked: DicomJson = {};
  for (const tag of tags) {
    const element = dataset[tag];
    if (element && !element.BulkDataURI) picked[tag] = element;
  }
  return picked;
}

const one = (vr: string, value: string | number): DicomElement => ({ vr, Value: [value] });

/** Tags in order, as a data set has them. */
export function sortTags(dataset: DicomJson): DicomJson {
  return Object.fromEntries(Object.entries(dataset).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export type StudyCounts = {
  studyInstanceUid: string;
  modalities: string[];
  numberOfSeries: number;
  numberOfInstances: number;
};

/** The study-level answer. `base` is the first image's data set or the previous answer. */
export function studyJson(base: DicomJson, counts: StudyCounts): string {
  return JSON.stringify(
    sortTags({
      ...pick(base, studyTags),
      [Tag.SpecificCharacterSet]: one("CS", "ISO_IR 192"),
      [Tag.InstanceAvailability]: one("CS", "ONLINE"),
      // Unknown attributes are omitted: some clients fail on an attribute without values.
      ...(counts.modalities.length > 0 ? { [Tag.ModalitiesInStudy]: { vr: "CS", Value: counts.modalities } } : {}),
      [Tag.RetrieveURL]: one("UR", `${rootPlaceholder}/studies/${counts.studyInstanceUid}`),
      [Tag.NumberOfStudyRelatedSeries]: one("IS", counts.numberOfSeries),
      [Tag.NumberOfStudyRelatedInstances]: one("IS", counts.numberOfInstances),
    }),
  );
}

export function seriesJson(
  base: DicomJson,
  uids: { study: string; series: string },
  numberOfInstances: number,
): string {
  return JSON.stringify(
    sortTags({
      ...pick(base, seriesTags),
      [Tag.SpecificCharacterSet]: one("CS", "ISO_IR 192"),
      [Tag.InstanceAvailability]: one("CS", "ONLINE"),
      [Tag.RetrieveURL]: one("UR", `${rootPlaceholder}/studies/${uids.study}/series/${uids.series}`),
      [Tag.StudyInstanceUID]: one("UI", uids.study),
      [Tag.NumberOfSeriesRelatedInstances]: one("IS", numberOfInstances),
    }),
  );
}

export function instanceJson(dataset: DicomJson, transferSyntaxUid: string): string {
  const uid = (tag: string): string => stringOf(dataset, tag) ?? "";
  const path = `/studies/${uid(Tag.StudyInstanceUID)}/series/${uid(Tag.SeriesInstanceUID)}/instances/${uid(Tag.SOPInstanceUID)}`;
  return JSON.stringify(
    sortTags({
      ...pick(dataset, instanceTags),
      [Tag.SpecificCharacterSet]: one("CS", "ISO_IR 192"),
      [Tag.InstanceAvailability]: one("CS", "ONLINE"),
      [Tag.RetrieveURL]: one("UR", `${rootPlaceholder}${path}`),
      [Tag.AvailableTransferSyntaxUID]: one("UI", transferSyntaxUid),
      [Tag.StudyInstanceUID]: one("UI", uid(Tag.StudyInstanceUID)),
      [Tag.SeriesInstanceUID]: one("UI", uid(Tag.SeriesInstanceUID)),
    }),
  );
}

/**
 * A column's text: without NUL, which Postgres refuses, and short enough for an index. Values longer than their VR
 * allows come from broken or hostile senders; the data set keeps them in full.
 */
function text(value: string | undefined, limit = 256): string {
  return (value ?? "").replaceAll("\0", "").slice(0, limit);
}

/** All representations of a name, `alphabetic=ideographic=phonetic`. */
function nameText(dataset: DicomJson, tag: string): string {
  const name = personNameOf(dataset, tag);
  if (!name) return "";
  return text([name.alphabetic, name.ideographic ?? "", name.phonetic ?? ""].join("=").replace(/=+$/, ""), 512);
}

/**
 * The text for name searches: each representation normalised and terminated by `=`, so that a whole one can be matched.
 */
function nameSearchKey(dataset: DicomJson, tag: string): string {
  const name = personNameOf(dataset, tag);
  if (!name) return "";
  const keys = [name.alphabetic, name.ideographic ?? "", name.phonetic ?? ""].map((group) =>
    normalisePersonName({ alphabetic: group }).slice(0, 160),
  );
  return keys.every((key) => key === "") ? "" : text(`${keys.join("=").replace(/=+$/, "")}=`, 500);
}

/**
 * The key by which the referring physician's account is found; empty where a study names nobody. A name with
 * undecodable or lost characters (`?`) matches nobody, since the rest of it may be another person's name.
 */
function referrerKey(name: string): string {
  if (!isReadable(name) || name.includes("?")) return "?";
  return normalisePersonName(name);
}

/** The columns of patient and study taken from an image. */
export function studyColumns(dataset: DicomJson) {
  const requests = sequenceOf(dataset, Tag.RequestAttributesSequence)[0] ?? {};
  return {
    patientId: text(stringOf(dataset, Tag.PatientID)),
    issuer: text(stringOf(dataset, Tag.IssuerOfPatientID)),
    patientName: nameText(dataset, Tag.PatientName),
    patientNameSearch: nameSearchKey(dataset, Tag.PatientName),
    patientBirthDate: text(stringOf(dataset, Tag.PatientBirthDate), 16),
    patientSex: text(stringOf(dataset, Tag.PatientSex), 16),
    accessionNumber: text(stringOf(dataset, Tag.AccessionNumber)),
    dicomStudyId: text(stringOf(dataset, Tag.StudyID)),
    // ACR-NEMA dates look like 1993.08.22; a range search needs one format.
    studyDate: text(stringOf(dataset, Tag.StudyDate), 16).replaceAll(".", ""),
    studyTime: text(stringOf(dataset, Tag.StudyTime), 16).replaceAll(":", ""),
    studyDescription: text(stringOf(dataset, Tag.StudyDescription)),
    referringPhysicianName: nameText(dataset, Tag.ReferringPhysicianName),
    referrerKey: referrerKey(nameText(dataset, Tag.ReferringPhysicianName)),
    requestedPriority: text(
      stringOf(dataset, Tag.RequestedProcedurePriority) ?? stringOf(requests, Tag.RequestedProcedurePriority),
      32,
    ),
  };
}

/** The columns of a series taken from an image. */
export function seriesColumns(dataset: DicomJson) {
  return {
    modality: text(stringOf(dataset, Tag.Modality), 16),
    seriesNumber: int32(numberOf(dataset, Tag.SeriesNumber)),
    seriesDescription: text(stringOf(dataset, Tag.SeriesDescription)),
    bodyPartExamined: text(stringOf(dataset, Tag.BodyPartExamined), 64),
  };
}

/** A whole number that fits its column, else null. */
export function int32(value: number | undefined): number | null {
  return value !== undefined && Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? value : null;
}
