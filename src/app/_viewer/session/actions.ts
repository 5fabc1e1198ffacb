import type { Protocol } from "@overread/shared/hanging/protocol";
import type { KeptPresentation } from "@overread/shared/measurements/markup";
import type { Slab } from "../frame.ts";
import type { LoadedSeries } from "../series-store.ts";
import type { ToolName } from "../tool-names.ts";
import type { ImagePointer, LostMeasurement, Measurement, SeriesForViewing, StudyForViewing } from "../types.ts";
import type { Vec3 } from "../vectors.ts";
import type { ViewerError } from "../viewer-error.ts";
import type { Voi } from "../voi.ts";
import type { Camera, CellId, Source, Studies } from "./cell.ts";

/** What the reader does. */
export type ReaderAction =
  | { type: "set-layout"; rows: number; columns: number }
  /** The next stage of the hanging protocol, or the one before. */
  | { type: "step-stage"; by: 1 | -1 }
  /** A stage of a protocol that fits. */
  | { type: "choose-protocol"; chosen: number; stage: number }
  /** Maximizes the active cell over the whole viewer, or restores the layout. */
  | { type: "toggle-maximized"; cell?: CellId }
  | { type: "activate"; cell: CellId }
  | { type: "next-cell"; by: 1 | -1 }
  /** A series was chosen; the session picks the cell. */
  | { type: "open"; study: StudyForViewing; series: SeriesForViewing; at?: ImagePointer }
  /** A series was put into a given cell. */
  | { type: "put"; cell: CellId; study: StudyForViewing; series: SeriesForViewing; frames?: readonly string[] }
  | { type: "step-series"; by: 1 | -1 }
  /** The three planes of the active cell's series beside it, or what was on the screen before. */
  | { type: "toggle-planes" }
  /** Other planes of the volume in a cell. */
  | { type: "set-plane"; cell: CellId; name?: "axial" | "coronal" | "sagittal"; slab?: Slab | null }
  /** Turns the other planes of a cell's volume about its normal, as a cross-hair is turned in it. @param degrees clockwise. */
  | { type: "turn-planes"; cell: CellId; degrees: number }
  /** Moves the cross-hair: every plane of the frame of reference goes through this point of the patient. */
  | { type: "cross"; cell: CellId; at: Vec3 }
  | { type: "toggle-prior" }
  /** Hangs the matching series of a prior in the given cell, or in a second cell beside the current study. */
  | { type: "choose-prior"; study: StudyForViewing; cell?: CellId }
  /** The answer to `question`. */
  | { type: "answer"; yes: boolean }
  | { type: "open-document"; study: StudyForViewing; series: SeriesForViewing }
  | { type: "close-document" }
  /** @param alone leaves the linked cells where they are. */
  | { type: "scroll"; cell: CellId; images: number; alone?: boolean }
  | { type: "go"; cell: CellId; index: number }
  | { type: "jump"; to: ImagePointer }
  /** A number key: a window preset, or `"0"` for the window as sent. */
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
  /** Takes back what one side was moved by; without a cell of every one that is linked with the active one. */
  | { type: "take-back-offset"; cell?: CellId }
  | { type: "toggle-stack-opening" }
  | { type: "mark" }
  | { type: "take-measurement"; measurement: Measurement }
  /** @param id without it, the selected measurement, else the last one. */
  | { type: "remove-measurement"; id?: string }
  | { type: "retry"; cell: CellId }
  | { type: "undo" };

/** Results of effects, and news from outside the session. */
type Report =
  | { type: "studies"; studies: Studies }
  | { type: "protocols"; protocols: readonly (readonly Protocol[])[] }
  /** @param opening the series of the current study that a prior is compared with. */
  | { type: "loaded"; cell: CellId; source: Source; loaded: LoadedSeries; opening: LoadedSeries | null }
  | { type: "not-loaded"; cell: CellId; source: Source; problem: ViewerError }
  | { type: "accepted"; study: StudyForViewing; pending: ReaderAction }
  | { type: "not-accepted"; study: StudyForViewing; pending: ReaderAction }
  | { type: "marked"; cell: CellId; refused: string | null }
  | { type: "unmark" }
  | { type: "measurements"; all: readonly Measurement[]; lost: readonly LostMeasurement[] }
  /** How the reader looked at series before. */
  | { type: "kept"; looked: readonly KeptPresentation[] }
  | { type: "fault"; message: string };

/** What a viewport reports about the series that it shows. */
export type ViewportReport =
  /** The first image is about to be drawn. @param range its smallest and largest value; null for colour. */
  | { type: "stacked"; range: readonly [number, number] | null }
  | { type: "painted" }
  /** The reader dragged through the images. */
  | { type: "dragged"; images: number }
  /** The cine loop went on to another image. */
  | { type: "turned"; index: number }
  /** The window on the screen has changed. */
  | { type: "windowed"; index: number; window: Voi }
  /** The camera has changed; null is the whole image, upright. */
  | { type: "moved"; camera: Camera | null };

export type Action =
  | ReaderAction
  | Report
  | { type: "viewport"; cell: CellId; loaded: LoadedSeries | null; report: ViewportReport };

/** Side effects of a state change; `run.ts` carries them out. */
export type Effect =
  /** Moves the viewport's own camera, which then reports `moved`. */
  | { type: "move"; cell: CellId; how: "flip" | "rotate" | "reset" | { zoomBy: number } }
  | { type: "refetch"; cell: CellId }
  /**
   * Records that the reader compares with a prior whose identity is in doubt; answered by `accepted` or `not-accepted`.
   */
  | { type: "accept"; study: StudyForViewing; pending: ReaderAction }
  /** Adds what the cell shows to the report as a key image; answered by `marked`. */
  | { type: "mark"; cell: CellId }
  | { type: "fade-mark"; afterMs: number }
  | { type: "take-measurement"; measurement: Measurement }
  | { type: "remove-measurement"; id: string | null }
  | { type: "keep-stack-opening" }
  | { type: "choose-tool" }
  | { type: "first-image"; cell: CellId };
