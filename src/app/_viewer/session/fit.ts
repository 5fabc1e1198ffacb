import { texts } from "@overread/shared/dicom/attributes";
import { Tag } from "@overread/shared/dicom/tags";
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
  /** Every picture beside it has this room, in the unit of the pixels' size: so all are of one scale. */
  readonly room: { readonly width: number; readonly height: number };
};

/**
 * Back to back, as mammograms are read: the right breast with its chest wall at the right edge of its cell, the left one at the left, all of one scale.
 * By Patient Orientation (PS3.3 §C.7.6.1.1.1); null where side or orientation is not said, or where the rows run neither forwards nor backwards.
 */
export function fitOf(state: SessionState, id: CellId): Fit | null {
  const cell = state.cells[id];
  const frame = cell?.fit === "breast" ? frameOf(cell) : null;
  if (!frame) return null;
  const side = frame.view?.split(" ")[0];
  const [rowEnd = ""] = texts(frame.attributes, Tag.PatientOrientation);
  // Along a row, where the picture ends: at the front, then the chest wall is at its left.
  const stored = rowEnd.startsWith("A") ? "left" : rowEnd.startsWith("P") ? "right" : null;
  if (stored === null || (side !== "L" && side !== "R")) return null;
  const wall = side === "R" ? "right" : "left";
  const beside = filledCells(state).flatMap(([, each]) => (each.fit === "breast" ? (frameOf(each) ?? []) : []));
  const alike = beside.filter(({ size }) => size.unit === frame.size.unit);
  return {
    wall,
    flipped: stored !== wall,
    room: {
      width: Math.max(...alike.map(({ columns, size }) => columns * size.column)),
      height: Math.max(...alike.map(({ rows, size }) => rows * size.row)),
    },
  };
}

const frameOf = ({ loaded, presentation }: Cell): Frame | null => loaded?.frames[presentation.index] ?? null;
