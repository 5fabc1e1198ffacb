import * as core from "@cornerstonejs/core";
import { afterDecoding } from "@overread/shared/dicom/pixels/after-decoding";
import type { PixelDescription } from "@overread/shared/dicom/pixels/description";
import { hasComponentTransform } from "@overread/shared/dicom/pixels/j2k-stream";
import { decodeGreyJpeg } from "@overread/shared/dicom/pixels/jpeg-grey";
import { jpegHeader, withColourTransform, withoutPointTransform } from "@overread/shared/dicom/pixels/jpeg-stream";
import { type PixelCodec, type TransferSyntax, TS, transferSyntaxes } from "@overread/shared/dicom/transfer-syntaxes";
import type { StoredFrame } from "./fetch-frame.ts";
import { decodeRle } from "./rle.ts";
import { ViewerError } from "./viewer-error.ts";

/** A frame's uncompressed bytes, little endian, and how to interpret them. */
export type DecodedFrame = { bytes: Uint8Array; description: PixelDescription };

/** Codecs that the image library's worker decodes. */
const byWorker: readonly (PixelCodec | null)[] = ["jpeg", "jpeg-lossless", "jpeg-ls", "jpeg-2000", "htj2k", "jpeg-xl"];

/**
 * Decompresses a frame, in the image library's worker where it knows the codec. Interpretation of the values is left to
 * the pixel description: the library's handling of sign, bits and colours is bypassed.
 *
 * @throws {ViewerError} for what cannot be decoded or does not match the header.
 */
