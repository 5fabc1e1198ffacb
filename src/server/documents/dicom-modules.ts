import { code, dataSet, type WritableDataSet } from "@overread/shared/dicom/build";
import { textDecoderFor, textEncoderFor } from "@overread/shared/dicom/character-set";
import { dicomMoment } from "@overread/shared/dicom/dates";
import type { DicomElement, DicomJson } from "@overread/shared/dicom/dicom-json";
import { SOP } from "@overread/shared/dicom/sop-classes";
import { Tag } from "@overread/shared/dicom/tags";
import { TS } from "@overread/shared/dicom/transfer-syntaxes";
import { encodePart10 } from "@overread/shared/dicom/write";
import type { InstanceReference } from "./instance-reference.ts";
import type { SignedReport } from "./signed-report.ts";
import { validPart } from "./valid-element.ts";

/** Modules that our three kinds of object share (PS3.3 Annex C). */

/**
 * Patient, Patient Study and General Study attributes that are copied from an image (PS3.3 C.7.1.1, C.7.2.1, C.7.2.2).
 */
const identityTags = [
  [
    Tag.StudyDate,
    Tag.StudyTime,
    Tag.AccessionNumber,
    Tag.IssuerOfAccessionNumberSequence,
    Tag.ReferringPhysicianName,
    Tag.StudyDescription,
    Tag.ProcedureCodeSequence,
    Tag.PhysiciansOfRecord,
    Tag.NameOfPhysiciansReadingStudy,
  ],
  [
    Tag.PatientName,
    Tag.PatientID,
    Tag.IssuerOfPatientID,
    Tag.IssuerOfPatientIDQualifiersSequence,
    Tag.PatientBirthDate,
    Tag.PatientBirthTime,
    Tag.PatientSex,
    Tag.OtherPatientIDs,
    Tag.OtherPatientNames,
  ],
  [Tag.PatientAge, Tag.PatientSize, Tag.PatientWeight, Tag.EthnicGroup, Tag.StudyInstanceUID, Tag.StudyID],
].flat();
/** Those of type 2: present even when unknown. */
const requiredIdentity: Record<string, string> = {
  [Tag.StudyDate]: "DA",
  [Tag.StudyTime]: "TM",
  [Tag.AccessionNumber]: "SH",
  [Tag.ReferringPhysicianName]: "PN",
  [Tag.PatientName]: "PN",
  [Tag.PatientID]: "LO",
  [Tag.PatientBirthDate]: "DA",
  [Tag.PatientSex]: "CS",
  [Tag.StudyID]: "SH",
};

/** By these a PACS files the object, so they are copied exactly as the images have them. */
const filedBy = new Set<string>([Tag.PatientName, Tag.PatientID, Tag.StudyInstanceUID]);

/** The patient and study attributes of an image's data set. Values that are invalid for their VR are omitted. */
export function identityFrom(image: DicomJson): DicomJson {
  const identity: DicomJson = {};
  for (const tag of identityTags) {
    const element = copied(image, tag);
    if (element) identity[tag] = element;
    else if (requiredIdentity[tag]) identity[tag] = { vr: requiredIdentity[tag] };
  }
  return identity;
}

/** Tags that {@link identityFrom} omitted, in whole or in part, for the audit event of creating the documents. */
export function omittedIdentityTags(image: DicomJson): string[] {
  return identityTags.filter((tag) => {
    const [element, kept] = [image[tag], copied(image, tag)];
    return element?.Value !== undefined && element.Value.length !== kept?.Value?.length;
  });
}

function copied(image: DicomJson, tag: string): DicomElement | null {
  const element = image[tag];
  if (!element || element.BulkDataURI) return null;
  return filedBy.has(tag) ? element : validPart(tag, element);
}

/** SOP Common, equipment and content date: the time of signing, however late the object is made. */
export function commonModules(report: SignedReport, sop: { sopClassUid: string; sopInstanceUid: string }) {
  const { date, time } = dicomMoment(report.signature.at, report.facility.timeZone);
  return dataSet({
    SOPClassUID: sop.sopClassUid,
    SOPInstanceUID: sop.sopInstanceUid,
    InstanceCreationDate: date,
    InstanceCreationTime: time,
    Manufacturer: "Overread",
    ManufacturerModelName: "Overread",
    SoftwareVersions: "1",
    InstitutionName: truncated(report.readingGroup.name, 64),
    ContentDate: date,
    ContentTime: time,
    InstanceNumber: report.version,
  });
}

/** Series numbers of report objects: far above those of modalities. */
export const seriesNumbers = { pdf: 9901, sr: 9902, kos: 9903, measurements: 9904, presentation: 9905 } as const;

export function seriesModule(
  modality: "DOC" | "SR" | "KO" | "PR",
  seriesInstanceUid: string,
  seriesNumber: number,
  description: string,
): WritableDataSet {
  return dataSet({
    Modality: modality,
    SeriesInstanceUID: seriesInstanceUid,
    SeriesNumber: seriesNumber,
    SeriesDescription: description,
  });
}

/** Instances by study and series, for SOP Instance Reference macros (PS3.3 C.17.2.1). */
export function referencedStudy(studyInstanceUid: string, instances: InstanceReference[]): WritableDataSet {
  const bySeries = Map.groupBy(instances, (instance) => instance.seriesInstanceUid);
  return dataSet({
    StudyInstanceUID: studyInstanceUid,
    ReferencedSeriesSequence: [...bySeries].map(([seriesInstanceUid, members]) =>
      dataSet({ SeriesInstanceUID: seriesInstanceUid, ReferencedSOPSequence: members.map(referencedSop) }),
    ),
  });
}

