import type { Frame } from "../frame.ts";
import type { Letters } from "../geometry.ts";
import type { LoadedSeries } from "../series-store.ts";
import type { ViewportReport } from "../session/actions.ts";
import type { Cell } from "../session/cell.ts";
import type { Store } from "../store.ts";
import type { ViewerError } from "../viewer-error.ts";
import type { Voi } from "../voi.ts";

/** What is on the screen of one viewport: what came of the cell's wishes. */
export type ViewportView = {
  /** A series is being opened and nothing of it is on the screen yet. */
  opening: boolean;
  /** Why the image asked for cannot be shown. */
  problem: ViewerError | null;
  /** Image on the screen, from 0; null before the first. Lags behind the one asked for while that is fetched. */
  shown: number | null;
  /** How many images of the series are here. */
  ready: number;
  /** Window of the image on the screen; null for colour. */
  voi: Voi | null;
  /** Screen pixels for one pixel of the image. */
  zoom: number | null;
  letters: Letters | null;
};

export const emptyView: ViewportView = {
  opening: false,
  problem: null,
  shown: null,
  ready: 0,
  voi: null,
  zoom: null,
  letters: null,
};

/** What draws one cell, and holds what the library needs for it. A kind of viewport is one of these. */
export type Viewport = {
  /** What the library calls it. */
  readonly id: string;
  readonly view: Store<ViewportView>;
  /** Brings the screen to what the cell wishes: the series, the image, its window, its camera, the loop. Told after every action. */
  sync(cell: Cell): void;
  /** Moves the camera as the library does; reports `moved`. */
  move(how: "flip" | "rotate" | "reset" | { zoomBy: number }): void;
  /** Asks once more for the image that could not be had. */
  refetch(): void;
  /**
   * How much may be fetched ahead.
   *
   * @param inFlight requests at once; 0 fetches nothing ahead.
   * @param ofCache share of the cache for this viewport, 0 to 1.
   */
  setPrefetch(inFlight: number, ofCache: number): void;
  /** Something is left to be fetched ahead. */
  wantsMore(): boolean;
  /** The viewport has another size, or comes back into view: an image that stood in it whole does so again. */
  resized(): void;
  /** The image on the screen; null when there is none. */
  frame(): Frame | null;
  /** What is on the screen, as a JPEG. */
  snapshot(maxWidth: number): string | undefined;
  close(): void;
};

/** What a viewport is told and tells. */
export type ViewportPort = {
  /** @param of the series that it is told of; what comes too late is told apart by it. */
  report(of: LoadedSeries | null, report: ViewportReport): void;
  /** There is room for others to fetch ahead. */
  onIdle(): void;
};
