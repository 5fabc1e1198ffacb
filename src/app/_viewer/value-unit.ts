import { type Attributes, items, text, texts } from "@overread/shared/dicom/attributes";
import { Tag } from "@overread/shared/dicom/tags";
import { unit } from "@overread/shared/measurements/codes";
import type { Code } from "@overread/shared/measurements/measurement";

/** Defined terms of Rescale Type and Modality LUT Type (PS3.3 §C.11.1.1.2), as written beside a value. */
const rescaleTypes: Readonly<Record<string, string>> = {
  HU: "HU",
  HU_MOD: "HU, modified",
  OD: "10⁻³ OD",
  MGML: "mg/ml",
  Z_EFF: "Z eff",
  ED: "10²³ e/ml",
  EDW: "of water's electron density",
  PCT: "%",
};

/** Of PET images (PS3.3 §C.8.9.1.1.3). */
const petUnits: Readonly<Record<string, string>> = {
  BQML: "Bq/ml",
  CNTS: "counts",
  CPS: "counts/s",
  GML: "g/ml",
  PCNT: "%",
  CM2ML: "cm²/ml",
};

/**
 * The unit of an image's values after its modality transformation. A CT is in Hounsfield units unless it says otherwise (PS3.3 §C.8.2.1.1.2), but
 * not its localizer, and not one that is not rescaled.
 *
 * @returns null where the values have no unit that the image names.
 */
export function valueUnit(attributes: Attributes): string | null {
  const modality = text(attributes, Tag.Modality);
  if (modality === "PT") return petUnits[text(attributes, Tag.Units) ?? ""] ?? null;
  const [table] = items(attributes, Tag.ModalityLUTSequence);
  const said = table ? text(table, Tag.ModalityLUTType) : text(attributes, Tag.RescaleType);
  if (said) return said === "US" ? null : (rescaleTypes[said] ?? null);
  const isRescaled = text(attributes, Tag.RescaleIntercept) !== null;
  const isLocalizer = texts(attributes, Tag.ImageType)[2] === "LOCALIZER";
  return modality === "CT" && isRescaled && !isLocalizer && !table ? "HU" : null;
}

const ucum = (value: string, meaning: string): Code => ({ value, scheme: "UCUM", meaning });
const coded: Readonly<Record<string, Code>> = {
  HU: unit.hounsfield,
  "mg/ml": ucum("mg/ml", "mg/ml"),
  "%": ucum("%", "percent"),
  "Bq/ml": ucum("Bq/ml", "Becquerel/milliliter"),
  counts: ucum("{counts}", "Counts"),
  "counts/s": ucum("{counts}/s", "Counts per second"),
  "g/ml": ucum("g/ml", "Gram/milliliter"),
  "cm²/ml": ucum("cm2/ml", "Centimeter square/milliliter"),
};

/** A unit of {@link valueUnit} in UCUM; without one there, the reason says what the numbers are. */
export function codedUnit(said: string | null): { unit: Code; reason: string | null } {
  if (said === null) return { unit: unit.none, reason: "the image names no unit" };
  const known = coded[said];
  return known ? { unit: known, reason: null } : { unit: unit.none, reason: said };
}
