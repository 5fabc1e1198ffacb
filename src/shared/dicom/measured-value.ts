import { type Attributes, items, number, text } from "./attributes.ts";
import { Tag } from "./tags.ts";

/**
 * A number of a structured report for display: with its unit, or with a note that it has none, since a bare number
 * beside a length reads as millimetres; and without meaningless digits.
 *
 * @param item a content item of type NUM (PS3.3 §C.18.1)
 */
export function measuredText(item: Attributes): string {
  const [measured] = items(item, Tag.MeasuredValueSequence);
  const value = measured ? numericOf(measured) : null;
  if (!measured || value === null) {
    const [why] = items(item, Tag.NumericValueQualifierCodeSequence);
    const reason = why ? text(why, Tag.CodeMeaning) : null;
    return reason ? `not measured (${reason})` : "not measured";
  }
  const unit = unitOf(measured);
  return unit === "%" || unit === "°" ? `${value}${unit === "%" ? " " : ""}${unit}` : `${value} ${unit}`;
}

function numericOf(measured: Attributes): string | null {
  const written = text(measured, Tag.NumericValue);
  if (written !== null) return roundMeasurement(written);
  const floating = number(measured, Tag.FloatingPointValue);
  return floating === null ? null : roundMeasurement(String(floating));
}

/** Significant digits of a measurement; a whole number keeps all its digits. */
const significant = 4;

/**
 * At least four digits, and one decimal, where there are more: `64.4505437946691` is `64.45`, `1234.5678` is `1234.6`.
 * Anything that is no number is returned unchanged.
 */
export function roundMeasurement(written: string): string {
  const value = Number(written);
  if (written.trim() === "" || !Number.isFinite(value) || value === 0 || Number.isInteger(value))
    return /[eE]/.test(written) && Number.isSafeInteger(value) ? String(value) : written;
  const magnitude = Math.floor(Math.log10(Math.abs(value)));
  const decimals = Math.max(significant - 1 - magnitude, 1);
  const has = /^[^.eE]*\.(\d*)$/.exec(written)?.[1]?.length;
  if (has !== undefined && has <= decimals) return written;
  const short = magnitude < -6 ? value.toExponential(significant - 1) : value.toFixed(decimals);
  return short.includes("e") ? short : short.replace(/\.?0+$/, "");
}

function unitOf(measured: Attributes): string {
  const [unit] = items(measured, Tag.MeasurementUnitsCodeSequence);
  const code = unit ? (text(unit, Tag.CodeValue) ?? text(unit, Tag.LongCodeValue)) : null;
  const meaning = unit ? text(unit, Tag.CodeMeaning) : null;
  if (code === null) return meaning ?? "(no unit given)";
  // Pixels are counts, in many spellings.
  if (/^\W*(px|pix(el)?s?)\W*$/i.test(code) || (unitless.test(code) && /\bpix(el)?s?\b/i.test(meaning ?? "")))
    return "px";
  // `1` is UCUM's code for "no unit".
  if (code === "1") return "no unit (1)";
  const scheme = unit ? text(unit, Tag.CodingSchemeDesignator) : null;
  if (scheme !== null && scheme !== "UCUM") return meaning ?? code;
  return known[code] ?? ucumText(code) ?? meaning ?? code;
}

const unitless = /^(1|\{.*\})$/;

/** Units whose UCUM code is unsuitable for display. */
const known: Record<string, string> = {
  "[hnsf'U]": "HU",
  "{HU}": "HU",
  Cel: "°C",
  deg: "°",
  "'": "′",
  "''": "″",
  um: "µm",
  ug: "µg",
  us: "µs",
  "mm[Hg]": "mmHg",
  "m[H2O]": "mH₂O",
  "cm[H2O]": "cmH₂O",
  "[in_i]": "in",
  "[lb_av]": "lb",
};

/** A UCUM code for display (`10*-3.mm2/s` as `10⁻³·mm²/s`); null where it uses units in brackets. */
function ucumText(code: string): string | null {
  if (/[[\]]/.test(code)) return null;
  // Every second part is an annotation, which is plain text.
  const parts = code
    .split(/\{([^}]*)\}/)
    .map((part, at) => (at % 2 === 1 ? ` ${part.replaceAll("_", " ")} ` : inPrint(part)));
  return parts.join("").replace(/\s+/g, " ").trim();
}

function inPrint(units: string): string {
  return units
    .replace(/10[*^](-?\d+)/g, (_, power: string) => `10${raised(power)}`)
    .replace(/([A-Za-z])(-?\d+)/g, (_, letter: string, power: string) => letter + raised(power))
    .replaceAll(".", "·")
    .replace(/\bu(?=[A-Za-z])/g, "µ");
}

const raised = (power: string): string =>
  Array.from(power, (digit) => (digit === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹".charAt(Number(digit)))).join("");
