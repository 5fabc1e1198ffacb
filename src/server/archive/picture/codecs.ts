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
export type Encoder = {
  getDecodedBuffer(info: Required<FrameInfo> & { isUsingColorTransform: boolean }): Uint8Array;
  getEncodedBuffer(): Uint8Array;
  setDecompositions(count: number): void;
  /** Lossless, or the step of quantisation. */
  setQuality(lossless: boolean, quantization: number): void;
  /** 2: resolution, position, component, layer. */
  setProgressionOrder(order: number): void;
  setTLMMarker(set: boolean): void;
  setTilePartDivisionsAtResolutions(set: boolean): void;
  encode(): void;
  delete(): void;
};
type Module = Record<string, new () => Decoder | Encoder>;
type Factory = (options: Record<string, unknown>) => Promise<Module>;
/** The codecs are CommonJS modules made by Emscripten: a factory that loads the WebAssembly file beside it. */
export type Codec = {
  factory: () => Factory & { default?: Factory };
  decoder: string;
  encoder?: string;
  loaded?: Promise<Module>;
};

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
  encoder: "HTJ2KEncoder",
};

/** A new decoder; the caller deletes it. */
export const decoderOf = (codec: Codec): Promise<Decoder> => made(codec, codec.decoder) as Promise<Decoder>;

/** A new encoder, of a codec that has one; the caller deletes it. */
export const encoderOf = (codec: Codec): Promise<Encoder> => made(codec, codec.encoder ?? "") as Promise<Encoder>;

async function made(codec: Codec, name: string): Promise<Decoder | Encoder> {
  const factory = codec.factory();
  // They print messages for each image; errors arrive as exceptions.
  codec.loaded ??= (factory.default ?? factory)({ print: () => {}, printErr: () => {} });
  const { [name]: Made } = await codec.loaded;
  if (!Made) throw new Error(`no ${name}`);
  return new Made();
}
