import { tagOf } from "./dictionary.ts";

/** The three representations of a person's name, each in caret form (PS3.5 §6.2.1.2, PS3.18 F.2.2). */
export type PersonName = { Alphabetic?: string; Ideographic?: string; Phonetic?: string };

/** One value: text, number, name group or sequence item; null is an empty value among others (PS3.18 F.2.5). */
export type DicomValue = string | number | PersonName | DicomJson | null;

/** One attribute in the DICOM JSON model (PS3.18 F.2.2). An empty one has `vr` alone. */
export type DicomElement = {
  vr: string;
  Value?: DicomValue[];
  /** Base64, little endian (PS3.18 F.2.7). */
  InlineBinary?: string;
  /** The Part 10 reader writes a placeholder: see {@link bulkRange} and {@link mapBulkData}. */
  BulkDataURI?: string;
};

/** A data set in the DICOM JSON model: attributes by tag, eight hex digits in capitals (PS3.18 Annex F). */
export type DicomJson = { [tag: string]: DicomElement };

/** Binary values longer than this become bulk data. Bytes. */
export const inlineBinaryLimit = 4096;

/** The attribute of a tag or keyword, if present. */
export function elementOf(dataset: DicomJson, name: string): DicomElement | undefined {
  return dataset[tagOf(name)];
}

/**
 * The first value as text, without padding; the first representation of a name; `undefined` when absent or empty.
 *
 * @param name tag (`"00100020"`) or keyword (`"PatientID"`).
 */
export function stringOf(dataset: DicomJson, name: string): string | undefined {
  const value = elementOf(dataset, name)?.Value?.[0];
  return value === undefined || value === null ? undefined : asText(value);
}

/** All values as text; empty ones are `""`. An absent attribute gives an empty list. */
export function stringsOf(dataset: DicomJson, name: string): string[] {
  return (elementOf(dataset, name)?.Value ?? []).map((value) => (value === null ? "" : (asText(value) ?? "")));
}

/** The first value as a finite number, `undefined` when absent, empty or not a number. */
export function numberOf(dataset: DicomJson, name: string): number | undefined {
  return numbersOf(dataset, name)[0];
}

/** All values that are finite numbers; when one is not, the list is empty, since half a vector is useless. */
export function numbersOf(dataset: DicomJson, name: string): number[] {
  const numbers: number[] = [];
  for (const value of elementOf(dataset, name)?.Value ?? []) {
    const number =
      typeof value === "number" ? value : typeof value === "string" && value.trim() ? Number(value) : Number.NaN;
    if (!Number.isFinite(number)) return [];
    numbers.push(number);
  }
  return numbers;
}

/** The first name in its representations, each in caret form; `undefined` when absent or empty. */
export function personNameOf(
  dataset: DicomJson,
  name: string,
): { alphabetic: string; ideographic?: string; phonetic?: string } | undefined {
  const value = elementOf(dataset, name)?.Value?.[0];
  if (value === undefined || value === null || typeof value === "number") return undefined;
  const groups = typeof value === "string" ? { Alphabetic: value } : (value as PersonName);
  const { Alphabetic, Ideographic, Phonetic } = groups;
  if (!Alphabetic && !Ideographic && !Phonetic) return undefined;
  return {
    alphabetic: Alphabetic ?? "",
    ...(Ideographic ? { ideographic: Ideographic } : {}),
    ...(Phonetic ? { phonetic: Phonetic } : {}),
  };
}

/** The items of a sequence; none when it is absent or empty. */
export function sequenceOf(dataset: DicomJson, name: string): DicomJson[] {
  const element = elementOf(dataset, name);
  if (element?.vr !== "SQ") return [];
  return (element.Value ?? []).filter((item): item is DicomJson => typeof item === "object" && item !== null);
}

/** The position of a bulk value in the reader's input. Bytes. */
export type ByteRange = { offset: number; length: number };

/** The reader's placeholder for a bulk value. `length` never includes fragments' item headers. */
export function bulkPlaceholder(range: ByteRange): string {
  return `bytes:${range.offset}+${range.length}`;
}

/** Parses the placeholder; `undefined` when the element is not bulk or its URI was rewritten already. */
export function bulkRange(element: DicomElement | undefined): ByteRange | undefined {
  const match = /^bytes:(\d+)\+(\d+)$/.exec(element?.BulkDataURI ?? "");
  return match ? { offset: Number(match[1]), length: Number(match[2]) } : undefined;
}

/**
 * A copy of a data set with its bulk placeholders rewritten, at every depth.
 *
 * @param uriOf gets the attribute path as WADO-RS spells it (`"00880200/1/7FE00010"`, items from 1) and the
 *   range; returns the URI to write, or `undefined` to leave the attribute out.
 * @see DICOM PS3.18 §F.2.6
 */
export function mapBulkData(
  dataset: DicomJson,
  uriOf: (path: string, range: ByteRange) => string | undefined,
  prefix = "",
): DicomJson {
  const result: DicomJson = {};
  for (const [tag, element] of Object.entries(dataset)) {
    const range = bulkRange(element);
    if (range) {
      const uri = uriOf(prefix + tag, range);
      if (uri !== undefined) result[tag] = { vr: element.vr, BulkDataURI: uri };
    } else if (element.vr === "SQ" && element.Value) {
      const items = element.Value.map((item, index) =>
        typeof item === "object" && item !== null
          ? mapBulkData(item as DicomJson, uriOf, `${prefix}${tag}/${index + 1}/`)
          : item,
      );
      result[tag] = { vr: "SQ", Value: items };
    } else {
      result[tag] = element;
    }
  }
  return result;
}

function asText(value: Exclude<DicomValue, null>): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  const { Alphabetic, Ideographic, Phonetic } = value as PersonName;
  return [Alphabetic, Ideographic, Phonetic].find((group) => typeof group === "string" && group !== "");
}
