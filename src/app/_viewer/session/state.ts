import type { Hanging } from "@overread/shared/hanging/hang";
import type { Protocol } from "@overread/shared/hanging/protocol";
import type { KeptPresentation } from "@overread/shared/measurements/markup";
import type { Link } from "../geometry.ts";
import type { StackOpening } from "../hanging.ts";
import type { ToolName } from "../tool-names.ts";
import type { LostMeasurement, Measurement, SeriesForViewing, StudyForViewing } from "../types.ts";
import type { Vec3 } from "../vectors.ts";
import type { ReaderAction } from "./actions.ts";
import type { Cell, CellId, Layout, Studies, StudyKey } from "./cell.ts";

type Cells = { readonly [id in CellId]?: Cell };

/** What an undo restores. */
type Arrangement = Pick<SessionState, "layout" | "cells" | "active" | "maximized" | "links" | "hanging">;

export type SessionState = {
  readonly studies: Studies;
  /** The referring physician's page: one viewport. */
  readonly compact: boolean;
  readonly layout: Layout;
  /** By cell id. An id without a cell is empty; a cell outside the layout is kept until the layout grows again. */
  readonly cells: Cells;
  /** The cell last used; it may lie outside the layout, see `activeCell`. */
  readonly active: CellId;
  /** The cell of the current study that was used last. */
  readonly lastCurrent: CellId;
  /** Hanging protocols that people keep: the reader's own, the group's. */
  readonly protocols: readonly (readonly Protocol[])[];
  /** The protocols that fit the study, which is in use, and its stage that was shown last; null where none fits. */
  readonly hanging: { readonly options: readonly Hanging[]; readonly chosen: number; readonly stage: number } | null;
  /** The active cell fills the viewer. */
  readonly maximized: boolean;
  readonly tool: ToolName;
  /** Cells scroll together. */
  readonly linked: boolean;
  /** How two cells are linked, by `pairOf`; no entry where they have no position in common. */
  readonly links: Readonly<Record<string, Link>>;
  readonly stackOpening: StackOpening;
  /** Where the cross-hairs of the planes meet, by Frame of Reference UID; patient coordinates, mm. */
  readonly crosses: Readonly<Record<string, Vec3>>;
  /** What was on the screen before the planes of a series; null while there are none. */
  readonly aside: Arrangement | null;
  /** Bytes that the voxels of all volumes may take together. */
  readonly volumeBytes: number;
  /** A prior whose identity is in doubt, and the action that waits for the reader's confirmation. */
  readonly question: { readonly study: StudyForViewing; readonly pending: ReaderAction } | null;
  /** Priors in doubt that the reader has confirmed. */
  readonly accepted: readonly StudyKey[];
  /** A document series, shown beside the images. */
  readonly document: { readonly study: StudyForViewing; readonly series: SeriesForViewing } | null;
  readonly measurements: readonly Measurement[];
  /** Measurements whose images cannot be opened any more. */
  readonly lost: readonly LostMeasurement[];
  /** How series were looked at before that have not been opened yet. */
  readonly looked: readonly KeptPresentation[];
  /** An image has been drawn. */
  readonly painted: boolean;
  /** The imaging library could not be initialised. */
  readonly fault: string | null;
  /** The result of marking a key image, shown at the image for a moment. */
  readonly marked: { readonly cell: CellId; readonly message: string; readonly taken: boolean } | null;
  /** Earlier arrangements for undo, newest last. */
  readonly past: readonly Arrangement[];
};