export function referencedSop({ sopClassUid, sopInstanceUid }: { sopClassUid: string; sopInstanceUid: string }) {
  return dataSet({ ReferencedSOPClassUID: sopClassUid, ReferencedSOPInstanceUID: sopInstanceUid });
}

/**
 * The images of each study that the report is of, its own first. Key images are evidence too, also one that arrived after the others.
 *
 * @param which of them.
 */
export function evidenceByStudy(report: SignedReport, which: "all" | "key-images" = "all"): WritableDataSet[] {
  const own = { studyInstanceUid: report.study.studyInstanceUid, evidence: report.evidence };
  return [own, ...report.others].flatMap(({ studyInstanceUid, evidence }) => {
    const keys = report.keyImages.filter((image) => image.studyInstanceUid === studyInstanceUid);
    const of = which === "key-images" ? keys : [...evidence, ...keys];
    // Two frames of one object are one reference.
    const distinct = [...new Map(of.map((instance) => [instance.sopInstanceUid, instance])).values()];
    return distinct.length > 0 ? [referencedStudy(studyInstanceUid, distinct)] : [];
  });
}

/**
 * Of a report that is stored in several studies: its duplicates in the others, and what it was requested as, an item for each study (PS3.3 C.17.2.2,
 * C.17.6.2).
 */
export function duplicatesModule(report: SignedReport, kind: "sr" | "kos"): WritableDataSet {
  const sopClassUid = kind === "sr" ? SOP.basicTextSr : SOP.keyObjectSelection;
  const duplicates = report.others.flatMap(({ studyInstanceUid, uids }) => {
    const object = uids[kind];
    return object ? [referencedStudy(studyInstanceUid, [{ ...object, sopClassUid }])] : [];
  });
  if (duplicates.length === 0) return {};
  return dataSet({
    IdenticalDocumentsSequence: duplicates,
    ReferencedRequestSequence: [report.study, ...report.others.map(({ study }) => study)].map(
      ({ studyInstanceUid, accessionNumber, description }) =>
        dataSet({
          StudyInstanceUID: studyInstanceUid,
          ReferencedStudySequence: [],
          AccessionNumber: accessionNumber,
          PlacerOrderNumberImagingServiceRequest: null,
          FillerOrderNumberImagingServiceRequest: null,
          RequestedProcedureID: null,
          RequestedProcedureDescription: description || null,
          RequestedProcedureCodeSequence: [],
        }),
    ),
  });
}

/** The same object of the previous version (PS3.3 C.17.2: a correction or addendum references its predecessor). */
export function predecessorModule(report: SignedReport, kind: "pdf" | "sr"): WritableDataSet {
  const earlier = report.predecessor?.[kind];
  if (!earlier) return {};
  const sopClassUid = kind === "pdf" ? SOP.encapsulatedPdf : SOP.basicTextSr;
  const study = referencedStudy(report.study.studyInstanceUid, [{ ...earlier, sopClassUid }]);
  return dataSet({ PredecessorDocumentsSequence: [study] });
}

/** Diagnostic imaging report, of any modality. */
export const reportTitle = () => code("18748-4", "LN", "Diagnostic imaging report");

/** A key image: the frame is given only where there are several (PS3.3 C.17.3, Table 10-3). */
export function imageItem(image: SignedReport["keyImages"][number], relationship: string): WritableDataSet {
  return dataSet({
    RelationshipType: relationship,
    ValueType: "IMAGE",
    ReferencedSOPSequence: [
      {
        ...referencedSop(image),
        ...dataSet({ ReferencedFrameNumber: image.numberOfFrames > 1 ? image.frameNumber : undefined }),
      },
    ],
  });
}

/** A value truncated to its VR's length, at a whole character. */
export function truncated(text: string, characters: number): string {
  return [...text].slice(0, characters).join("");
}

/**
 * The object as a file, in the character set of the study's images if that can encode every text in it, otherwise in
 * UTF-8. Software that compares bytes would take the same name in another encoding for another patient (PS3.3
 * C.12.1.1.2).
 */
export function part10(
  dataset: WritableDataSet,
  characterSet = utf8,
  transferSyntaxUid: string = TS.explicitLittleEndian,
): Buffer {
  const specificCharacterSet = carries(characterSet, dataset) ? characterSet : utf8;
  return encodePart10({ dataset, transferSyntaxUid, specificCharacterSet });
}

const utf8 = "ISO_IR 192";

/** Defined terms of Specific Character Set (PS3.3 C.12.1.1.2); other spellings by modalities are only read. */
const definedTerm =
  /^(?:|ISO_IR (?:13|100|101|109|110|126|127|138|144|148|166|192|203)|GB18030|GBK|ISO 2022 IR (?:6|13|58|87|100|101|109|110|126|127|138|144|148|149|159|166|203))$/;

function carries(characterSet: string, dataset: WritableDataSet): boolean {
  const terms = characterSet.split("\\");
  if (!terms.every((term) => definedTerm.test(term))) return false;
  const [encode, decode] = [textEncoderFor(terms), textDecoderFor(terms)];
  return textsIn(dataset).every((text) => decode(encode(text)) === text);
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (value instanceof Uint8Array || value === null || typeof value !== "object") return [];
  return Object.values(value).flatMap(textsIn);
}
