import { type Attributes, numbers, text } from "@overread/shared/dicom/attributes";
import { Tag } from "@overread/shared/dicom/tags";

/** Size of a pixel. `unit` says what the size refers to; with `px` only the aspect ratio is meaningful. */
export type PixelSize = { row: number; column: number; unit: "mm" | "mm at detector" | "px" };

const projection = new Set(["CR", "DX", "MG", "XA", "RF", "IO", "PX", "RG", "DR"]);

/**
 * Which spacing to use for lengths.
 *
 * In a projection, Imager Pixel Spacing is measured at the detector, where everything is magnified. Pixel Spacing there
 * refers to the patient only when a calibration is declared or when the two differ.
 *
 * @see DICOM PS3.3 §10.7.1.1 (Pixel Spacing calibration), §C.8.7.1.1.3 (Imager Pixel Spacing)
 */
export function pixelSize(attributes: Attributes): PixelSize {
  const pixel = pair(attributes, Tag.PixelSpacing);
  const imager = pair(attributes, Tag.ImagerPixelSpacing);
  if (pixel) {
    const atDetector =
      projection.has(text(attributes, Tag.Modality) ?? "") &&
      imager !== null &&
      imager.row === pixel.row &&
      imager.column === pixel.column &&
      text(attributes, Tag.PixelSpacingCalibrationType) === null;
    return { ...pixel, unit: atDetector ? "mm at detector" : "mm" };
  }
  if (imager) return { ...imager, unit: "mm at detector" };
  const [vertical, horizontal] = numbers(attributes, Tag.PixelAspectRatio);
  if (vertical && horizontal && vertical > 0 && horizontal > 0)
    return { row: vertical / horizontal, column: 1, unit: "px" };
  return { row: 1, column: 1, unit: "px" };
}

function pair(attributes: Attributes, tag: string): { row: number; column: number } | null {
  const [row, column] = numbers(attributes, tag);
  return row !== undefined && column !== undefined && row > 0 && column > 0 ? { row, column } : null;
}
