import { inflateRawSync } from "node:zlib";
import type { PixelDescription } from "@overread/shared/dicom/pixels/description";
import { hasComponentTransform } from "@overread/shared/dicom/pixels/j2k-stream";
import { frameBytes } from "@overread/shared/dicom/pixels/stored-values";
import { transferSyntaxes } from "@overread/shared/dicom/transfer-syntaxes";
import { DomainError } from "@overread/shared/errors";
import { cannotDraw, damaged, makersOwn } from "./cannot-draw.ts";
import { type Codec, charls, openJpeg, openJph } from "./codecs.ts";
import { decodeWith } from "./decode-with.ts";
import type { DecodedFrame } from "./decoded-frame.ts";
import { decodeJpeg } from "./jpeg.ts";
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
  const known = transferSyntaxes[description.transferSyntaxUid];
  // What a private syntax does to its pixels is not for us to guess: no picture rather than a wrong one.
  if (!known || known.opaquePixels) throw cannotDraw(makersOwn);
  switch (known.codec) {
    case null:
      return { bytes: frame, description };
    case "rle":
      return { bytes: decodeRle(frame, description), description: { ...description, planar: false } };
    case "deflate":
      return { bytes: inflateRawSync(frame, { maxOutputLength: frameBytes(description) + 2 }), description };
    case "jpeg":
    case "jpeg-lossless":
      return decodeJpeg(frame, description);
    case "jpeg-ls":
      return decodeWith(charls, frame, description, () => ({ rgb: false, signed: false }));
    case "jpeg-2000":
      return decodeWavelet(openJpeg, frame, description);
    case "htj2k":
      return decodeWavelet(openJph, frame, description);
    default:
      throw cannotDraw(`There is no decoder here for ${known.name}.`);
  }
}

/** Without its own transformation the stream holds the colours that the header names. */
function decodeWavelet(codec: Codec, frame: Uint8Array, description: PixelDescription): Promise<DecodedFrame> {
  const rgb = !/^YBR_(FULL|PARTIAL)/.test(description.photometric) || hasComponentTransform(frame);
  return decodeWith(codec, frame, description, ({ isSigned }) => ({ rgb, signed: isSigned ?? false }));
}
