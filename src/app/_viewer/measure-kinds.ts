import { atDetector, quantity, unit as units } from "@overread/shared/measurements/codes";
import type { Code, MeasuredValue } from "@overread/shared/measurements/measurement";
import type { Frame } from "./frame.ts";
import { angleBetween, angleOf, asValue, lengthOf, type Reading, readingText, scaleOf, toPixel } from "./measure.ts";
import { areaOf, type PixelValues, type Region, valuesIn } from "./region-values.ts";
import type { MeasurementKind } from "./tool-names.ts";
import { codedUnit, valueUnit } from "./value-unit.ts";
import type { Vec3 } from "./vectors.ts";

/** What a measurement says. */
export type Said = {
  /** The number that it is made for. */
  value: number;
  unit: string;
  /** Beside it on the image. */
  lines: string[];
  /** In the report, without its place. */
  words: string;
  /** As it is kept and sent. */
  values: MeasuredValue[];
};

/** @param values of the image; a sentence says why there are none. */
type Say = (frame: Frame, points: readonly Vec3[], values: PixelValues | string) => Said | null;

const said = (values: MeasuredValue[], { reason, ...reading }: Reading, words = readingText(reading)): Said => ({
  ...reading,
  lines: [words, ...(reason ? [reason] : [])],
  words: [words, reason].filter(Boolean).join(", "),
  values,
});
const saidOne = (what: Code, reading: Reading): Said => said([asValue(what, reading)], reading);

const length: Say = (frame, [from, to]) => {
  const reading = from && to && lengthOf(frame, from, to);
  return reading && reading.value > 0 ? saidOne(quantity.length, reading) : null;
};

const angle: Say = (frame, [a, vertex, b]) => {
  const reading = a && vertex && b && angleOf(frame, a, vertex, b);
  return reading ? saidOne(quantity.angle, reading) : null;
};

/** The angle between two lines that somebody drew, each from the left to the right end of what it stands on (Cobb). */
const cobb: Say = (frame, [a, b, c, d]) => {
  const reading = a && b && c && d && angleBetween(frame, [a, b], [c, d]);
  return reading ? saidOne(quantity.cobbAngle, reading) : null;
};

/** The longest diameter and the one across it. */
const diameters: Say = (frame, [a, b, c, d]) => {
  if (!a || !b || !c || !d) return null;
  const [long, short] = [lengthOf(frame, a, b), lengthOf(frame, c, d)].toSorted((x, y) => y.value - x.value);
  if (!long || !short || long.value === 0) return null;
  const kept = [asValue(quantity.longAxis, long), asValue(quantity.shortAxis, short)];
  // Of one image both have the same unit, unless an ultrasound region holds one of them only.
  if (long.unit !== short.unit)
    return said(
      kept,
      { ...long, reason: long.reason ?? short.reason ?? "" },
      `${readingText(long)} × ${readingText(short)}`,
    );
  const digits = (value: number) => (long.unit === "px" ? String(Math.round(value)) : value.toFixed(1));
  return said(kept, long, `${digits(long.value)} × ${digits(short.value)} ${long.unit}`);
};

/** By the corners or the ends of the axes, as the tools keep them. */
const regionOf: Record<Region["shape"], (points: readonly [number, number][]) => Region | null> = {
  ellipse([bottom, top, left, right]) {
    if (!bottom || !top || !left || !right) return null;
    return { shape: "ellipse", center: middle(left, right), half: [halfOf(left, right), halfOf(bottom, top)] };
  },
  rectangle([corner, across, down, opposite]) {
    if (!corner || !across || !down || !opposite) return null;
    return {
      shape: "rectangle",
      center: middle(corner, opposite),
      half: [halfOf(corner, across), halfOf(corner, down)],
    };
  },
};
const middle = (a: [number, number], b: [number, number]): [number, number] => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
const halfOf = (a: [number, number], b: [number, number]): [number, number] => [(b[0] - a[0]) / 2, (b[1] - a[1]) / 2];

