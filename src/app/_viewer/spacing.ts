import { type Attributes, items, number, numbers, text } from "./attributes.ts";

/** Size of a pixel. `unit` says how far it can be trusted; with `px` both sizes only carry the aspect ratio. */
export type PixelSize = { row: number; column: number; unit: "mm" | "mm at detector" | "px" };

/** A calibrated part of an ultrasound image; bounds in pixels, inclusive; deltas in millimetres per pixel. */
export type UltrasoundRegion = { x0: number; y0: number; x1: number; y1: number; deltaX: number; deltaY: number };

const projection = new Set(["CR", "DX", "MG", "XA", "RF", "IO", "PX", "RG", "DR"]);

/**
 * Which spacing holds for lengths.
 *
 * In a projection, Imager Pixel Spacing is measured on the detector, where everything is larger than in the
 * patient. Pixel Spacing there means the patient only when a calibration is told or when the two differ.
 *
 * @see DICOM PS3.3 §10.7.1.1 (Pixel Spacing calibration), §C.8.7.1.1.3 (Imager Pixel Spacing)
 */
export function pixelSize(attributes: Attributes): PixelSize {
  const pixel = pair(attributes, "00280030");
  const imager = pair(attributes, "00181164");
  if (pixel) {
    const atDetector =
      projection.has(text(attributes, "00080060") ?? "") &&
      imager !== null &&
      imager.row === pixel.row &&
      imager.column === pixel.column &&
      text(attributes, "00280A02") === null;
    return { ...pixel, unit: atDetector ? "mm at detector" : "mm" };
  }
  if (imager) return { ...imager, unit: "mm at detector" };
  const [vertical, horizontal] = numbers(attributes, "00280034");
  if (vertical && horizontal && vertical > 0 && horizontal > 0)
    return { row: vertical / horizontal, column: 1, unit: "px" };
  return { row: 1, column: 1, unit: "px" };
}

function pair(attributes: Attributes, tag: string): { row: number; column: number } | null {
  const [row, column] = numbers(attributes, tag);
  return row !== undefined && column !== undefined && row > 0 && column > 0 ? { row, column } : null;
}

const centimetres = 3;
const tissue = new Set([1, 2]);

/**
 * Regions of an ultrasound image in which a distance can be measured: 2D tissue or colour flow, both axes in cm.
 *
 * @see DICOM PS3.3 §C.8.5.5
 */
export function ultrasoundRegions(attributes: Attributes): UltrasoundRegion[] {
  const regions: UltrasoundRegion[] = [];
  for (const item of items(attributes, "00186011")) {
    const x0 = number(item, "00186018");
    const y0 = number(item, "0018601A");
    const x1 = number(item, "0018601C");
    const y1 = number(item, "0018601E");
    const deltaX = Math.abs(number(item, "0018602C") ?? 0) * 10;
    const deltaY = Math.abs(number(item, "0018602E") ?? 0) * 10;
    if (x0 === null || y0 === null || x1 === null || y1 === null || deltaX === 0 || deltaY === 0) continue;
    if (number(item, "00186024") !== centimetres || number(item, "00186026") !== centimetres) continue;
    const dataType = number(item, "00186014");
    if (number(item, "00186012") !== 1 || (dataType !== null && !tissue.has(dataType))) continue;
    regions.push({ x0, y0, x1, y1, deltaX, deltaY });
  }
  return regions;
}
