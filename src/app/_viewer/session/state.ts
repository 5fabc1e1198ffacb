import type { Link } from "../geometry.ts";
import type { StackOpening } from "../hanging.ts";
import type { ToolName } from "../tool-names.ts";
import type { Measurement, SeriesForViewing, StudyForViewing } from "../types.ts";
import type { Deed } from "./actions.ts";
import type { Cell, CellId, Layout, Studies, StudyKey } from "./cell.ts";

export type Cells = { readonly [id in CellId]?: Cell };

/** What an undo brings back. */
export type Arrangement = Pick<SessionState, "layout" | "cells" | "active" | "alone" | "links">;

export type SessionState = {
  readonly studies: Studies;
  /** The referring physician's page: one viewport. */
  readonly compact: boolean;
  readonly layout: Layout;
  /** By place. A place without a cell is empty; a cell outside of the layout waits for the layout to grow again. */
  readonly cells: Cells;
  /** The cell last worked in; it may lie outside of the layout, see `activeCell`. */
  readonly active: CellId;
  /** The cell of the current study last worked in. */
  readonly lastCurrent: CellId;
  /** The active cell has the room of all. */
  readonly alone: boolean;
  readonly tool: ToolName;
  /** Cells scroll together. */
  readonly linked: boolean;
  /** How two cells are held together, by `pairOf`; none where they have no place in common. */
  readonly links: Readonly<Record<string, Link>>;
  readonly stackOpening: StackOpening;
  /** A prior that may be of somebody else, about which the reader is asked, and what waits for the answer. */
  readonly asking: { readonly study: StudyForViewing; readonly deed: Deed } | null;
  /** Priors in doubt that the reader has said to show. */
  readonly accepted: readonly StudyKey[];
  /** A series without pictures, shown as a text or a page beside the images. */
  readonly document: { readonly study: StudyForViewing; readonly series: SeriesForViewing } | null;
  readonly measurements: readonly Measurement[];
  /** An image has been on the screen. */
  readonly painted: boolean;
  /** The library could not be set up at all. */
  readonly fault: string | null;
  /** What came of marking a key image, said at the image for a moment. */
  readonly marked: { readonly cell: CellId; readonly said: string; readonly taken: boolean } | null;
  /** Arrangements before this one, newest last. */
  readonly past: readonly Arrangement[];
};
