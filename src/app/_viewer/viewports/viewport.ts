import type { Frame } from "../frame.ts";
import type { Letters } from "../geometry.ts";
import type { LoadedSeries } from "../series-store.ts";
import type { ViewportReport } from "../session/actions.ts";
import type { Cell } from "../session/cell.ts";
import type { Fit } from "../session/fit.ts";
import type { Store } from "../store.ts";
import type { Vec3 } from "../vectors.ts";
import type { ViewerError } from "../viewer-error.ts";
import type { Voi } from "../voi.ts";

/** What one viewport shows now. */
export type ViewportView = {
  /** A series is being opened; nothing of it is drawn yet. */
  opening: boolean;
  /** Why the requested image cannot be shown. */
  problem: ViewerError | null;
  /** Index of the drawn image, from 0; null before the first. Lags behind the requested one while that loads. */
  shown: number | null;
  /** Index of an image that is on the screen before it is whole, over the drawn one: smaller, and not for measuring. Null: none. */
  preview: number | null;
  /** How many images of the series are loaded. */
  ready: number;
  /** Window of the drawn image; null for colour. */
  voi: Voi | null;
  /** Screen pixels per image pixel. */
  zoom: number | null;
  letters: Letters | null;
  /** Where the screen lies in the patient; null before the first image. */
  screen: Screen | null;
  /** How much of the volume has come; null when all has, or none is needed. */
  volume: { loaded: number; of: number } | null;
};

/** The plane of the screen in patient coordinates. */
export type Screen = {
  /** The upper left corner. */
  corner: Vec3;
  right: Vec3;
  down: Vec3;
  /** Millimetres per CSS pixel. */
  scale: number;
};

export const emptyView: ViewportView = {
  opening: false,
  problem: null,
  shown: null,
  preview: null,
  ready: 0,
  voi: null,
  zoom: null,
  letters: null,
  screen: null,
  volume: null,
};

/** Draws one cell and holds the library objects for it. Each kind of viewport implements this. */
export type Viewport = {
  /** The library's id of the viewport. */
  readonly id: string;
  readonly view: Store<ViewportView>;
  /**
   * Brings the viewport up to date with its cell: series, image, window, camera, loop. Called after every action.
   *
   * @param fit where an image stands that the reader has not moved; null: whole, in the middle.
   */
  sync(cell: Cell, fit: Fit | null): void;
  /** Moves the camera; reports `moved`. */
  move(how: "flip" | "rotate" | "reset" | { zoomBy: number }): void;
  /** Requests the failed image once more. */
  refetch(): void;
  /**
   * Limits prefetching.
   *
   * @param inFlight parallel requests; 0 prefetches nothing.
   * @param ofCache share of the cache for this viewport, 0 to 1.
   */
  setPrefetch(inFlight: number, ofCache: number): void;
  /** Something is left to prefetch. */
  wantsMore(): boolean;
  /** The viewport was resized or became visible: a fitted image is fitted again. */
  resized(): void;
  /** The image on the screen; null when there is none, or none that is whole. */
  frame(): Frame | null;
  /** The canvas as a JPEG. */
  snapshot(maxWidth: number): string | undefined;
  close(): void;
};

/** A viewport's callbacks into the session. */
export type ViewportPort = {
  /** @param of the series it reports about; reports about a previous series are recognised by it. */
  report(of: LoadedSeries | null, report: ViewportReport): void;
  /** Prefetching has ended; others may use the bandwidth. */
  onIdle(): void;
};
