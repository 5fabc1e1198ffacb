import type { ViewerError } from "./archive.ts";
import type { Frame } from "./frames.ts";
import type { PaneView } from "./pane-view.ts";
import type { LoadedSeries } from "./series-store.ts";
import type { Store } from "./store.ts";
import type { Voi } from "./voi.ts";

/** What can be asked of one viewport. */
export type Pane = {
  readonly id: string;
  readonly element: HTMLDivElement;
  readonly view: Store<PaneView>;
  /** @param window in place of the image's own, so that two studies can be compared. */
  show(loaded: LoadedSeries, index: number, window?: Voi | null): Promise<void>;
  fail(problem: ViewerError): void;
  opening(): void;
  goTo(index: number): void;
  step(images: number): void;
  retry(): void;
  /** Null is as sent. */
  setWindow(window: Voi | null): void;
  reset(): void;
  invert(): void;
  flip(): void;
  rotate(): void;
  zoomBy(factor: number): void;
  play(on: boolean): void;
  setFps(fps: number): void;
  setBusy(limit: number): void;
  /** The viewport has another size: an image that stood in it whole does so again. */
  resized(): void;
  frame(): Frame | null;
  snapshot(maxWidth: number): string | undefined;
  close(): void;
};
