import type { ViewerError } from "./archive.ts";
import type { Letters } from "./geometry.ts";
import type { Preset } from "./presets.ts";
import type { LoadedSeries } from "./series-store.ts";
import type { Voi } from "./voi.ts";

/** What React draws around and over one viewport. */
export type PaneView = {
  loaded: LoadedSeries | null;
  /** A series is being opened and nothing of it is on the screen yet. */
  opening: boolean;
  /** Why the image asked for cannot be shown. */
  problem: ViewerError | null;
  /** Image asked for, from 0. */
  index: number;
  /** Image on the screen, from 0; null before the first. Lags behind `index` while an image is fetched. */
  shown: number | null;
  ready: number;
  voi: Voi | null;
  /** Screen pixels for one pixel of the image. */
  zoom: number | null;
  inverted: boolean;
  letters: Letters | null;
  playing: boolean;
  fps: number;
  presets: Preset[];
};

export const emptyPane: PaneView = {
  loaded: null,
  opening: false,
  problem: null,
  index: 0,
  shown: null,
  ready: 0,
  voi: null,
  zoom: null,
  inverted: false,
  letters: null,
  playing: false,
  fps: 12,
  presets: [],
};
