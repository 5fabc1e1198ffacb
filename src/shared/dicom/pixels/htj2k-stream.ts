/**
 * Where the resolutions of an HTJ2K codestream end that was made to be shown while it arrives: one tile, a tile-part for each resolution
 * (ISO/IEC 15444-1 §A.4.2), their lengths in the header (TLM, §A.7.1). So it is known from the first bytes how many of them make a picture.
 *
 * @param begin the codestream, or as much of it as has come.
 * @returns offsets behind the last byte of each resolution, the smallest picture first; the whole ends with a marker of two bytes more. Null
 *   where the header is not here yet, or says nothing of the kind.
 */
export function resolutionEnds(begin: Uint8Array): number[] | null {
  const view = new DataView(begin.buffer, begin.byteOffset, begin.byteLength);
  if (begin.length < 4 || view.getUint16(0) !== startOfCodestream) return null;
  let lengths: number[] = [];
  let resolutions = 0;
  for (let at = 2; at + 4 <= begin.length; ) {
    const marker = view.getUint16(at);
    if (marker === startOfTilePart) {
      if (lengths.length === 0 || lengths.length !== resolutions) return null;
      let end = at;
      return lengths.map((length) => (end += length));
    }
    const length = view.getUint16(at + 2);
    if (marker < 0xff00 || length < 2 || at + 2 + length > begin.length) return null;
    // One more than there are decompositions.
    if (marker === codingStyle) resolutions = view.getUint8(at + 9) + 1;
    if (marker === tilePartLengths) {
      const more = partLengths(view, at + 4, length - 2);
      if (!more) return null;
      lengths = [...lengths, ...more];
    }
    at += 2 + length;
  }
  return null;
}

/** Bytes of the whole codestream, by the same header. */
export function streamLength(begin: Uint8Array): number | null {
  const last = resolutionEnds(begin)?.at(-1);
  return last === undefined ? null : last + 2;
}

const startOfCodestream = 0xff4f;
const startOfTilePart = 0xff90;
const codingStyle = 0xff52;
const tilePartLengths = 0xff55;

function partLengths(view: DataView, at: number, length: number): number[] | null {
  const sizes = view.getUint8(at + 1);
  const indexBytes = (sizes >> 4) & 3;
  const lengthBytes = sizes & 0x40 ? 4 : 2;
  const step = indexBytes + lengthBytes;
  if (indexBytes === 3 || (length - 2) % step !== 0) return null;
  const lengths: number[] = [];
  for (let entry = at + 2 + indexBytes; entry < at + length; entry += step)
    lengths.push(lengthBytes === 4 ? view.getUint32(entry) : view.getUint16(entry));
  return lengths;
}
