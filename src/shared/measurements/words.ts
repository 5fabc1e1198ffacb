import { roundMeasurement } from "../dicom/measured-value.ts";
import { atDetector, unit } from "./codes.ts";
import type { KeptMeasurement, MeasuredValue } from "./measurement.ts";

/** `"12.4 mm"`, `"37.0°"`, `"118 px"`, `"45.3 HU"`; null where there is no number. */
export function valueWords({ value, unit: { value: code }, reason }: MeasuredValue): string | null {
  if (value === null) return null;
  switch (code) {
    case unit.pixels.value:
      return `${Math.round(value)} px`;
    case unit.degree.value:
      return `${value.toFixed(1)}°`;
    case unit.millimetre.value:
      return `${value.toFixed(1)} mm${reason === atDetector ? ` ${atDetector}` : ""}`;
    case unit.squareMillimetre.value:
      return `${value.toFixed(1)} mm²`;
    case unit.hounsfield.value:
      return `${value.toFixed(1)} HU`;
    case unit.none.value:
      return roundMeasurement(String(value));
    default:
      return `${roundMeasurement(String(value))} ${code}`;
  }
}

/** What stands at a kept drawing: the value that it is made for, else the reader's words, else its kind. */
export function keptWords({ kind, values, label }: Pick<KeptMeasurement, "kind" | "values" | "label">): string {
  const [first] = values;
  const said = first && valueWords(first);
  if (!said) return label || kind;
  return kind === "ellipse" || kind === "rectangle" ? `mean ${said}` : said;
}
