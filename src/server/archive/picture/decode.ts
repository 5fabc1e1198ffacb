import { createRequire } from "node:module";
import { inflateRawSync } from "node:zlib";
import { TS, transferSyntaxes } from "@overread/shared/dicom/uids";
import { DomainError } from "@overread/shared/errors";
import type { PixelDescription } from "./description.ts";
import { decodeRle } from "./rle.ts";

/** A frame's bytes, little endian, and what decoding changed about how to read them. */
export type DecodedFrame = { bytes: Uint8Array; planar: boolean; photometric: string; signed: boolean };

type FrameInfo = { width: number; height: number; bitsPerSample: number; componentCount: number; isSigned?: boolean };
type Decoder = {
  getEncodedBuffer(length: number): Uint8Array;
  getDecodedBuffer(): Uint8Array;
  getFrameInfo(): FrameInfo;
  decode(): void;
  readHeader?(): void;
  delete(): void;
};
type Module = Record<string, new () => Decoder>;
type Factory = (options: Record<string, unknown>) => Promise<Module>;

const require = createRequire(import.meta.url);
/** The codecs are CommonJS made by Emscripten: a factory that finds its WebAssembly beside itself. */
type Codec = { factory: () => Factory & { default?: Factory }; decoder: string; loaded?: Promise<Module> };
const jpegTurbo: Codec = {
  factory: () => require("@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs"),
  decoder: "JPEGDecoder",
};
const charls: Codec = { factory: () => require("@cornerstonejs/codec-charls/decodewasmjs"), decoder: "JpegLSDecoder" };
const openJpeg: Codec = { factory: () => require("@cornerstonejs/codec-openjpeg/decodewasmjs"), decoder: "J2KDecoder" };
const openJph: Codec = { factory: () => require("@cornerstonejs/codec-openjph/wasmjs"), decoder: "HTJ2KDecoder" };
const wasmDecoders: Record<string, Codec> = {
  [TS.jpegBaseline]: jpegTurbo,
  [TS.jpegExtended]: jpegTurbo,
  [TS.jpegLsLossless]: charls,
  [TS.jpegLsNearLossless]: charls,
  [TS.jpeg2000Lossless]: openJpeg,
  [TS.jpeg2000]: openJpeg,
  [TS.htj2kLossless]: openJph,
  [TS.htj2kLosslessRpcl]: openJph,
  [TS.htj2k]: openJph,
};

function load(codec: Codec): Promise<Module> {
  const factory = codec.factory();
  // They comment on each image they open; what is wrong with one comes as an exception.
  codec.loaded ??= (factory.default ?? factory)({ print: () => {}, printErr: () => {} });
  return codec.loaded;
}

/** Bytes that one frame has when nothing is compressed. */
export function frameBytes({ rows, columns, samplesPerPixel, bitsAllocated }: PixelDescription): number {
  return Math.ceil((rows * columns * samplesPerPixel * bitsAllocated) / 8);
}

/**
 * Decodes one frame. Runs in a thread of its own (`thread.ts`): codecs are synchronous, and the input may be hostile.
 *
 * @throws {DomainError} `dicom.cannot-render` for syntaxes we have no decoder for, and for frames that do not decode to
 *   what the data set says they are.
 */
export async function decodeFrame(frame: Uint8Array, description: PixelDescription): Promise<DecodedFrame> {
  const { transferSyntaxUid: syntax, photometric, planar, signed } = description;
  const unchanged = { photometric, planar, signed };
  const known = transferSyntaxes[syntax];
  // What a private syntax does to its pixels is not for us to guess: no picture rather than a wrong one.
  if (!known || known.opaquePixels) throw new DomainError("dicom.cannot-render");
  if (!known.encapsulated || syntax === TS.encapsulatedUncompressed) return { bytes: frame, ...unchanged };
  if (syntax === TS.rleLossless) return { bytes: decodeRle(frame, description), ...unchanged, planar: false };
  if (syntax === TS.deflatedImageFrame)
    return { bytes: inflateRawSync(frame, { maxOutputLength: frameBytes(description) + 2 }), ...unchanged };
  if (syntax === TS.jpegLossless || syntax === TS.jpegLosslessSv1)
    return { bytes: await decodeJpegLossless(frame, description), ...unchanged, planar: false };
  const wasm = wasmDecoders[syntax];
  if (!wasm) throw new DomainError("dicom.cannot-render");
  return decodeWasm(frame, description, wasm);
}

