import type { LoadedSeries } from "../series-store.ts";
import type { ToolName } from "../tool-names.ts";
import type { ImagePointer, Measurement, SeriesForViewing, StudyForViewing } from "../types.ts";
import type { ViewerError } from "../viewer-error.ts";
import type { Voi } from "../voi.ts";
import type { Camera, CellId, Source, Studies } from "./cell.ts";

/** What the reader does. */
export type Deed =
  | { type: "set-layout"; rows: number; columns: number }
  /** The active cell takes the room of all, or gives it back. */
  | { type: "toggle-alone"; cell?: CellId }
  | { type: "activate"; cell: CellId }
  | { type: "next-cell"; by: 1 | -1 }
  /** A series is chosen, and the session finds its cell. */
  | { type: "open"; study: StudyForViewing; series: SeriesForViewing; at?: ImagePointer }
  /** A series is put into a cell. */
  | { type: "put"; cell: CellId; study: StudyForViewing; series: SeriesForViewing; frames?: readonly string[] }
  | { type: "step-series"; by: 1 | -1 }
  | { type: "toggle-prior" }
  /** Hangs the series of a prior that matches the current study: in a cell, or beside. */
  | { type: "choose-prior"; study: StudyForViewing; cell?: CellId }
  /** The answer to `asking`. */
  | { type: "answer"; yes: boolean }
  | { type: "open-document"; study: StudyForViewing; series: SeriesForViewing }
  | { type: "close-document" }
  /** @param alone linked cells stay where they are. */
  | { type: "scroll"; cell: CellId; images: number; alone?: boolean }
  | { type: "go"; cell: CellId; index: number }
  | { type: "jump"; to: ImagePointer }
  /** A number key: a window of the list, or `"0"`, as sent. */
  | { type: "preset"; key: string }
  | { type: "zoom"; cell: CellId; factor: number }
  | { type: "invert" }
  | { type: "flip" }
  | { type: "rotate" }
  | { type: "reset" }
  | { type: "toggle-cine" }
  | { type: "set-fps"; fps: number }
  | { type: "set-tool"; tool: ToolName }
  | { type: "toggle-link" }
  | { type: "toggle-stack-opening" }
  | { type: "mark" }
  | { type: "take-measurement"; measurement: Measurement }
  /** @param id the picked or else the last one when it is not told. */
  | { type: "remove-measurement"; id?: string }
  | { type: "retry"; cell: CellId }
  | { type: "undo" };

/** What came of it. */
type Report =
  | { type: "studies"; studies: Studies }
  /** @param opening the series of the current study that a prior is compared with. */
  | { type: "loaded"; cell: CellId; source: Source; loaded: LoadedSeries; opening: LoadedSeries | null }
  | { type: "not-loaded"; cell: CellId; source: Source; problem: ViewerError }
  | { type: "accepted"; study: StudyForViewing; deed: Deed }
  | { type: "not-accepted"; study: StudyForViewing; deed: Deed }
  | { type: "marked"; cell: CellId; refused: string | null }
  | { type: "unmark" }
  | { type: "measurements"; all: readonly Measurement[] }
  | { type: "fault"; said: string };

/** What a viewport tells of the series that it shows. */
export type ViewportReport =
  /** The first image is on its way to the screen. @param range its smallest and largest value; null for colour. */
  | { type: "stacked"; range: readonly [number, number] | null }
  | { type: "painted" }
  /** A hand pulled through the images. */
  | { type: "dragged"; images: number }
  /** The loop went on to another image. */
  | { type: "turned"; index: number }
  /** The window on the screen is another one. */
  | { type: "windowed"; index: number; window: Voi }
  /** The image lies otherwise than before; null is whole and upright. */
  | { type: "moved"; camera: Camera | null };

export type Action =
  | Deed
  | Report
  | { type: "viewport"; cell: CellId; loaded: LoadedSeries | null; report: ViewportReport };

/** What is left to do when the state has changed, by `run.ts`. */
export type Effect =
  /** A movement that the viewport's own camera makes; it reports `moved`. */
  | { type: "move"; cell: CellId; how: "flip" | "rotate" | "reset" | { zoomBy: number } }
  | { type: "refetch"; cell: CellId }
  /** Notes that the reader hangs a prior in doubt; answered by `accepted` or `not-accepted`. */
  | { type: "accept"; study: StudyForViewing; deed: Deed }
  /** Gives what the cell shows to the report; answered by `marked`. */
  | { type: "mark"; cell: CellId }
  | { type: "fade-mark"; afterMs: number }
  | { type: "take-measurement"; measurement: Measurement }
  | { type: "remove-measurement"; id: string | null }
  | { type: "keep-stack-opening" }
  | { type: "choose-tool" }
  | { type: "first-image"; cell: CellId };