export async function decodeFrame(stored: StoredFrame, description: PixelDescription): Promise<DecodedFrame> {
  const { bytes, transferSyntaxUid } = stored;
  const syntax = transferSyntaxes[transferSyntaxUid];
  if (!syntax || syntax.opaquePixels) throw unknownCompression();
  const { codec } = syntax;
  if (codec === null)
    return { bytes: syntax.bigEndian ? swapped(bytes, description.bitsAllocated / 8) : bytes, description };
  if (codec === "rle") {
    const unpacked = decodeRle(bytes, description);
    if (!unpacked) throw damaged();
    return { bytes: unpacked, description: { ...description, planar: false } };
  }
  if (codec === "deflate") {
    const inflated = new Blob([bytes.slice()]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return { bytes: new Uint8Array(await new Response(inflated).arrayBuffer()), description };
  }
  if (!byWorker.includes(codec)) throw unknownCompression();
  return compressed(bytes, syntax, description);
}

/**
 * A smaller picture from the beginning of an HTJ2K codestream that is decoded by resolution: half as large a side with each level. Not for
 * reading values from: these are means, and of less than the whole.
 */
export async function decodeReduced(
  begin: Uint8Array,
  transferSyntaxUid: string,
  level: number,
  described: PixelDescription,
): Promise<DecodedFrame> {
  const description = {
    ...described,
    rows: Math.ceil(described.rows / 2 ** level),
    columns: Math.ceil(described.columns / 2 ** level),
    overlays: [],
  };
  const syntax = transferSyntaxes[transferSyntaxUid];
  if (syntax?.codec !== "htj2k") throw unknownCompression();
  return compressed(begin, syntax, description, level);
}

type WorkerFrame = {
  pixelData: Int8Array | Uint8Array | Int16Array | Uint16Array | Float32Array | Int32Array | Uint32Array;
  columns: number;
  rows: number;
  bitsPerPixel?: number;
  signed?: boolean;
  componentsPerPixel?: number;
};

async function compressed(
  bytes: Uint8Array,
  { uid, codec }: TransferSyntax,
  description: PixelDescription,
  decodeLevel = 0,
): Promise<DecodedFrame> {
  const { rows, columns, samplesPerPixel, photometric, bitsAllocated } = description;
  const header = jpegHeader(bytes);
  if (header && (header.width !== columns || header.height !== rows || header.components !== samplesPerPixel))
    throw damaged();
  const isJpeg = codec === "jpeg" || codec === "jpeg-lossless";
  if (isJpeg && !header) throw damaged();
  // The stream decides: a decoder of another process would find values in it, and a wrong picture is worse than none.
  if (isJpeg && header?.process === "other") throw unknownCompression();
  const lossyJpeg = isJpeg && header?.process === "dct";
  const losslessJpeg = isJpeg && header?.process === "lossless";
  if (header?.precision === 12 && lossyJpeg) return twelveBits(bytes, description);
  if (lossyJpeg && header?.precision !== 8) throw unknownCompression();
  const { stream, shift } = losslessJpeg ? withoutPointTransform(bytes) : { stream: bytes, shift: 0 };
  const cell = (header?.precision ?? bitsAllocated) > 8 ? 16 : 8;
  const decoded = await inWorker(
    lossyJpeg ? withColourTransform(stream, photometric) : stream,
    // An 8-bit stream is baseline whatever its transfer syntax says, and the baseline decoder handles its colours.
    losslessJpeg ? TS.jpegLossless : lossyJpeg ? TS.jpegBaseline : uid,
    { rows, columns, samplesPerPixel, photometricInterpretation: photometric, bitsAllocated: cell, decodeLevel },
  );
  const { pixelData } = decoded;
  const components = decoded.componentsPerPixel ?? samplesPerPixel;
  if (decoded.columns !== columns || decoded.rows !== rows || components !== samplesPerPixel) throw damaged();
  if (pixelData.length !== rows * columns * samplesPerPixel) throw damaged();
  const precision = header?.precision ?? decoded.bitsPerPixel ?? description.bitsStored;
  const signed = decoded.signed === true;
  const sampleBytes = precision > 16 ? 4 : precision > 8 ? 2 : 1;
  const cells =
    sampleBytes === 4
      ? new Int32Array(pixelData.length)
      : sampleBytes === 2
        ? new Int16Array(pixelData.length)
        : new Int8Array(pixelData.length);
  if (shift === 0) cells.set(pixelData);
  else for (let i = 0; i < cells.length; i++) cells[i] = (pixelData[i] as number) << shift;
  // Without a component transform the stream holds the colours that the header names.
  const wavelet = codec === "jpeg-2000" || codec === "htj2k";
  const rgb = lossyJpeg || (wavelet && (!/^YBR_(FULL|PARTIAL)/.test(photometric) || hasComponentTransform(bytes)));
  return {
    bytes: new Uint8Array(cells.buffer),
    description: afterDecoding(description, { precision, signed, sampleBytes, rgb }),
  };
}

/** The library's 12-bit decoder is off by up to 15 grey levels. */
function twelveBits(stream: Uint8Array, description: PixelDescription): DecodedFrame {
  if (description.samplesPerPixel !== 1)
    throw new ViewerError("unreadable", "JPEG of 12 bits in colour cannot be shown here.");
  try {
    const bytes = new Uint8Array(decodeGreyJpeg(stream).buffer);
    return {
      bytes,
      description: afterDecoding(description, { precision: 12, signed: false, sampleBytes: 2, rgb: false }),
    };
  } catch (error) {
    throw new ViewerError("unreadable", "The compressed pixels of this image are damaged.", { cause: error });
  }
}

async function inWorker(pixelData: Uint8Array, transferSyntax: string, size: object): Promise<WorkerFrame> {
  try {
    return (await core.getWebWorkerManager().executeTask("dicomImageLoader", "decodeTask", {
      // Declared as unsigned with all bits used: otherwise the library would change the values to match the header, not
      // always correctly.
      imageFrame: { ...size, bitsStored: 16, pixelRepresentation: 0, planarConfiguration: 0, signed: undefined },
      transferSyntax,
      pixelData: pixelData.slice(),
      options: { preScale: { enabled: false } },
      decodeConfig: undefined,
    })) as WorkerFrame;
  } catch (error) {
    throw new ViewerError("unreadable", "The compressed pixels of this image are damaged.", { cause: error });
  }
}

function swapped(bytes: Uint8Array, size: number): Uint8Array {
  const out = bytes.slice();
  for (let at = 0; size > 1 && at + size <= out.length; at += size) out.subarray(at, at + size).reverse();
  return out;
}

function unknownCompression(): ViewerError {
  return new ViewerError("unreadable", "The pixels of this image are compressed in a way that cannot be shown here.");
}

function damaged(): ViewerError {
  return new ViewerError("unreadable", "The image is damaged: its pixels are not what its header says.");
}
