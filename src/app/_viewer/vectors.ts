/** A point or direction in patient coordinates: x to the left, y to the back, z to the head. Millimetres. */
export type Vec3 = [number, number, number];

export function cross(a: Vec3, b: Vec3): Vec3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

export function dot(a: Vec3, b: Vec3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/** Scaled to length 1; null for the zero vector. */
export function unit(vector: readonly number[]): Vec3 | null {
  const [x, y, z] = vector;
  if (x === undefined || y === undefined || z === undefined) return null;
  const length = Math.hypot(x, y, z);
  return length > 0.5 ? [x / length, y / length, z / length] : null;
}
