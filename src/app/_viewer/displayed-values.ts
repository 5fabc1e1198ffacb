import type { Picture, PixelDescription, StoredValues } from "@overread/shared/dicom/pixels/description";
import { toGrey } from "@overread/shared/dicom/pixels/grey";
import { drawOverlays } from "@overread/shared/dicom/pixels/overlay";
import { isPadding, modalityFunction } from "@overread/shared/dicom/pixels/voi";
import type { Range } from "./voi.ts";

/** What the graphics card gets for a grey image: modality values, to which any window can be applied. */
export type DisplayedValues = {
  values: Int16Array | Uint16Array | Float32Array;
  /** Smallest and largest value of the image, without padding and overlays. */
  min: number;
  max: number;
};

/**
 * Modality values of a frame (PS3.3 §C.11.1). Padding is drawn black and overlays white under any usual window: they
 * get values far outside the image's range.
 *
 * @param cells the frame's bytes, for overlays in unused bits of the pixel cells.
 * @param window the window the image opens with.
 */
export function displayedValues(
  stored: StoredValues,
  description: PixelDescription,
  cells: Uint8Array,
  window: Range,
): DisplayedValues {
  const modality = modalityFunction(description);
  const out = new Float32Array(stored.length);
  const marks = overlayMarks(stored, description, cells);
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let whole = true;
  let marked = marks !== null;
  for (let i = 0; i < stored.length; i++) {
    const value = stored[i] as number;
    if (isPadding(description, value)) {
      out[i] = Number.NaN;
      marked = true;
      continue;
    }
    const shown = Math.min(Math.max(modality(value), -3e38), 3e38);
    out[i] = shown;
    if (shown < min) min = shown;
    if (shown > max) max = shown;
    whole &&= Number.isInteger(shown);
  }
  if (min > max) [min, max] = [0, 1];
  if (!marked) return { values: narrowed(out, whole, min, max), min, max };
  const lowest = Math.min(min, window.lower);
  const highest = Math.max(max, window.upper);
  const span = highest - lowest;
  // Padding gets a far value, to stay dark in a wide window; overlays a nearer one, because interpolation between
  // overlay and image would otherwise thicken thin lines.
  const [far, near] = [2 * span + 1, span / 4 + 1];
  const [low, high] = [Math.floor(lowest - far), Math.ceil(highest + far)];
  const ends: [number, number] = [Math.floor(lowest - near), Math.ceil(highest + near)];
  const padding = description.inverse ? high : low;
  const [black, white] = description.inverse ? ends.toReversed() : ends;
  for (let i = 0; i < out.length; i++) {
    const mark = marks?.[i] ?? 0;
    if (mark !== 0) out[i] = (mark === 255 ? white : black) ?? 0;
    else if (Number.isNaN(out[i])) out[i] = padding;
  }
  return { values: narrowed(out, whole, low, high), min, max };
}

/** The smallest type that holds all values exactly, since a whole stack is kept in memory. */
function narrowed(values: Float32Array, whole: boolean, low: number, high: number): DisplayedValues["values"] {
  if (!whole) return values;
  // Never bytes: the library uses the type to decide whether the next image of the stack is colour.
  if (low >= -32_768 && high <= 32_767) return Int16Array.from(values);
  return low >= 0 && high <= 65_535 ? Uint16Array.from(values) : values;
}

/**
 * 255 where an overlay is drawn white, 1 where black, because the image is nearly white there; null without overlays.
 */
function overlayMarks(stored: StoredValues, description: PixelDescription, cells: Uint8Array): Uint8Array | null {
  if (description.overlays.length === 0) return null;
  const { rows: height, columns: width } = description;
  const before = toGrey(stored, description);
  const picture: Picture = { width, height, channels: 1, data: before.slice() };
  drawOverlays(picture, description, cells);
  return picture.data.map((grey, i) => (grey === before[i] ? 0 : grey === 255 ? 255 : 1));
}
