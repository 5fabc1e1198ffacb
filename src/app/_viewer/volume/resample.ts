import type { Frame, Slab } from "../frame.ts";
import { cross, dot, type Vec3 } from "../vectors.ts";
import type { VolumeShape } from "./volume-shape.ts";

export type Pixels = Uint8Array | Int16Array | Uint16Array | Float32Array;

/** A volume with its voxels, as modality values. */
export type Voxels = {
  readonly shape: VolumeShape;
  /** One for each slice, in the order of the shape's frames. */
  readonly slices: readonly Pixels[];
  /** Smallest and largest value of the volume. */
  readonly min: number;
  readonly max: number;
  /**
   * The same of each slice, where a slice has padding or an overlay: what lies beyond its own range is no value. Null
   * where every voxel has one.
   */
  readonly ranges: readonly { readonly min: number; readonly max: number }[] | null;
};

/** Values of a plane; NaN where it lies outside the volume or in padding. */
export type Sampled = { readonly values: Float32Array; readonly min: number; readonly max: number };

/** Where rounding puts a point of the outermost voxels just outside of them. */
const rounding = 1e-6;

/**
 * The values of a plane through a volume, interpolated between the eight voxels around each of its points.
 *
 * A slab takes its values at even distances through its thickness, not further apart than voxels are; what of it lies
 * outside the volume does not count. The mean weighs the two faces by half, as the mean over a thickness has to.
 */
export function sampledPlane(voxels: Voxels, plane: Frame): Sampled {
  const { shape } = voxels;
  const position = plane.position as Vec3;
  const right = plane.rowDirection as Vec3;
  const down = plane.columnDirection as Vec3;
  const normal = cross(right, down);
  const toIndex = inverseOf(shape.steps);
  const from = toIndex([position[0] - shape.origin[0], position[1] - shape.origin[1], position[2] - shape.origin[2]]);
  const dx = toIndex(scaled(right, plane.size.column));
  const dy = toIndex(scaled(down, plane.size.row));
  const slab = plane.reformat?.slab ?? null;
  const layers = layersOf(slab, Math.max(...toIndex(normal).map(Math.abs)));
  const length = plane.rows * plane.columns;
  const sums = new Float64Array(length);
  const weights = new Float32Array(length);
  for (const { mm, weight } of layers) {
    const away = toIndex(scaled(normal, mm));
    const start: Vec3 = [from[0] + away[0], from[1] + away[1], from[2] + away[2]];
    addLayer(
      voxels,
      { start, dx, dy, rows: plane.rows, columns: plane.columns },
      weight,
      slab?.kind ?? "average",
      sums,
      weights,
    );
  }
  const values = new Float32Array(length);
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < length; i++) {
    const weight = weights[i] as number;
    const value = weight === 0 ? Number.NaN : (sums[i] as number) / (slab && slab.kind !== "average" ? 1 : weight);
    values[i] = value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { values, min, max };
}

/** Distances from the middle of a slab at which it is sampled. @param perMm voxels that a millimetre through it passes, at most. */
function layersOf(slab: Slab | null, perMm: number): { mm: number; weight: number }[] {
  if (!slab) return [{ mm: 0, weight: 1 }];
  const count = Math.max(2, Math.ceil(slab.mm * perMm - rounding) + 1);
  return Array.from({ length: count }, (_, i) => ({
    mm: (i / (count - 1) - 0.5) * slab.mm,
    weight: i === 0 || i === count - 1 ? 0.5 : 1,
  }));
}

type Range = { readonly min: number; readonly max: number };
type Grid = { start: Vec3; dx: Vec3; dy: Vec3; rows: number; columns: number };

