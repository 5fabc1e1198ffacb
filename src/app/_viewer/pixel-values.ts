import * as core from "@cornerstonejs/core";
import type { Frame } from "./frame.ts";
import type { PixelValues } from "./region-values.ts";
import { reductionOf } from "./texture-limit.ts";

/**
 * The values of a drawn image. Padding and overlays lie outside the range that the image gives for its own values (`displayedValues`): there nothing is
 * known.
 *
 * @returns a sentence where values would be none of the image's.
 */
export function pixelValuesOf(frame: Frame): PixelValues | string {
  const image = core.cache.getImage(frame.imageId);
  if (!image) return "the image is not loaded";
  if (image.color) return "no values in a colour image";
  if (reductionOf(frame) > 1) return "no values in a reduced image";
  const { columns, rows, minPixelValue, maxPixelValue } = image;
  const values = image.getPixelData();
  return {
    columns,
    rows,
    at(column, row) {
      if (column < 0 || row < 0 || column >= columns || row >= rows) return null;
      const value = values[row * columns + column];
      return value === undefined || value < minPixelValue || value > maxPixelValue ? null : value;
    },
  };
}
