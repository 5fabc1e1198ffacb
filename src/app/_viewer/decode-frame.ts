import * as core from "@cornerstonejs/core";
import { afterDecoding } from "@overread/shared/dicom/pixels/after-decoding";
import type { PixelDescription } from "@overread/shared/dicom/pixels/description";
import { hasComponentTransform } from "@overread/shared/dicom/pixels/j2k-stream";
import { decodeGreyJpeg } from "@overread/shared/dicom/pixels/jpeg-grey";
import { jpegHeader, withColourTransform, withoutPointTransform } from "@overread/shared/dicom/pixels/jpeg-stream";
import type { StoredFrame } from "./fetch-frame.ts";
import { decodeRle } from "./rle.ts";
import { ViewerError } from "./viewer-error.ts";

/** A frame's bytes, little endian and not compressed, and how they are to be understood. */
export type DecodedFrame = { bytes: Uint8Array; description: PixelDescription };

const jpegBaseline = "1.2.840.10008.1.2.4.50";
const jpegInDct = /^1\.2\.840\.10008\.1\.2\.4\.5[0135]$/;
const native = /^1\.2\.840\.10008\.1\.2(\.1|\.1\.99|\.1\.98)?$/;
const bigEndian = "1.2.840.10008.1.2.2";
const rle = "1.2.840.10008.1.2.5";
const deflatedFrame = "1.2.840.10008.1.2.8.1";
const jpegLossless = /^1\.2\.840\.10008\.1\.2\.4\.(57|70)$/;
const wavelet = /^1\.2\.840\.10008\.1\.2\.4\.(9[01]|20[123])$/;
const byWorker = /^1\.2\.840\.10008\.1\.2\.4\.(5[01357]|70|8[01]|9[01]|20[123]|11[012])$/;

/**
 * Undoes the compression of a frame, in the image library's worker where that takes a codec. What the values mean is
 * left to the description: the library's own ideas of sign, bits and colours are kept out.
 *
 * @throws {ViewerError} in words, for what cannot be decoded or is not what the header says.
 */
export async function decodeFrame(stored: StoredFrame, description: PixelDescription): Promise<DecodedFrame> {
  const { bytes, transferSyntaxUid: syntax } = stored;
  if (native.test(syntax)) return { bytes, description };
  if (syntax === bigEndian) return { bytes: swapped(bytes, description.bitsAllocated / 8), description };
  if (syntax === rle) {
    const unpacked = decodeRle(bytes, description);
    if (!unpacked) throw damaged();
    return { bytes: unpacked, description: { ...description, planar: false } };
  }
  if (syntax === deflatedFrame) {
    const inflated = new Blob([bytes.slice()]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return { bytes: new Uint8Array(await new Response(inflated).arrayBuffer()), description };
  }
  if (!byWorker.test(syntax))
    throw new ViewerError("unreadable", "The pixels of this image are compressed in a way that cannot be shown here.");
  return compressed(bytes, syntax, description);
}

type WorkerFrame = {
  pixelData: Int8Array | Uint8Array | Int16Array | Uint16Array | Float32Array | Int32Array | Uint32Array;
  columns: number;
  rows: number;
  bitsPerPixel?: number;
  signed?: boolean;
  componentsPerPixel?: number;
};

async function compressed(bytes: Uint8Array, syntax: string, description: PixelDescription): Promise<DecodedFrame> {
  const { rows, columns, samplesPerPixel, photometric, bitsAllocated } = description;
  const header = jpegHeader(bytes);
  if (header && (header.width !== columns || header.height !== rows || header.components !== samplesPerPixel))
    throw damaged();
  if (header?.precision === 12 && jpegInDct.test(syntax)) return twelveBits(bytes, description);
  const { stream, shift } = jpegLossless.test(syntax) ? withoutPointTransform(bytes) : { stream: bytes, shift: 0 };
  const lossyJpeg = jpegInDct.test(syntax);
  const cell = (header?.precision ?? bitsAllocated) > 8 ? 16 : 8;
  const decoded = await inWorker(
    lossyJpeg ? withColourTransform(stream, photometric) : stream,
    // A stream of 8 bits is a baseline one whatever it is called, and the decoder for that knows its colours.
    lossyJpeg && header?.precision === 8 ? jpegBaseline : syntax,
    { rows, columns, samplesPerPixel, photometricInterpretation: photometric, bitsAllocated: cell },
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
  for (let i = 0; i < cells.length; i++) cells[i] = (pixelData[i] as number) << shift;
  // Without its own transformation a wavelet stream holds the colours that the header names.
  const rgb =
    lossyJpeg || (wavelet.test(syntax) && (!/^YBR_(FULL|PARTIAL)/.test(photometric) || hasComponentTransform(bytes)));
  return {
    bytes: new Uint8Array(cells.buffer),
    description: afterDecoding(description, { precision, signed, sampleBytes, rgb }),
  };
}

/** The library's decoder of 12 bits is 15 grey levels off. */
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
      // Unsigned and of all bits: the library would bend the values to what the header says, and not always well.
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

function damaged(): ViewerError {
  return new ViewerError("unreadable", "The image is damaged: its pixels are not what its header says.");
}
