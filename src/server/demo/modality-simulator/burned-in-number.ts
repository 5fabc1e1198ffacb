/**
 * The slice number in the picture itself, so that a test can tell from a screenshot which slice is shown.
 *
 * Sixteen square cells in a row near the top left corner, which is air: on, off, twelve bits of the number
 * (highest first), even parity, on. A cell is columns / 128 pixels wide (at least 1) and lies one cell in.
 */
const bits = 12;
const cells = bits + 4;

/** Side of a cell in pixels. */
function cellSize(columns: number): number {
  return Math.max(1, Math.floor(columns / 128));
}

/**
 * Burns a number into stored pixels.
 * @param number 0 to 4095.
 * @param on stored value of a white cell; dark cells get `off`.
 */
export function burnInNumber(pixels: Uint16Array, columns: number, number: number, on: number, off: number): void {
  const side = cellSize(columns);
  for (const [index, lit] of pattern(number).entries()) {
    for (let row = side; row < 2 * side; row++) {
      const start = row * columns + side + index * side;
      pixels.fill(lit ? on : off, start, start + side);
    }
  }
}

/**
 * Reads the number back from the pixels of a slice, stored or as shown on the screen.
 *
 * @param pixels one value per pixel, row after row, of the whole slice (only its first rows are looked at).
 * @param columns pixels in a row.
 * @returns the slice number, or `null` when there is none.
 */
export function readBurnedInNumber(pixels: ArrayLike<number>, columns: number): number | null {
  const side = cellSize(columns);
  const middle = side + Math.floor(side / 2);
  const levels = Array.from({ length: cells }, (_, i) => pixels[middle * columns + middle + i * side] ?? 0);
  const on = levels[0] ?? 0;
  const off = levels[1] ?? 0;
  if (on - off < 20) return null;
  const lit = levels.map((level) => level > (on + off) / 2);
  const number = lit.slice(2, 2 + bits).reduce((value, bit) => value * 2 + (bit ? 1 : 0), 0);
  return pattern(number).every((bit, i) => bit === lit[i]) ? number : null;
}

function pattern(number: number): boolean[] {
  const digits = Array.from({ length: bits }, (_, i) => ((number >> (bits - 1 - i)) & 1) === 1);
  const parity = digits.filter(Boolean).length % 2 === 1;
  return [true, false, ...digits, parity, true];
}