/** Adds a thin plane to a slab, point by point. */
function addLayer(
  { shape, slices, ranges }: Voxels,
  { start, dx, dy, rows, columns }: Grid,
  weight: number,
  kind: Slab["kind"],
  sums: Float64Array,
  weights: Float32Array,
): void {
  const [lastX, lastY, lastZ] = [shape.columns - 1, shape.rows - 1, shape.frames.length - 1];
  const perRow = shape.columns;
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      let x = start[0] + dx[0] * column + dy[0] * row;
      let y = start[1] + dx[1] * column + dy[1] * row;
      let z = start[2] + dx[2] * column + dy[2] * row;
      if (x < -rounding || y < -rounding || z < -rounding) continue;
      if (x > lastX + rounding || y > lastY + rounding || z > lastZ + rounding) continue;
      x = x < 0 ? 0 : Math.min(x, lastX);
      y = y < 0 ? 0 : Math.min(y, lastY);
      z = z < 0 ? 0 : Math.min(z, lastZ);
      const [x0, y0, z0] = [x | 0, y | 0, z | 0];
      const [fx, fy, fz] = [x - x0, y - y0, z - z0];
      const at = y0 * perRow + x0;
      const right = x0 < lastX ? 1 : 0;
      const below = y0 < lastY ? perRow : 0;
      const near = slices[z0] as Pixels;
      const z1 = z0 < lastZ ? z0 + 1 : z0;
      const far = slices[z1] as Pixels;
      let value: number;
      if (ranges) {
        const [one, two] = [ranges[z0] as Range, ranges[z1] as Range];
        value = amongPadding([near, far], [one, two], at, right, below, [fx, fy, fz]);
        if (Number.isNaN(value)) continue;
      } else {
        const a = mixed(near, at, right, below, fx, fy);
        value = fz === 0 ? a : a + (mixed(far, at, right, below, fx, fy) - a) * fz;
      }
      const i = row * columns + column;
      if (kind === "average") {
        sums[i] = (sums[i] as number) + value * weight;
        weights[i] = (weights[i] as number) + weight;
      } else if (weights[i] === 0 || (kind === "mip" ? value > (sums[i] as number) : value < (sums[i] as number))) {
        sums[i] = value;
        weights[i] = 1;
      }
    }
}

function mixed(slice: Pixels, at: number, right: number, below: number, fx: number, fy: number): number {
  const top = slice[at] as number;
  const bottom = slice[at + below] as number;
  const upper = top + ((slice[at + right] as number) - top) * fx;
  const lower = bottom + ((slice[at + below + right] as number) - bottom) * fx;
  return upper + (lower - upper) * fy;
}

/** Interpolates between those of the eight voxels that have a value; NaN where the nearest has none. */
function amongPadding(
  slices: readonly [Pixels, Pixels],
  ranges: readonly [Range, Range],
  at: number,
  right: number,
  below: number,
  [fx, fy, fz]: Vec3,
): number {
  let sum = 0;
  let total = 0;
  let most = 0;
  let nearest = Number.NaN;
  for (let corner = 0; corner < 8; corner++) {
    const weight = (corner & 1 ? fx : 1 - fx) * (corner & 2 ? fy : 1 - fy) * (corner & 4 ? fz : 1 - fz);
    if (weight === 0) continue;
    const side = corner & 4 ? 1 : 0;
    const value = slices[side][at + (corner & 1 ? right : 0) + (corner & 2 ? below : 0)] as number;
    const isValue = value >= ranges[side].min && value <= ranges[side].max;
    if (weight > most) {
      most = weight;
      nearest = isValue ? value : Number.NaN;
    }
    if (!isValue) continue;
    sum += value * weight;
    total += weight;
  }
  return Number.isNaN(nearest) ? Number.NaN : sum / total;
}

const scaled = (a: Vec3, by: number): Vec3 => [a[0] * by, a[1] * by, a[2] * by];

/** From a way in the patient, mm, to voxels along the three axes, which need not be at right angles. */
function inverseOf([a, b, c]: VolumeShape["steps"]): (way: Vec3) => Vec3 {
  const whole = dot(a, cross(b, c));
  const [alongA, alongB, alongC] = [cross(b, c), cross(c, a), cross(a, b)];
  return (way) => [dot(way, alongA) / whole, dot(way, alongB) / whole, dot(way, alongC) / whole];
}
