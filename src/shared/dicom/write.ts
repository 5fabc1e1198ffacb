import type { DicomElement } from "./dicom-json.ts";

/** A binary element with its bytes at hand (little endian; turned round for big endian by VR). */
export type BytesElement = { vr: string; bytes: Uint8Array };
/** Encapsulated pixel data: one fragment per frame; the Basic Offset Table is written (PS3.5 A.4). */
export type FragmentsElement = { vr: "OB"; fragments: Uint8Array[] };
/** DICOM JSON model with binary elements beside it; sequence items may hold them too. */
export type WritableDataSet = { [tag: string]: DicomElement | BytesElement | FragmentsElement };
export type EncodeOptions = {
  /** Defined terms of (0008,0005), several by backslash; `"ISO_IR 192"` unless told. */
  specificCharacterSet?: string;
};

/** Writes a data set in a transfer syntax (Node only). See PS3.5 §7 and Annex A. */
export function encodeDataSet(
  _dataset: WritableDataSet,
  _transferSyntaxUid: string,
  _options: EncodeOptions = {},
): Buffer {
  throw new Error("not yet");
}

/** Writes a whole Part 10 file: zero preamble, our group 0002, data set (PS3.10 §7.1). */
export function encodePart10(_file: {
  dataset: WritableDataSet;
  transferSyntaxUid: string;
  specificCharacterSet?: string;
}): Buffer {
  throw new Error("not yet");
}

/**
 * The head to put before data set bytes that are kept as they came: 128 zero bytes, `DICM` and group 0002 of ours.
 * @see DICOM PS3.10 §7.1
 */
export function part10Head(_meta: {
  sopClassUid: string;
  sopInstanceUid: string;
  transferSyntaxUid: string;
  sourceAeTitle?: string;
}): Buffer {
  throw new Error("not yet");
}
