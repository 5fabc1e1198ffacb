/** What can be measured by drawing. */
export const measurementKinds = [
  ...(["length", "diameters", "angle", "cobb", "ellipse", "rectangle", "value"] as const),
] as const;
export type MeasurementKind = (typeof measurementKinds)[number];

/** What the left button does. */
export type ToolName = "scroll" | "window" | "pan" | "zoom" | MeasurementKind;
