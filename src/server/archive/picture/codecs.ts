import { createRequire } from "node:module";

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
/** The codecs are CommonJS modules made by Emscripten: a factory that loads the WebAssembly file beside it. */
export type Codec = { factory: () => Factory & { default?: Factory }; decoder: string; loaded?: Promise<Module> };

const require = createRequire(import.meta.url);
export const jpegTurbo: Codec = {
  factory: () => require("@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs"),
  decoder: "JPEGDecoder",
};
export const charls: Codec = {
  factory: () => require("@cornerstonejs/codec-charls/decodewasmjs"),
  decoder: "JpegLSDecoder",
};
export const openJpeg: Codec = {
  factory: () => require("@cornerstonejs/codec-openjpeg/decodewasmjs"),
  decoder: "J2KDecoder",
};
export const openJph: Codec = {
  factory: () => require("@cornerstonejs/codec-openjph/wasmjs"),
  decoder: "HTJ2KDecoder",
};

/** A new decoder; the caller deletes it. */
export async function decoderOf(codec: Codec): Promise<Decoder> {
  const factory = codec.factory();
  // They print messages for each image; errors arrive as exceptions.
  codec.loaded ??= (factory.default ?? factory)({ print: () => {}, printErr: () => {} });
  const { [codec.decoder]: Made } = await codec.loaded;
  if (!Made) throw new Error(`no ${codec.decoder}`);
  return new Made();
}
