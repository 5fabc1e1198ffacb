import { parseDate } from "@overread/shared/dicom/dates";
import type { DicomElement, DicomJson, DicomValue, PersonName } from "@overread/shared/dicom/dicom-json";
import { dictionaryByTag } from "@overread/shared/dicom/dictionary";
import { Tag } from "@overread/shared/dicom/tags";

/**
 * Whether an element may be written into an object of ours: its VR is the registry's and every value is valid for it.
 * Images contain all sorts of values, and a PACS may refuse an object with an invalid one.
 *
 * @see DICOM PS3.5 §6.2 (Table 6.2-1); PS3.3 §8.8 for codes, C.7.1.1 for Patient's Sex
 */
function isValidElement(tag: string, element: DicomElement): boolean {
  const entry = dictionaryByTag(tag);
  if (!entry || entry.vr !== element.vr || element.BulkDataURI !== undefined) return false;
  const values = element.Value ?? [];
  if (element.vr === "SQ") return values.every((item) => isDataSet(item) && isValidItem(item, entry.keyword));
  if (values.length > 1 && !severalValues.has(tag)) return false;
  const terms = definedTerms[tag];
  const fits = (value: DicomValue) => value !== null && (valid[element.vr]?.(value) ?? false);
  return values.every((value) => fits(value) && (!terms || terms.includes(String(value))));
}

/** The valid part of an element: without invalid items of a code sequence; `null` when nothing valid is left. */
export function validPart(tag: string, element: DicomElement): DicomElement | null {
  if (element.vr !== "SQ" || !isCodeSequence(dictionaryByTag(tag)?.keyword ?? ""))
    return isValidElement(tag, element) ? element : null;
  const items = (element.Value ?? []).filter((item) => isValidElement(tag, { vr: "SQ", Value: [item] }));
  return items.length > 0 ? { vr: "SQ", Value: items } : null;
}

const isCodeSequence = (keyword: string): boolean => /Code(Modifier)?Sequence$/.test(keyword);

function isValidItem(item: DicomJson, sequence: string): boolean {
  if (!Object.entries(item).every(([tag, element]) => isValidElement(tag, element))) return false;
  return !isCodeSequence(sequence) || isCode(item);
}

/** A code has one value, a scheme (not needed with a URN) and a meaning (PS3.3 Table 8.8-1). */
function isCode(item: DicomJson): boolean {
  const has = (tag: string): boolean => String(item[tag]?.Value?.[0] ?? "").trim() !== "";
  const values = [Tag.CodeValue, Tag.LongCodeValue, Tag.URNCodeValue].filter(has);
  if (values.length !== 1 || !has(Tag.CodeMeaning)) return false;
  return has(Tag.URNCodeValue) || has(Tag.CodingSchemeDesignator);
}

/** Of the copied attributes: those that may have several values (PS3.6). */
const severalValues = new Set<string>([
  Tag.PhysiciansOfRecord,
  Tag.NameOfPhysiciansReadingStudy,
  Tag.OtherPatientIDs,
  Tag.OtherPatientNames,
]);
/** Of the copied attributes: those with enumerated values. */
const definedTerms: Record<string, readonly string[]> = {
  [Tag.PatientSex]: ["M", "F", "O"],
  [Tag.TypeOfPatientID]: ["TEXT", "RFID", "BARCODE"],
  [Tag.UniversalEntityIDType]: ["DNS", "EUI64", "ISO", "URI", "UUID", "X400", "X500"],
};

const isDataSet = (value: DicomValue): value is DicomJson =>
  typeof value === "object" && value !== null && !("Alphabetic" in value);

const text =
  (most: number, allowed: RegExp) =>
  (value: DicomValue): boolean =>
    typeof value === "string" && [...value].length <= most && allowed.test(value);
/** No control character, and no backslash, which separates values. */
const line = /^[^\\\p{Cc}]*$/u;
const lines = /^(?:[^\p{Cc}]|[\r\n\f])*$/u;
const between = (value: string, least: number, most: number): boolean =>
  Number(value) >= least && Number(value) <= most;

const valid: Record<string, (value: DicomValue) => boolean> = {
  AE: text(16, /^[\x20-\x5b\x5d-\x7e]*$/),
  AS: text(4, /^\d{3}[DWMY]$/),
  CS: text(16, /^[A-Z0-9_ ]*$/),
  DA: (value) => typeof value === "string" && isDate(value),
  DS: (value) => isNumber(value, /^ *[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)? *$/, 16),
  IS: (value) => isNumber(value, /^ *[+-]?\d+ *$/, 12),
  LO: text(64, line),
  LT: text(10_240, lines),
  PN: isName,
  SH: text(16, line),
  ST: text(1024, lines),
  TM: (value) => typeof value === "string" && isTime(value),
  UC: text(2 ** 32, line),
  UI: text(64, /^(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*))*$/),
  UR: text(2 ** 32, /^[^\\\s\p{Cc}]*$/u),
  US: (value) => Number.isInteger(value) && between(String(value), 0, 65_535),
  UT: text(2 ** 32, lines),
};

const isDate = (value: string): boolean => /^\d{8}$/.test(value.trim()) && parseDate(value) !== null;

function isTime(value: string): boolean {
  const match = /^(\d{2})(?:(\d{2})(?:(\d{2})(?:\.\d{1,6})?)?)?$/.exec(value.trim());
  if (!match) return false;
  const [, hour = "0", minute = "0", second = "0"] = match;
  return between(hour, 0, 23) && between(minute, 0, 59) && between(second, 0, 60);
}

function isNumber(value: DicomValue, written: RegExp, most: number): boolean {
  return (typeof value === "number" || typeof value === "string") && text(most, written)(String(value));
}

/** Three groups of 64 characters each, five components a group (PS3.5 §6.2.1.1). */
function isName(value: DicomValue): boolean {
  const { Alphabetic, Ideographic, Phonetic } = (
    typeof value === "string" ? { Alphabetic: value } : (value ?? {})
  ) as PersonName;
  return [Alphabetic, Ideographic, Phonetic].every(
    (group = "") =>
      typeof group === "string" && text(64, line)(group) && !group.includes("=") && group.split("^").length <= 5,
  );
}
