import { createRequire } from "node:module";
import { TS } from "@overread/shared/dicom/uids";

export type FrameInfo = {
  width: number;
  height: number;
  bitsPerSample: number;
  componentCount: number;
  isSigned?: boolean;
};
export type Decoder = {
  getEncodedBuffer(length: number): Uint8Array;
  getDecodedBuffer(): Uint8Array;
  getFrameInfo(): FrameInfo;
  decode(): void;
  delete(): void;
};
type Module = Record<string, new () => Decoder>;
type Factory = (options: Record<string, unknown>) => Promise<Module>;
/** The codecs are CommonJS made by Emscripten: a factory that finds its WebAssembly beside itself. */
export type Codec = { factory: () => Factory & { default?: Factory }; decoder: string; loaded?: Promise<Module> };

const require = createRequire(import.meta.url);
export const jpegTurbo: Codec = {
  factory: () => require("@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs"),
  decoder: "JPEGDecoder",
};
const charls: Codec = { factory: () => require("@cornerstonejs/codec-charls/decodewasmjs"), decoder: "JpegLSDecoder" };
const openJpeg: Codec = { factory: () => require("@cornerstonejs/codec-openjpeg/decodewasmjs"), decoder: "J2KDecoder" };
const openJph: Codec = { factory: () => require("@cornerstonejs/codec-openjph/wasmjs"), decoder: "HTJ2KDecoder" };

/** JPEG in DCT, 8 or 12 bits, sequential or progressive. */
export const dctSyntaxes: ReadonlySet<string> = new Set([
  TS.jpegBaseline,
  TS.jpegExtended,
  TS.jpegSpectralSelection,
  TS.jpegProgressive,
]);
export const jpegLosslessSyntaxes: ReadonlySet<string> = new Set([TS.jpegLossless, TS.jpegLosslessSv1]);
export const jpegLsCodecs: Readonly<Record<string, Codec>> = {
  [TS.jpegLsLossless]: charls,
  [TS.jpegLsNearLossless]: charls,
};
/** JPEG 2000, plain and high throughput. */
export const waveletCodecs: Readonly<Record<string, Codec>> = {
  [TS.jpeg2000Lossless]: openJpeg,
  [TS.jpeg2000]: openJpeg,
  [TS.htj2kLossless]: openJph,
  [TS.htj2kLosslessRpcl]: openJph,
  [TS.htj2k]: openJph,
};

/** A new decoder; the caller deletes it. */
export async function decoderOf(codec: Codec): Promise<Decoder> {
  const factory = codec.factory();
  // They comment on each image they open; what is wrong with one comes as an exception.
  codec.loaded ??= (factory.default ?? factory)({ print: () => {}, printErr: () => {} });
  const { [codec.decoder]: Made } = await codec.loaded;
  if (!Made) throw new Error(`no ${codec.decoder}`);
  return new Made();
}
