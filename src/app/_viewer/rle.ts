/** Rows, columns, samples and bits of a frame. */
type Size = { rows: number; columns: number; samplesPerPixel: number; bitsAllocated: number };

/**
 * Decodes one RLE frame (PS3.5 Annex G): a segment for each byte of each sample, most significant byte first.
 *
 * @returns samples by pixel, little endian; null when segments are missing or short.
 */
export function decodeRle(
  frame: Uint8Array,
  { rows, columns, samplesPerPixel, bitsAllocated }: Size,
): Uint8Array | null {
  if (frame.length < 64) return null;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const pixels = rows * columns;
  const bits = bitsAllocated === 1;
  const sampleBytes = bits ? 1 : bitsAllocated / 8;
  const segments = samplesPerPixel * sampleBytes;
  if (view.getUint32(0, true) !== segments || segments > 15) return null;
  // A 1-bit image stays packed in its single segment.
  const count = bits ? Math.ceil(pixels / 8) : pixels;
  const out = new Uint8Array(count * segments);
  for (let segment = 0; segment < segments; segment++) {
    const start = view.getUint32(4 + 4 * segment, true);
    const end = segment + 1 < segments ? view.getUint32(8 + 4 * segment, true) : frame.length;
    if (start < 64 || end > frame.length || start > end) return null;
    const sample = Math.floor(segment / sampleBytes);
    const first = sample * sampleBytes + sampleBytes - 1 - (segment % sampleBytes);
    if (!unpackBits(frame.subarray(start, end), out, first, segments, count)) return null;
  }
  return out;
}

/** PackBits: n ≥ 0 copies n + 1 bytes, n < 0 repeats one 1 − n times, −128 does nothing. */
function unpackBits(from: Uint8Array, out: Uint8Array, first: number, stride: number, count: number): boolean {
  let written = 0;
  for (let at = 0; at < from.length && written < count; ) {
    const control = from[at++] as number;
    if (control < 128)
      for (let i = 0; i <= control && written < count && at < from.length; i++)
        out[first + stride * written++] = from[at++] as number;
    else if (control > 128) {
      const value = from[at++] ?? 0;
      for (let i = 0; i < 257 - control && written < count; i++) out[first + stride * written++] = value;
    }
  }
  return written === count;
}
