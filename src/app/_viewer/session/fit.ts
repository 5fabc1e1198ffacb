import { number, text, texts } from "@overread/shared/dicom/attributes";
import { Tag } from "@overread/shared/dicom/tags";
import { sideOf } from "@overread/shared/hanging/pictures";
import type { Frame } from "../frame.ts";
import type { Cell, CellId } from "./cell.ts";
import { filledCells } from "./places.ts";
import type { SessionState } from "./state.ts";

/** How a picture stands in its cell as long as the reader has not moved it. */
export type Fit = {
  /** The edge of the cell at which the chest wall stands. */
  readonly wall: "left" | "right";
  /** It was sent the other way round. */
  readonly flipped: boolean;
  /** Every picture beside it has this room, here in the unit of this one's pixels: so all are of one scale. */
  readonly room: { readonly width: number; readonly height: number };
  /** What its reader has to know about how it stands. */
  readonly note: string | null;
};

/**
 * Back to back, as mammograms are read: the right breast with its chest wall at the right edge of its cell, the left one at the left, all of one scale.
 * By Patient Orientation (PS3.3 §C.7.6.1.1.1); null where side or orientation is not said, or where the rows run neither forwards nor backwards. One
 * with writing in its pixels is not turned: mirrored letters may be read as another side.
 */
export function fitOf(state: SessionState, id: CellId): Fit | null {
  const cell = state.cells[id];
  const frame = cell?.fit === "breast" ? frameOf(cell) : null;
  if (!frame) return null;
  const side = sideOf(frame.attributes);
  const [rowEnd = ""] = texts(frame.attributes, Tag.PatientOrientation);
  // Along a row, where the picture ends: at the front, then the chest wall is at its left.
  const stored = rowEnd.startsWith("A") ? "left" : rowEnd.startsWith("P") ? "right" : null;
  if (stored === null || side === null) return null;
  const wall = side === "R" ? "right" : "left";
  const written = text(frame.attributes, Tag.BurnedInAnnotation) === "YES";
  const beside = filledCells(state).flatMap(([, each]) => (each.fit === "breast" ? (frameOf(each) ?? []) : []));
  const scaled = frame.size.unit !== "px";
  const alike = beside.filter(({ size }) => (size.unit !== "px") === scaled);
  const here = scaleOf(frame);
  const room = {
    width: Math.max(...alike.map((each) => each.columns * each.size.column * scaleOf(each))) / here,
    height: Math.max(...alike.map((each) => each.rows * each.size.row * scaleOf(each))) / here,
  };
  if (written && stored !== wall) return { wall: stored, flipped: false, room, note: "not turned: has writing in it" };
  return { wall, flipped: stored !== wall, room, note: null };
}

/**
 * Millimetres in the breast for one unit of a picture's pixel size: what a detector measures is as much larger as the breast lay above it (PS3.3
 * §C.8.7.1, Estimated Radiographic Magnification Factor). Without a factor the breast lay on the detector.
 */
function scaleOf({ size, attributes }: Frame): number {
  const factor = number(attributes, Tag.EstimatedRadiographicMagnificationFactor) ?? 1;
  return size.unit === "mm at detector" && factor > 0 ? 1 / factor : 1;
}

const frameOf = ({ loaded, presentation }: Cell): Frame | null => loaded?.frames[presentation.index] ?? null;

/** Whether a cell shows its picture as in a mirror: turned by its protocol or by the reader. */
export function isMirrored(state: SessionState, id: CellId): boolean {
  const camera = state.cells[id]?.presentation.camera;
  return camera ? camera.flipped : (fitOf(state, id)?.flipped ?? false);
}
