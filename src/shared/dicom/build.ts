import type { DicomJson, DicomValue } from "./dicom-json.ts";
import { dictionaryByTag, tagOf } from "./dictionary.ts";

/** A binary element with its bytes, little endian; the writer swaps them by VR for big endian. */
export type BytesElement = { vr: string; bytes: Uint8Array };
/** Encapsulated pixel data, one fragment per frame; the writer adds the Basic Offset Table (PS3.5 A.4). */
export type FragmentsElement = { vr: "OB"; fragments: Uint8Array[] };
/** An element of the DICOM JSON model whose items may hold bytes. */
export type JsonElement = {
  vr: string;
  Value?: (DicomValue | WritableDataSet)[];
  InlineBinary?: string;
  BulkDataURI?: string;
};
export type WritableElement = JsonElement | BytesElement | FragmentsElement;
/** The writer's input: DICOM JSON, with bytes and fragments beside it. A plain `DicomJson` is one. */
export type WritableDataSet = { [tag: string]: WritableElement };

type Plain = string | number | Record<string, unknown>;
/** The values that {@link dataSet} accepts for a keyword. */
export type BuildValue =
  | Plain
  | readonly Plain[]
  | Uint8Array
  | WritableElement
  | WritableDataSet
  | readonly (WritableDataSet | DicomJson)[]
  | null
  | undefined;

/**
 * Builds a data set by keywords, VRs from the registry.
 *
 * `dataSet({ PatientName: "Doe^Jane", Rows: 512, PixelSpacing: [0.7, 0.7], PixelData: bytes, CodeSequence: [item] })`
 *
 * `undefined` leaves an element out; `null`, `""` and `[]` write it empty; a `{ vr, … }` is taken as it is.
 *
 * @throws {TypeError} for an unknown keyword.
 */
export function dataSet(values: { [keyword: string]: BuildValue }): WritableDataSet {
  const result: WritableDataSet = {};
  for (const [keyword, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const tag = tagOf(keyword);
    result[tag] = elementFor(dictionaryByTag(tag)?.vr ?? "UN", value);
  }
  return result;
}

/** A code sequence item (PS3.3 §8.8): value, scheme, meaning. */
export function code(value: string, scheme: string, meaning: string): WritableDataSet {
  return dataSet({ CodeValue: value, CodingSchemeDesignator: scheme, CodeMeaning: meaning });
}

function elementFor(registered: string, value: Exclude<BuildValue, undefined>): WritableElement {
  if (value instanceof Uint8Array)
    return { vr: registered === "ox" || registered === "xs" ? "OW" : registered, bytes: value };
  if (value !== null && typeof value === "object" && "vr" in value && typeof value.vr === "string") {
    return value as WritableElement;
  }
  const list = (value === null || value === "" ? [] : Array.isArray(value) ? value : [value]) as DicomValue[];
  let vr = registered === "ox" ? "OW" : registered;
  if (vr === "xs") vr = list.some((item) => typeof item === "number" && item < 0) ? "SS" : "US";
  return list.length > 0 ? { vr, Value: list } : { vr };
}
