import type { FileHandle } from "node:fs/promises";
import type { DicomJson } from "./dicom-json.ts";
import type { DicomUid } from "./uids.ts";

/** A Part 10 file, by path or by an open handle that stays the caller's to close. */
export type InstanceSource = { path: string } | { handle: FileHandle; sizeBytes: number };

/** Absolute place of bytes, `[offset, length]`. */
export type Extent = [offset: number, length: number];

export type NativePixels = {
  kind: "native";
  tag: "7FE00010" | "7FE00008" | "7FE00009";
  vr: string;
  offset: number;
  length: number;
  /** Bytes of one frame. With 1-bit pixels a frame need not start on a byte: see {@link NativePixels.frameBits}. */
  frameLength: number;
  /** Bits of one frame; `frameLength * 8` but for 1-bit pixels (PS3.5 §8.1.1). 0 when the image is not described. */
  frameBits: number;
  frames: number;
  bigEndian: boolean;
};

export type EncapsulatedPixels = {
  kind: "encapsulated";
  vr: string;
  /** The whole element from its first item to its delimiter. */
  offset: number;
  length: number;
  /** Fragments of each frame in order, item headers left out. */
  frames: Extent[][];
};

/** What a Part 10 file says of itself, its pixels left on disk. */
export type InstanceHeader = {
  transferSyntaxUid: DicomUid;
  /** Where the data set starts behind group 0002. */
  dataSetOffset: number;
  sizeBytes: number;
  sopClassUid: DicomUid;
  sopInstanceUid: DicomUid;
  studyInstanceUid: DicomUid;
  seriesInstanceUid: DicomUid;
  /** All elements but pixel data, text in Unicode; Specific Character Set as the file declares it is `characterSets`. */
  dataset: DicomJson;
  /** Defined terms of (0008,0005) as in the file; the data set itself says ISO_IR 192, as JSON is UTF-8. */
  characterSets: string[];
  pixel: NativePixels | EncapsulatedPixels | null;
  /**
   * What offsets of `pixel` and of bulk placeholders count in: bytes of the file, or, for a deflated data set,
   * bytes of the inflated data set. `readBytes` knows both.
   */
  offsetsIn: "file" | "inflated";
};

/**
 * Reads a Part 10 file's header without loading its pixel data (Node only).
 *
 * @throws {DomainError} `dicom.not-part10` without preamble and `DICM`; `dicom.truncated` when a declared length
 *   runs past the end; `dicom.malformed` without Transfer Syntax UID or for bytes that make no sense;
 *   `dicom.unsupported-transfer-syntax`; `dicom.missing-attribute` without SOP, study or series UID;
 *   `dicom.invalid-uid`.
 * @see DICOM PS3.10 §7.1, PS3.5 §7 and Annex A
 */
export async function readInstance(_source: InstanceSource): Promise<InstanceHeader> {
  throw new Error("not yet");
}

/** Reads a data set that has neither preamble nor group 0002, as C-STORE carries it. */
export async function readDataSet(
  _source: InstanceSource | Uint8Array,
  _transferSyntaxUid: string,
): Promise<Omit<InstanceHeader, "sopClassUid" | "sopInstanceUid" | "studyInstanceUid" | "seriesInstanceUid">> {
  throw new Error("not yet");
}

/** Bytes of a value by the offsets that the header gives, inflating when the data set is deflated. */
export async function readBytes(_source: InstanceSource, _header: InstanceHeader, _extent: Extent): Promise<Buffer> {
  throw new Error("not yet");
}
