import type { PixelDescription } from "@overread/shared/dicom/pixels/description";
import { cannotDraw, damaged } from "./cannot-draw.ts";

/**
 * Decodes one RLE frame (PS3.5 Annex G): a segment for each byte of each sample, most significant byte first.
 *
 * @returns samples by pixel, little endian.
 * @throws {DomainError} `dicom.cannot-render` when segments are missing or short.
 */
export function decodeRle(
  frame: Uint8Array,
  {
    rows,
    columns,
    samplesPerPixel,
    bitsAllocated,
  }: Pick<PixelDescription, "rows" | "columns" | "samplesPerPixel" | "bitsAllocated">,
): Uint8Array {
  if (frame.length < 64) throw cannotDraw(damaged);
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const segments = view.getUint32(0, true);
  if (bitsAllocated === 1) return decodeBits(frame, view, rows * columns);
  const sampleBytes = Math.ceil(bitsAllocated / 8);
  if (segments !== samplesPerPixel * sampleBytes || segments > 15) throw cannotDraw(damaged);
  const pixels = rows * columns;
  const out = new Uint8Array(pixels * samplesPerPixel * sampleBytes);
  const stride = samplesPerPixel * sampleBytes;
  for (let segment = 0; segment < segments; segment++) {
    const start = view.getUint32(4 + 4 * segment, true);
    const end = segment + 1 < segments ? view.getUint32(8 + 4 * segment, true) : frame.length;
    if (start < 64 || end > frame.length || start > end) throw cannotDraw(damaged);
    const sample = Math.floor(segment / sampleBytes);
    const byte = sampleBytes - 1 - (segment % sampleBytes);
    unpackBits(frame.subarray(start, end), out, sample * sampleBytes + byte, stride, pixels);
  }
  return out;
}

/** A 1-bit image stays packed in its single segment. */
function decodeBits(frame: Uint8Array, view: DataView, pixels: number): Uint8Array {
  const out = new Uint8Array(Math.ceil(pixels / 8));
  const start = view.getUint32(4, true);
  if (view.getUint32(0, true) !== 1 || start < 64 || start > frame.length) throw cannotDraw(damaged);
  unpackBits(frame.subarray(start), out, 0, 1, out.length);
  return out;
}

/** PackBits: n ≥ 0 copies n + 1 bytes, n < 0 repeats one 1 − n times, −128 does nothing. */
function unpackBits(from: Uint8Array, out: Uint8Array, first: number, stride: number, count: number): void {
  let written = 0;
  for (let at = 0; at < from.length && written < count; ) {
    const control = from[at++] as number;
    if (control < 128) {
      for (let i = 0; i <= control && written < count && at < from.length; i++)
        out[first + stride * written++] = from[at++] as number;
    } else if (control > 128) {
      const value = from[at++] ?? 0;
      for (let i = 0; i < 257 - control && written < count; i++) out[first + stride * written++] = value;
    }
  }
  if (written < count) throw cannotDraw(damaged);
}
