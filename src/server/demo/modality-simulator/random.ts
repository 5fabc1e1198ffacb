/** A source of numbers in [0, 1) that is the same for the same seed. */
export type Random = () => number;

/** A generator (mulberry32) seeded by text (FNV-1a). */
export function randomFrom(seed: string): Random {
  let state = 0x811c9dc5;
  for (let i = 0; i < seed.length; i++) state = Math.imul(state ^ seed.charCodeAt(i), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Numbers of normal distribution, mean 0 and deviation 1 (Box-Muller). */
function gaussians(random: Random, count: number): Float32Array {
  const values = new Float32Array(count);
  for (let i = 0; i < count; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    values[i] = radius * Math.cos(angle);
    if (i + 1 < count) values[i + 1] = radius * Math.sin(angle);
  }
  return values;
}

/** Side of the square noise tables. A power of two, so that positions wrap by a mask. */
export const noiseSide = 512;

const tables = new Map<number, Float32Array>();

/**
 * Noise with a grain, deviation 1, `noiseSide` squared, seamless. Made once for each grain and then reused
 * from changing corners: what looks random to an eye costs no random numbers per slice.
 *
 * @param grain how many times neighbours are averaged; 0 is white noise.
 */
export function noiseTable(grain: number): Float32Array {
  const known = tables.get(grain);
  if (known) return known;
  let table = gaussians(randomFrom(`noise ${grain}`), noiseSide * noiseSide);
  for (let pass = 0; pass < grain; pass++) table = smoothWrapped(table);
  let squares = 0;
  for (const value of table) squares += value * value;
  const scale = 1 / Math.sqrt(squares / table.length);
  table = table.map((value) => value * scale);
  tables.set(grain, table);
  return table;
}

function smoothWrapped(table: Float32Array): Float32Array {
  const mask = noiseSide - 1;
  const at = (row: number, column: number): number => table[(row & mask) * noiseSide + (column & mask)] ?? 0;
  return table.map((value, i) => {
    const row = Math.floor(i / noiseSide);
    const column = i & mask;
    return (2 * value + at(row - 1, column) + at(row + 1, column) + at(row, column - 1) + at(row, column + 1)) / 6;
  });
}