async function decodeWasm(frame: Uint8Array, description: PixelDescription, codec: Codec): Promise<DecodedFrame> {
  const { [codec.decoder]: Decoder } = await load(codec);
  if (!Decoder) throw new DomainError("internal");
  const decoder = new Decoder();
  try {
    decoder.getEncodedBuffer(frame.length).set(frame);
    decoder.decode();
    const info = decoder.getFrameInfo();
    checkSize(info, description);
    const bytes = widened(Uint8Array.from(decoder.getDecodedBuffer()), info, description);
    // These decoders give colour as RGB by pixel, whatever the stream had inside.
    const colour = info.componentCount >= 3 && !(codec === charls && description.photometric.startsWith("YBR"));
    const signed = codec === openJpeg || codec === openJph ? (info.isSigned ?? description.signed) : description.signed;
    return { bytes, planar: false, photometric: colour ? "RGB" : description.photometric, signed };
  } catch (error) {
    throw error instanceof DomainError ? error : new DomainError("dicom.cannot-render", { cause: error });
  } finally {
    decoder.delete();
  }
}

/** A stream may claim any size; only the one the data set announced was paid for. */
function checkSize(
  { width, height, componentCount }: Omit<FrameInfo, "bitsPerSample">,
  { rows, columns, samplesPerPixel }: PixelDescription,
): void {
  if (width !== columns || height !== rows || componentCount !== samplesPerPixel)
    throw new DomainError("dicom.cannot-render");
}

/** A codec gives bytes for up to 8 bits, also where the data set allocates 16. */
function widened(
  bytes: Uint8Array,
  { bitsPerSample, isSigned }: FrameInfo,
  { bitsAllocated, signed }: PixelDescription,
): Uint8Array {
  if (bitsPerSample > 8 || bitsAllocated <= 8) return bytes;
  const wide = new Int16Array(bytes.length);
  const from = (isSigned ?? signed) ? new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length) : bytes;
  wide.set(from);
  return new Uint8Array(wide.buffer);
}

async function decodeJpegLossless(frame: Uint8Array, description: PixelDescription): Promise<Uint8Array> {
  const { Decoder } = await import("@cornerstonejs/jpeg-lossless-decoder-js");
  const { width, height, componentCount } = jpegSize(frame);
  checkSize({ width, height, componentCount }, description);
  const copy = Uint8Array.from(frame);
  const wide = description.bitsAllocated > 8;
  try {
    const decoded = new Decoder().decode(copy.buffer, 0, copy.length, wide ? 2 : 1) as ArrayBufferView;
    return new Uint8Array(decoded.buffer, decoded.byteOffset, Math.min(decoded.byteLength, frameBytes(description)));
  } catch (error) {
    throw new DomainError("dicom.cannot-render", { cause: error });
  }
}

/** Size from the frame header (SOF3) before a decoder allocates by it (ITU-T T.81 B.2.2). */
function jpegSize(bytes: Uint8Array): { width: number; height: number; componentCount: number } {
  const word = (at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  for (let at = 2; at + 9 < bytes.length; ) {
    if (bytes[at] !== 0xff) throw new DomainError("dicom.cannot-render");
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker))
      return { height: word(at + 5), width: word(at + 7), componentCount: bytes[at + 9] ?? 0 };
    at += 2 + word(at + 2);
  }
  throw new DomainError("dicom.cannot-render");
}
