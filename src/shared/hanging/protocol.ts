import type { Kernel, Plane, Side, ViewName, Weighting } from "./facts.ts";

/** What a place of a stage may ask of a series or a picture; what it does not name may be anything. */
export type Want = {
  readonly plane?: readonly Plane[];
  readonly weighting?: readonly Weighting[];
  readonly contrast?: boolean;
  readonly fatSaturated?: boolean;
  readonly kernel?: readonly Kernel[];
  readonly view?: readonly ViewName[];
  readonly side?: Side;
};

export type HangingWindow = { readonly center: number; readonly width: number };

/** One cell of a stage. */
export type Place = {
  /** 0: the current study; 1: its most relevant prior of the same patient, and so on. */
  readonly study: number;
  /** In order of preference: the first that some series answers decides. */
  readonly wants: readonly Want[];
  /** Opens with this instead of the window as sent. Places with a window may show a series that another place shows. */
  readonly window?: HangingWindow;
  /** A mammogram: back to back with the other side's, all of the stage of one scale. */
  readonly fit?: "breast";
};

/** A screen of cells, row by row. */
export type Stage = {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  readonly places: readonly Place[];
  /** With fewer places answered the stage is passed over. */
  readonly fewest: number;
};

/** How studies of a kind are laid out: the first stage when they are opened, the others by a key. */
export type Protocol = {
  readonly id: string;
  readonly name: string;
  readonly modalities: readonly string[];
  /** Body regions, one of which the study has to show; empty: whatever it shows. */
  readonly regions: readonly string[];
  readonly stages: readonly Stage[];
};
