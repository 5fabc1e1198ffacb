import { inflateRawSync } from "node:zlib";
import type { PixelDescription } from "@overread/shared/dicom/pixels/description";
import { hasComponentTransform } from "@overread/shared/dicom/pixels/j2k-stream";
import { frameBytes } from "@overread/shared/dicom/pixels/stored-values";
import { TS, transferSyntaxes } from "@overread/shared/dicom/uids";
import { DomainError } from "@overread/shared/errors";
import { cannotDraw, damaged, makersOwn } from "./cannot-draw.ts";
import { dctSyntaxes, jpegLosslessSyntaxes, jpegLsCodecs, waveletCodecs } from "./codecs.ts";
import { decodeWith } from "./decode-with.ts";
import type { DecodedFrame } from "./decoded-frame.ts";
import { decodeJpeg, decodeJpegLossless } from "./jpeg.ts";
import { decodeRle } from "./rle.ts";

/**
 * Decodes one frame. Runs in a thread of its own (`thread.ts`): codecs are synchronous, and the input may be hostile.
 *
 * @throws {DomainError} `dicom.cannot-render`, with a `reason` in words, for what the description refuses, for syntaxes
 *   we have no decoder for, and for frames that do not decode to what the data set says they are.
 */
export async function decodeFrame(frame: Uint8Array, description: PixelDescription): Promise<DecodedFrame> {
  if (description.refusal) throw cannotDraw(description.refusal);
  try {
    return await decodeSyntax(frame, description);
  } catch (error) {
    throw error instanceof DomainError ? error : cannotDraw(damaged, error);
  }
}

async function decodeSyntax(frame: Uint8Array, description: PixelDescription): Promise<DecodedFrame> {
  const { transferSyntaxUid: syntax, photometric } = description;
  const known = transferSyntaxes[syntax];
  // What a private syntax does to its pixels is not for us to guess: no picture rather than a wrong one.
  if (!known || known.opaquePixels) throw cannotDraw(makersOwn);
  if (!known.encapsulated || syntax === TS.encapsulatedUncompressed) return { bytes: frame, description };
  if (syntax === TS.rleLossless)
    return { bytes: decodeRle(frame, description), description: { ...description, planar: false } };
  if (syntax === TS.deflatedImageFrame)
    return { bytes: inflateRawSync(frame, { maxOutputLength: frameBytes(description) + 2 }), description };
  if (jpegLosslessSyntaxes.has(syntax)) return decodeJpegLossless(frame, description);
  if (dctSyntaxes.has(syntax)) return decodeJpeg(frame, description);
  const wavelet = waveletCodecs[syntax];
  if (wavelet) {
    // Without its own transformation the stream holds the colours that the header names.
    const rgb = !/^YBR_(FULL|PARTIAL)/.test(photometric) || hasComponentTransform(frame);
    return decodeWith(wavelet, frame, description, ({ isSigned }) => ({ rgb, signed: isSigned ?? false }));
  }
  const jpegLs = jpegLsCodecs[syntax];
  if (jpegLs) return decodeWith(jpegLs, frame, description, () => ({ rgb: false, signed: false }));
  throw cannotDraw(`There is no decoder here for ${known.name}.`);
}
