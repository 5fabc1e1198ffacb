import { noiseSide, noiseTable } from "./random.ts";

/** An ellipse in millimetres; `angle` turns it, in radians from x towards y. */
export type Ellipse = { x: number; y: number; rx: number; ry: number; angle?: number };

/**
 * A picture under construction. Coordinates are millimetres with (0, 0) in the middle, x to the right and y down;
 * pixels are physical quantities (HU, signal, attenuation) until they are stored.
 */
export class Raster {
  readonly columns: number;
  readonly rows: number;
  readonly pixelMm: number;
  readonly data: Float32Array;

  constructor(columns: number, rows: number, pixelMm: number, background = 0) {
    this.columns = columns;
    this.rows = rows;
    this.pixelMm = pixelMm;
    this.data = new Float32Array(columns * rows).fill(background);
  }

  copy(): Raster {
    const copy = new Raster(this.columns, this.rows, this.pixelMm);
    copy.data.set(this.data);
    return copy;
  }

  /** Column of an x in millimetres, fractional. */
  column(x: number): number {
    return x / this.pixelMm + (this.columns - 1) / 2;
  }

  /** Row of a y in millimetres, fractional. */
  row(y: number): number {
    return y / this.pixelMm + (this.rows - 1) / 2;
  }

  /** The value at a point in millimetres; the nearest pixel, 0 outside. */
  at(x: number, y: number): number {
    const column = Math.round(this.column(x));
    const row = Math.round(this.row(y));
    if (column < 0 || row < 0 || column >= this.columns || row >= this.rows) return 0;
    return this.data[row * this.columns + column] ?? 0;
  }

  /**
   * Fills an ellipse.
   * @param over only where the value so far lies in this range: a vessel in the lung, not in the rib.
   */
  ellipse(shape: Ellipse, value: number, over?: readonly [low: number, high: number]): void {
    const { data } = this;
    this.spans(shape, (from, to) => {
      if (!over) {
        data.fill(value, from, to + 1);
        return;
      }
      for (let i = from; i <= to; i++) {
        const now = data[i] as number;
        if (now >= over[0] && now <= over[1]) data[i] = value;
      }
    });
  }

  /** Adds what a ray through a solid ellipsoid of this outline meets: `amount` in the middle, 0 at the rim. */
  ellipsoid(shape: Ellipse, amount: number, sharpness = 0.5): void {
    const { data } = this;
    this.spans(shape, (from, to, inside) => {
      for (let i = from; i <= to; i++) data[i] = (data[i] as number) + amount * inside(i) ** sharpness;
    });
  }

  /**
   * Calls back for each row's run of pixels inside an ellipse: first and last index, and how deep a pixel is
   * inside (1 in the middle, 0 at the rim).
   */
  spans(shape: Ellipse, fill: (from: number, to: number, inside: (index: number) => number) => void): void {
    const { columns, rows, pixelMm } = this;
    const { x, y, rx, ry, angle = 0 } = shape;
    if (rx <= 0 || ry <= 0) return;
    const cos = Math.cos(angle);
    const sin = Math.sin(angle);
    // |(dx, dy) turned back and scaled|² = a·dx² + 2·b·dx·dy + c·dy² ≤ 1
    const a = (cos / rx) ** 2 + (sin / ry) ** 2;
    const b = cos * sin * (1 / rx ** 2 - 1 / ry ** 2);
    const c = (sin / rx) ** 2 + (cos / ry) ** 2;
    const height = Math.sqrt(a / (a * c - b * b));
    const cx = this.column(x);
    const first = Math.max(0, Math.ceil(this.row(y - height)));
    const last = Math.min(rows - 1, Math.floor(this.row(y + height)));
    for (let row = first; row <= last; row++) {
      const dy = (row - this.row(y)) * pixelMm;
      const root = b * b * dy * dy - a * (c * dy * dy - 1);
      if (root < 0) continue;
      const middle = (-b * dy) / a;
      const half = Math.sqrt(root) / a;
      const left = Math.max(0, Math.ceil(cx + (middle - half) / pixelMm));
      const right = Math.min(columns - 1, Math.floor(cx + (middle + half) / pixelMm));
      if (left > right) continue;
      const start = row * columns;
      fill(start + left, start + right, (index) => {
        const dx = (index - start - cx) * pixelMm;
        return Math.max(0, 1 - (a * dx * dx + 2 * b * dx * dy + c * dy * dy));
      });
    }
  }

  /** Discs along a way, overlapping: a vessel, a rib, a fissure. `points` are [x, y, radius] in millimetres. */
  tube(points: readonly (readonly [number, number, number])[], draw: (disc: Ellipse) => void): void {
    for (let i = 1; i < points.length; i++) {
      const [x0, y0, r0] = points[i - 1] as readonly [number, number, number];
      const [x1, y1, r1] = points[i] as readonly [number, number, number];
      const steps = Math.max(
        1,
        Math.ceil(Math.hypot(x1 - x0, y1 - y0) / Math.max(this.pixelMm * 0.7, 0.3 * Math.min(r0, r1))),
      );
      for (let step = 0; step < steps; step++) {
        const t = step / steps;
        const r = r0 + (r1 - r0) * t;
        draw({ x: x0 + (x1 - x0) * t, y: y0 + (y1 - y0) * t, rx: r, ry: r });
      }
    }
  }

  /** Softens edges as partial volume does: binomial 3×3, `passes` times. */
  soften(passes = 1): void {
    const { columns, rows, data } = this;
    const above = new Float32Array(columns);
    for (let pass = 0; pass < passes; pass++) {
      above.set(data.subarray(0, columns));
      for (let row = 0; row < rows; row++) {
        const start = row * columns;
        const step = row + 1 < rows ? columns : 0;
        // Down the columns, row by row so that memory is read in order; then along the row.
        for (let column = 0, i = start; column < columns; column++, i++) {
          const here = data[i] as number;
          data[i] = ((above[column] as number) + 2 * here + (data[i + step] as number)) / 4;
          above[column] = here;
        }
        let before = data[start] as number;
        const last = start + columns - 1;
        for (let i = start; i <= last; i++) {
          const here = data[i] as number;
          data[i] = (before + 2 * here + (data[i < last ? i + 1 : i] as number)) / 4;
          before = here;
        }
      }
    }
  }

  /** Adds noise from the tables, starting at a corner picked by `offset`. `amount` is its deviation. */
  noise(amount: number, grain: number, offset: number): void {
    const { columns, rows, data } = this;
    const table = noiseTable(grain);
    const mask = noiseSide - 1;
    const top = (offset * 131) & mask;
    const left = (offset * 197) & mask;
    for (let row = 0; row < rows; row++) {
      const line = ((row + top) & mask) * noiseSide;
      const start = row * columns;
      for (let column = 0; column < columns; column++) {
        data[start + column] =
          (data[start + column] as number) + amount * (table[line + ((column + left) & mask)] as number);
      }
    }
  }

  /** Rounds to stored 16-bit values `(value - intercept) / slope`, kept between 0 and `max`. */
  toUint16(intercept: number, max: number, slope = 1): Uint16Array {
    const stored = new Uint16Array(this.data.length);
    for (let i = 0; i < stored.length; i++) {
      const value = ((this.data[i] as number) - intercept) / slope + 0.5;
      stored[i] = Math.max(0, Math.min(max, value));
    }
    return stored;
  }
}
