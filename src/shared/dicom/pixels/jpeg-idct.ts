/** `basis[x * 8 + u]` is half of C(u) cos((2x + 1) u pi / 16), ITU-T T.81 §A.3.3. */
const basis = Float64Array.from({ length: 64 }, (_, i) => {
  const x = i >> 3;
  const u = i & 7;
  return (u === 0 ? Math.SQRT1_2 : 1) * Math.cos(((2 * x + 1) * u * Math.PI) / 16) * 0.5;
});
const half = new Float64Array(64);

/** Inverse cosine transformation of a block of 8 × 8, in place. */
export function idct(block: Float64Array): void {
  if (block.every((value, i) => i === 0 || value === 0)) {
    block.fill((block[0] as number) / 8);
    return;
  }
  for (let row = 0; row < 64; row += 8) along(block, row, 1, half);
  for (let column = 0; column < 8; column++) along(half, column, 8, block);
}

function along(from: Float64Array, start: number, step: number, to: Float64Array): void {
  for (let x = 0; x < 8; x++) {
    let sum = 0;
    for (let u = 0; u < 8; u++) sum += (from[start + u * step] as number) * (basis[x * 8 + u] as number);
    to[start + x * step] = sum;
  }
}
