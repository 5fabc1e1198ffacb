import type { DicomJson } from "./dicom-json.ts";

/** Bytes the reader wants next, by absolute offset; the driver answers by moving the window there. */
export type ReadRequest = { offset: number; length: number };

/** The part of the data that is in memory: `buffer[0]` stands at `base`. */
export type Window = {
  buffer: Buffer;
  base: number;
  /** Where the data end; infinite while they still come in. */
  end: number;
  /** More follows that we do not want. */
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
