import { colourCases } from "./colour.ts";
import { frameCases } from "./frames.ts";
import { modalityCases } from "./modality.ts";
import type { PixelCase } from "./pixel-case.ts";
import { presentationCases } from "./presentation.ts";
import { storedCases } from "./stored.ts";
import { voiCases } from "./voi.ts";

/** The table of the way from stored value to grey or colour. */
export const pixelCases: PixelCase[] = [
  ...storedCases,
  ...modalityCases,
  ...voiCases,
  ...presentationCases,
  ...colourCases,
  ...frameCases,
];
