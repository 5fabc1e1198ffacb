import type { Code } from "./measurement.ts";

const snomed = (value: string, meaning: string): Code => ({ value, scheme: "SCT", meaning });
const ucum = (value: string, meaning: string): Code => ({ value, scheme: "UCUM", meaning });

/** What is measured (PS3.16 CID 7469, 7470, 7471, 218 and their parts). */
export const quantity = {
  length: snomed("410668003", "Length"),
  longAxis: snomed("103339001", "Long Axis"),
  shortAxis: snomed("103340004", "Short Axis"),
  diameter: snomed("81827009", "Diameter"),
  perimeter: snomed("131191004", "Perimeter"),
  angle: snomed("1483009", "Angle"),
  cobbAngle: snomed("285285000", "Cobb angle"),
  area: snomed("42798000", "Area"),
  ratio: snomed("118586006", "Ratio"),
  mean: snomed("373098007", "Mean"),
  deviation: snomed("386136009", "Standard Deviation"),
  least: snomed("255605001", "Minimum"),
  most: snomed("56851009", "Maximum"),
  /** The value of a pixel where the modality gives it no other meaning. */
  pixelValue: { value: "pixel-value", scheme: "99OVERREAD", meaning: "Pixel value" },
  attenuation: { value: "112031", scheme: "DCM", meaning: "Attenuation Coefficient" },
  suvBodyWeight: { value: "126401", scheme: "DCM", meaning: "SUVbw" },
} as const satisfies Record<string, Code>;

/** Units in UCUM (PS3.16 CID 82, 7460 to 7462, 85). */
export const unit = {
  millimetre: ucum("mm", "millimeter"),
  squareMillimetre: ucum("mm2", "square millimeter"),
  degree: ucum("deg", "degree"),
  pixels: ucum("{pixels}", "pixels"),
  hounsfield: ucum("[hnsf'U]", "Hounsfield unit"),
  suvBodyWeight: ucum("g/ml{SUVbw}", "Standardized Uptake Value body weight"),
  none: ucum("1", "no units"),
} as const satisfies Record<string, Code>;

/** Said with a length in a projection: the detector's plane, where everything is magnified. */
export const atDetector = "at detector";
