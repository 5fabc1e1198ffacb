import type { DicomJson } from "./dicom-json.ts";

/** The bytes the reader needs next, by absolute offset; the driver moves the window there. */
export type ReadRequest = { offset: number; length: number };

/** The part of the data in memory: `buffer[0]` is at offset `base`. */
export type Window = {
  buffer: Buffer;
  base: number;
  /** The end of the data; infinite while it is unknown. */
  end: number;
  /** More data follow that are not wanted. */
  cut?: boolean;
};

/** A fragment of encapsulated pixel data: value without its item header. */
export type Fragment = {
  offset: number;
  length: number /** Its bytes begin like a compressed image. */;
  startsFrame: boolean;
};

/** Top-level pixel data as it stands, before frames are made out. */
export type RawPixels =
  | { kind: "native"; tag: string; vr: string; offset: number; length: number }
  | { kind: "encapsulated"; vr: string; offset: number; length: number; offsetTable: number[]; fragments: Fragment[] };

export type ReadResult = {
  dataset: DicomJson;
  characterSets: string[];
  repairedAs: string[];
  pixels: RawPixels | null;
  extendedOffsets: Buffer | null;
};

export type Encoding = { implicit: boolean; bigEndian: boolean };
