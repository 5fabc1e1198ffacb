import { dataSet, type WritableDataSet } from "@overread/shared/dicom/build";
import type { KeptPresentation } from "@overread/shared/measurements/markup";
import type { MarkedImage } from "./signed-markup.ts";

/** Rotated clockwise by so many degrees, then flipped from left to right (PS3.3 C.10.6). */
export type Turn = { rotation: 0 | 90 | 180 | 270; flipped: boolean };
/** Corners as column and row from 1, as they stand on the screen; `spacing` in mm, rows then columns (PS3.3 C.10.4). */
export type DisplayedArea = {
  topLeft: readonly [number, number];
  bottomRight: readonly [number, number];
  spacing: readonly [number, number] | null;
};

type Camera = NonNullable<KeptPresentation["camera"]>;
type Pair = readonly [number, number];
const whole: Camera = { zoom: 1, pan: [0, 0], rotation: 0, flipped: false };

/**
 * What of an image was on the screen, in a cell of the image's proportions. The viewer flips first and then rotates
 * clockwise; a presentation state rotates first, so that of a flipped image the angle is the other way.
 */
export function displayedArea(
  { rows, columns, pixelSpacing }: Pick<MarkedImage, "rows" | "columns" | "pixelSpacing">,
  camera: Camera | null,
): { area: DisplayedArea; turn: Turn } {
  const { zoom, pan, rotation, flipped } = camera ?? whole;
  const quarter = ((Math.round(rotation / 90) % 4) + 4) % 4;
  const angle = (quarter * 90) as Turn["rotation"];
  const turned = quarter % 2 === 1;
  const half: Pair = [(turned ? rows : columns) / 2 / zoom, (turned ? columns : rows) / 2 / zoom];
  /** From the cell's centre, where the image's centre stands aside by `pan`, into the image. */
  const intoImage = (x: number, y: number): Pair => {
    const [right, down] = [x - pan[0], y - pan[1]];
    const back = [
      [right, down],
      [down, -right],
      [-right, -down],
      [-down, right],
    ][quarter] as [number, number];
    return [(flipped ? -back[0] : back[0]) + columns / 2, back[1] + rows / 2];
  };
  const [from, to] = [intoImage(-half[0], -half[1]), intoImage(half[0], half[1])];
  const [left, right] = pixels(from[0], to[0]);
  const [top, bottom] = pixels(from[1], to[1]);
  return {
    area: { topLeft: [left, top], bottomRight: [right, bottom], spacing: pixelSpacing },
    turn: { rotation: flipped ? (((360 - angle) % 360) as Turn["rotation"]) : angle, flipped },
  };
}

/** First and last pixel between two edges, counted from 1, in the direction from the one to the other. */
function pixels(from: number, to: number): Pair {
  return from < to
    ? [Math.round(from) + 1, Math.max(Math.round(to), Math.round(from) + 1)]
    : [Math.max(Math.round(from), Math.round(to) + 1), Math.round(to) + 1];
}

/** PS3.3 C.10.6; nothing where the image stands as it was sent. */
export function spatialTransformation({ rotation, flipped }: Turn): WritableDataSet {
  if (rotation === 0 && !flipped) return {};
  return dataSet({ ImageHorizontalFlip: flipped ? "Y" : "N", ImageRotation: rotation });
}
