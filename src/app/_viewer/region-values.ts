/** Values of an image as it is drawn, by pixel. */
export type PixelValues = {
  readonly columns: number;
  readonly rows: number;
  /** The value of a pixel; null where nothing is known of it: padding, or hidden by an overlay. */
  at(column: number, row: number): number | null;
};

/** A region of an image, in pixels from the centre of the first one, by half axes (ellipse) or edges (rectangle) from its centre. */
export type Region = {
  readonly shape: "ellipse" | "rectangle";
  readonly center: readonly [number, number];
  /** Half of one axis, and half of the other; not parallel. */
  readonly half: readonly [readonly [number, number], readonly [number, number]];
};

export type RegionValues = {
  mean: number;
  /** Of the pixels as a population. */
  deviation: number;
  min: number;
  max: number;
  /** Pixels whose centres lie inside, and how many of those have no value. */
  pixels: number;
  without: number;
};

/** Area in pixels. */
export function areaOf({ shape, half: [u, v] }: Region): number {
  const box = 4 * Math.abs(u[0] * v[1] - u[1] * v[0]);
  return shape === "ellipse" ? (box * Math.PI) / 4 : box;
}

/** Mean, deviation and range of the pixels whose centres lie inside a region. Null where none has a value. */
export function valuesIn(region: Region, image: PixelValues): RegionValues | null {
  const { shape, center, half } = region;
  const [u, v] = half;
  const reach = [0, 1].map((axis) => Math.abs(u[axis] ?? 0) + Math.abs(v[axis] ?? 0)) as [number, number];
  const determinant = u[0] * v[1] - u[1] * v[0];
  if (determinant === 0) return null;
  // Welford's: a sum of squares of large values would lose the small ones.
  let [count, mean, squares, pixels] = [0, 0, 0, 0];
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const from = (axis: 0 | 1) => Math.max(0, Math.ceil(center[axis] - reach[axis]));
  const to = (axis: 0 | 1, size: number) => Math.min(size - 1, Math.floor(center[axis] + reach[axis]));
  for (let row = from(1); row <= to(1, image.rows); row++)
    for (let column = from(0); column <= to(0, image.columns); column++) {
      const [x, y] = [column - center[0], row - center[1]];
      const [s, t] = [(x * v[1] - y * v[0]) / determinant, (y * u[0] - x * u[1]) / determinant];
      const inside = shape === "ellipse" ? s * s + t * t <= 1 : Math.abs(s) <= 1 && Math.abs(t) <= 1;
      if (!inside) continue;
      pixels++;
      const value = image.at(column, row);
      if (value === null) continue;
      count++;
      const off = value - mean;
      mean += off / count;
      squares += off * (value - mean);
      if (value < min) min = value;
      if (value > max) max = value;
    }
  return count === 0
    ? null
    : { mean, deviation: Math.sqrt(squares / count), min, max, pixels, without: pixels - count };
}
