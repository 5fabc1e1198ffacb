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

/** Stands for the DICOMweb root in stored JSON, which does not know under which address it will be asked for. */
export const rootPlaceholder = "overread:";

/** Attributes that QIDO answers for a study, straight from the images (PS3.18 Table 10.6.3-3). */
const studyTags = [
  "00080020",
  "00080030",
  "00080050",
  "00080080",
  "00080090",
  "00080201",
  "00081030",
  "00100010",
  "00100020",
  "00100021",
  "00100030",
  "00100040",
  "00101010",
  "0020000D",
  "00200010",
];
/** Of a series (Table 10.6.3-4), and what a viewer's series list shows. */
const seriesTags = [
  "00080021",
  "00080031",
  "00080060",
  "0008103E",
  "00080070",
  "00081090",
  "00180015",
  "00181030",
  "0020000E",
  "00200011",
  "00200052",
  "00200060",
  "00400244",
  "00400245",
  "00400275",
];
/** Of an instance (Table 10.6.3-5). */
const instanceTags = [
  "00080008",
  "00080016",
  "00080018",
  "00080022",
  "00080023",
  "00080032",
  "00080033",
  "00080012",
  "00080013",
  "00200013",
  "00200012",
  "00280002",
  "00280004",
  "00280008",
  "00280010",
  "00280011",
  "00280100",
  "00420010",
  "0040A043",
  "0040A491",
  "0040A493",
];

/** What a prepared answer of each level may hold. */
export const levelTags = {
  study: [...studyTags, "00080005", "00080056", "00080061", "00081190", "00201206", "00201208"],
  series: [...seriesTags, "00201209"],
  instance: [...instanceTags, "00083002"],
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

/** Study-level answer. `base` is the first image's data set or the answer as it was before. */
export function studyJson(base: DicomJson, counts: StudyCounts): string {
  return JSON.stringify(
    sortTags({
      ...pick(base, studyTags),
      "00080005": one("CS", "ISO_IR 192"),
      "00080056": one("CS", "ONLINE"),
      // Unknown is left out: clients stumble over an attribute without values where they count on one.
      ...(counts.modalities.length > 0 ? { "00080061": { vr: "CS", Value: counts.modalities } } : {}),
      "00081190": one("UR", `${rootPlaceholder}/studies/${counts.studyInstanceUid}`),
      "00201206": one("IS", counts.numberOfSeries),
      "00201208": one("IS", counts.numberOfInstances),
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
      "00080005": one("CS", "ISO_IR 192"),
      "00080056": one("CS", "ONLINE"),
      "00081190": one("UR", `${rootPlaceholder}/studies/${uids.study}/series/${uids.series}`),
      "0020000D": one("UI", uids.study),
      "00201209": one("IS", numberOfInstances),
    }),
  );
}

export function instanceJson(dataset: DicomJson, transferSyntaxUid: string): string {
  const uid = (tag: string): string => stringOf(dataset, tag) ?? "";
  const path = `/studies/${uid("0020000D")}/series/${uid("0020000E")}/instances/${uid("00080018")}`;
  return JSON.stringify(
    sortTags({
      ...pick(dataset, instanceTags),
      "00080005": one("CS", "ISO_IR 192"),
      "00080056": one("CS", "ONLINE"),
      "00081190": one("UR", `${rootPlaceholder}${path}`),
      "00083002": one("UI", transferSyntaxUid),
      "0020000D": one("UI", uid("0020000D")),
      "0020000E": one("UI", uid("0020000E")),
    }),
  );
}

/**
 * A column's text: without the NUL that Postgres refuses, and short enough for an index. Values longer than their
 * VR allows come from broken or hostile senders; the data set keeps them whole.
 */
function text(value: string | undefined, limit = 256): string {
  return (value ?? "").replaceAll("\0", "").slice(0, limit);
}

/** All writings of a name, `alphabetic=ideographic=phonetic`. */
function nameText(dataset: DicomJson, tag: string): string {
  const name = personNameOf(dataset, tag);
  if (!name) return "";
  return text([name.alphabetic, name.ideographic ?? "", name.phonetic ?? ""].join("=").replace(/=+$/, ""), 512);
}

/** What a name search runs on: each writing normalised and closed by `=`, so that a whole writing can be matched. */
export function nameSearchKey(dataset: DicomJson, tag: string): string {
  const name = personNameOf(dataset, tag);
  if (!name) return "";
  const keys = [name.alphabetic, name.ideographic ?? "", name.phonetic ?? ""].map((group) =>
    normalisePersonName({ alphabetic: group }).slice(0, 160),
  );
  return keys.every((key) => key === "") ? "" : text(`${keys.join("=").replace(/=+$/, "")}=`, 500);
}

/**
 * By what the referring physician's account is found; empty where a study names nobody. A name of which something could not be read, or
 * was lost before it came (`?`), is somebody's all the same, and what is left of it may be another's: it finds nobody.
 */
function referrerKey(name: string): string {
  if (!isReadable(name) || name.includes("?")) return "?";
  return normalisePersonName(name);
}

/** The columns of patient and study that come out of an image. */
export function studyColumns(dataset: DicomJson) {
  const requests = sequenceOf(dataset, "00400275")[0] ?? {};
  return {
    patientId: text(stringOf(dataset, "00100020")),
    issuer: text(stringOf(dataset, "00100021")),
    patientName: nameText(dataset, "00100010"),
    patientNameSearch: nameSearchKey(dataset, "00100010"),
    patientBirthDate: text(stringOf(dataset, "00100030"), 16),
    patientSex: text(stringOf(dataset, "00100040"), 16),
    accessionNumber: text(stringOf(dataset, "00080050")),
    dicomStudyId: text(stringOf(dataset, "00200010")),
    // ACR-NEMA wrote 1993.08.22; a range search needs one spelling.
    studyDate: text(stringOf(dataset, "00080020"), 16).replaceAll(".", ""),
    studyTime: text(stringOf(dataset, "00080030"), 16).replaceAll(":", ""),
    studyDescription: text(stringOf(dataset, "00081030")),
    referringPhysicianName: nameText(dataset, "00080090"),
    referrerKey: referrerKey(nameText(dataset, "00080090")),
    requestedPriority: text(stringOf(dataset, "00401003") ?? stringOf(requests, "00401003"), 32),
  };
}

/** The columns of a series that come out of an image. */
export function seriesColumns(dataset: DicomJson) {
  return {
    modality: text(stringOf(dataset, "00080060"), 16),
    seriesNumber: int32(numberOf(dataset, "00200011")),
    seriesDescription: text(stringOf(dataset, "0008103E")),
    bodyPartExamined: text(stringOf(dataset, "00180015"), 64),
  };
}

/** A whole number that fits its column, else null. */
export function int32(value: number | undefined): number | null {
  return value !== undefined && Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? value : null;
}
