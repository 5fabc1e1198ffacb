/**
 * Expands Segmented Palette Color Lookup Table Data (PS3.3 §C.7.9.2): discrete, linear and indirect segments.
 *
 * @param size bytes of an opcode, length or value: 1 for tables of 8 bits, 2 for those of 16.
 * @param limit entries that the descriptor declares; what is beyond is not made.
 * @returns undefined when the segments are not well formed, or do not make as many entries as declared.
 */
export function expandSegments(data: Uint8Array, size: 1 | 2, limit: number): Uint16Array | undefined {
  const words = wordsOf(data, size);
  const out: number[] = [];
  const whole = run(words, 0, Number.POSITIVE_INFINITY, size, limit, out, true);
  return whole && out.length >= limit ? Uint16Array.from(out.slice(0, limit)) : undefined;
}

function wordsOf(data: Uint8Array, size: 1 | 2): number[] {
  if (size === 1) return [...data];
  const words: number[] = [];
  for (let i = 0; i + 1 < data.length; i += 2) words.push((data[i] as number) | ((data[i + 1] as number) << 8));
  return words;
}

/** Expands `count` segments from word `at` on. */
function run(
  words: number[],
  start: number,
  count: number,
  size: 1 | 2,
  limit: number,
  out: number[],
  indirectAllowed: boolean,
): boolean {
  let at = start;
  for (let segment = 0; segment < count && at + 1 < words.length && out.length < limit; segment++) {
    const opcode = words[at] as number;
    const length = words[at + 1] as number;
    at += 2;
    if (opcode === 0) {
      if (at + length > words.length) return false;
      out.push(...words.slice(at, at + length));
      at += length;
    } else if (opcode === 1) {
      const from = out.at(-1);
      const to = words[at++];
      if (from === undefined || to === undefined) return false;
      for (let i = 1; i <= length; i++) out.push(Math.round(from + ((to - from) * i) / length));
    } else if (opcode === 2 && indirectAllowed) {
      // The offset is in bytes, least significant word first: two words of 16 bits, or four of 8.
      const parts = size === 1 ? 4 : 2;
      let offset = 0;
      for (let i = parts - 1; i >= 0; i--) offset = offset * 2 ** (8 * size) + (words[at + i] ?? 0);
      at += parts;
      // Segments that are pointed at may not point on: that would be a way to make a small file run for ever.
      if (!run(words, offset / size, length, size, limit, out, false)) return false;
    } else return false;
  }
  return true;
}