const region =
  (shape: Region["shape"]): Say =>
  (frame, points, values) => {
    const pixels = points.map((point) => toPixel(frame, point));
    const drawn = regionOf[shape](pixels);
    if (!drawn || areaOf(drawn) === 0) return null;
    const scale = scaleOf(frame, pixels);
    const size =
      "reason" in scale
        ? `${Math.round(areaOf(drawn))} px`
        : areaInWords(areaOf(drawn) * scale.x * scale.y, scale.unit === "mm at detector" ? " at detector" : "");
    const without = "reason" in scale ? [scale.reason] : [];
    const area: MeasuredValue =
      "reason" in scale
        ? { quantity: quantity.area, value: areaOf(drawn), unit: units.pixels, reason: scale.reason }
        : {
            quantity: quantity.area,
            value: areaOf(drawn) * scale.x * scale.y,
            unit: units.squareMillimetre,
            reason: scale.unit === "mm" ? null : atDetector,
          };
    const read = typeof values === "string" ? values : valuesIn(drawn, values);
    if (read === null || typeof read === "string") {
      const lines = [size, ...without, read ?? "no values here"];
      const none = { quantity: quantity.mean, value: null, unit: units.none, reason: read ?? "no values here" };
      return { value: areaOf(drawn), unit: "px", lines, words: lines.join(", "), values: [none, area] };
    }
    const unit = valueUnit(frame.attributes);
    const named = (value: number) => valueText(value, unit);
    const left = read.without > 0 ? [`${read.without} of ${read.pixels} pixels left out`] : [];
    const mean = `Mean ${named(read.mean)}, SD ${valueText(read.deviation, null)}`;
    const range = `${valueText(read.min, null)} to ${named(read.max)}`;
    const lines = [mean, range, size, ...without, ...left];
    const coded = codedUnit(unit);
    return {
      value: read.mean,
      unit: unit ?? "",
      lines,
      values: [
        { quantity: quantity.mean, value: read.mean, ...coded },
        { quantity: quantity.deviation, value: read.deviation, ...coded },
        { quantity: quantity.least, value: read.min, ...coded },
        { quantity: quantity.most, value: read.max, ...coded },
        area,
      ],
      words: [`mean ${mean.slice(5)}`, range, size, ...without, ...left].join(", "),
    };
  };

/** The value of the pixel that a point lies in. */
const value: Say = (frame, [point], values) => {
  if (!point) return null;
  const [column, row] = toPixel(frame, point).map(Math.round) as [number, number];
  const read = typeof values === "string" ? values : values.at(column, row);
  if (typeof read !== "number") {
    const words = read ?? "no value here";
    const none = { quantity: quantity.pixelValue, value: null, unit: units.none, reason: words };
    return { value: Number.NaN, unit: "", lines: [words], words, values: [none] };
  }
  const unit = valueUnit(frame.attributes);
  const words = valueText(read, unit);
  const what = unit === "HU" ? quantity.attenuation : quantity.pixelValue;
  const kept = { quantity: what, value: read, ...codedUnit(unit) };
  return { value: read, unit: unit ?? "", lines: [words], words, values: [kept] };
};

/** What each kind of measurement says of its points. */
export const sayings: Readonly<Record<MeasurementKind, Say>> = {
  length,
  angle,
  diameters,
  cobb,
  ellipse: region("ellipse"),
  rectangle: region("rectangle"),
  value,
};

/** `45.3 HU`, `1240`, `0.87`: as many digits as are worth reading. */
function valueText(value: number, unit: string | null): string {
  const size = Math.abs(value);
  const digits = Number.isInteger(value) ? 0 : size >= 1000 ? 0 : size >= 1 ? 1 : 3;
  return [value.toFixed(digits).replace(/^-(0(?:\.0*)?)$/, "$1"), unit].filter(Boolean).join(" ");
}

/** From 1 cm² on in cm². @param plane in which the size holds. */
function areaInWords(mm2: number, plane: string): string {
  return mm2 >= 100 ? `${(mm2 / 100).toFixed(2)} cm²${plane}` : `${mm2.toFixed(1)} mm²${plane}`;
}
