import type { Lut, Window } from "@overread/shared/dicom/pixels/description";
import { type Voi as ChosenVoi, voiFunction } from "@overread/shared/dicom/pixels/voi";

export type Shape = Window["shape"];

/** How values become grey levels on the screen. With a table, centre and width refer to its inputs. */
export type Voi = { center: number; width: number; shape: Shape; lut: Lut | null };

/** Values drawn black and white; beyond them nothing changes. */
export type Range = { lower: number; upper: number };

/** Points of a non-linear curve. */
const curvePoints = 512;

export function voiOf(chosen: ChosenVoi): Voi {
  if (chosen.window) return { ...chosen.window, lut: null };
  const { first, values } = chosen.lut;
  // So that the first input is the lower end and the last the upper one.
  return { center: first + (values.length - 1) / 2, width: values.length - 1, shape: "LINEAR_EXACT", lut: chosen.lut };
}

/**
 * The ends of a window (PS3.3 §C.11.2.1.2, §C.11.2.1.3). A step, as with width 1, is drawn as the narrowest possible
 * ramp.
 */
export function rangeOf({ center, width, shape }: Voi): Range {
  const linear = shape === "LINEAR" && width >= 1;
  const lower = linear ? center - 0.5 - (width - 1) / 2 : center - width / 2;
  const upper = linear ? center - 0.5 + (width - 1) / 2 : center + width / 2;
  const narrowest = Math.max(1e-9, Math.abs(lower) * 2e-6);
  return { lower, upper: Math.max(upper, lower + narrowest) };
}

/** A window with these ends and the function of another. */
export function withRange({ shape, lut }: Voi, { lower, upper }: Range): Voi {
  const linear = shape === "LINEAR" ? 1 : 0;
  return { center: (lower + upper + linear) / 2, width: upper - lower + linear, shape, lut };
}

/**
 * Grey levels from 0 to 1 at even steps over a range of values; interpolated between them, constant beyond the ends.
 */
export type Curve = Range & { greys: number[] };

/** @param inverse the largest value becomes black. */
export function curveOf(voi: Voi, inverse: boolean): Curve {
  const { lower, upper } = rangeOf(voi);
  const curve = voi.lut
    ? lutCurve(voi.lut, lower, upper)
    : voi.shape === "SIGMOID"
      ? sigmoid(voi)
      : { lower, upper, greys: [0, 1] };
  return inverse ? { ...curve, greys: curve.greys.map((grey) => 1 - grey) } : curve;
}

function lutCurve(lut: Lut, lower: number, upper: number): Curve {
  const shade = voiFunction({ window: null, lut });
  const last = lut.values.length - 1;
  // A short table has steps, and each step takes two points of the curve.
  const points = Math.max(curvePoints, Math.min(last * 16 + 1, 4096));
  const greys = Array.from({ length: points }, (_, i) => shade(lut.first + (last * i) / (points - 1)));
  return { lower, upper, greys };
}

function sigmoid(voi: Voi): Curve {
  const { center, width } = voi;
  const shade = voiFunction({ window: { center, width, shape: "SIGMOID" }, lut: null });
  const reach = width * 1.6;
  const at = (i: number) => center - reach + (2 * reach * i) / (curvePoints - 1);
  return {
    lower: at(0),
    upper: at(curvePoints - 1),
    greys: Array.from({ length: curvePoints }, (_, i) => shade(at(i))),
  };
}

/** A centre or width as text. */
export function windowNumber(value: number): string {
  if (Math.abs(value) >= 10) return String(Math.round(value));
  return String(Math.abs(value) >= 1 ? Math.round(value * 100) / 100 : Number(value.toPrecision(3)));
}
