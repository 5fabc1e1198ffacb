import type { Preset } from "../presets.ts";
import type { LoadedSeries } from "../series-store.ts";
import type { ImagePointer, SeriesForViewing, StudyForViewing } from "../types.ts";
import type { ViewerError } from "../viewer-error.ts";
import type { Voi } from "../voi.ts";
import type { Plane } from "../volume/plane.ts";

/** What draws a cell: the images as they came, or planes through their volume. Each kind is a folder in `viewports/`. */
export type ViewportKind = "stack" | "plane";

/** Rows and columns of cells, 1 to 5 each. */
export type Layout = { readonly rows: number; readonly columns: number };

/** Row and column of a cell, from 1: `"r1c2"`. The id means the same cell in every layout that contains it. */
export type CellId = `r${number}c${number}`;

/** URL path of a study in its archive: two hospitals may send the same Study Instance UID. */
export type StudyKey = string;

/** What a cell shows. A new object is a new request, even for the same series. */
export type Source = {
  readonly study: StudyKey;
  /** Series Instance UID; null for a study that has no series with images. */
  readonly series: string | null;
  /** SOP Instance UIDs of the images to page through; null means the whole series. */
  readonly frames: readonly string[] | null;
};

/** Zoom, pan, rotation and flip of an image, independent of the cell's size. */
export type Camera = {
  /** 1 shows the whole image. */
  readonly zoom: number;
  /** Offset of the image's centre from the cell's centre, in image pixels along the screen's axes. */
  readonly pan: readonly [right: number, down: number];
  /** Degrees, clockwise. */
  readonly rotation: number;
  readonly flipped: boolean;
};

/** How a series is presented in its cell. */
export type Presentation = {
  /** Index of the requested image, from 0. */
  readonly index: number;
  /** Window of the stack; null is the window it opens with. */
  readonly window: Voi | null;
  /** Windows by image, for series whose images each have their own (projections). */
  readonly windows: Readonly<Record<number, Voi>>;
  /** Window to open with instead of the image's own, so that two studies can be compared. */
  readonly given: Voi | null;
  readonly inverted: boolean;
  /** Null: the whole image, upright, as sent. */
  readonly camera: Camera | null;
  readonly playing: boolean;
  /** Images per second of the loop. */
  readonly fps: number;
};

/** One viewport of the layout. Its state lives here, so that it outlives the viewport. */
export type Cell = {
  readonly kind: ViewportKind;
  /** The planes asked for; null for the images as they came. */
  readonly plane: Plane | null;
  readonly source: Source;
  /** Null until the series' metadata is loaded. */
  readonly loaded: LoadedSeries | null;
  /** Why the series cannot be shown at all. */
  readonly problem: ViewerError | null;
  /** Image to open with. */
  readonly at: ImagePointer | null;
  /** Window to open with, where a hanging protocol names one. */
  readonly asked: Voi | null;
  /** How it stands in its cell, where a hanging protocol says so; see `fitOf`. */
  readonly fit: "breast" | null;
  readonly presentation: Presentation;
  /** Windows on the number keys, known once an image of the series has been drawn. */
  readonly presets: readonly Preset[];
};

/** Current study and priors, most relevant first. */
export type Studies = { readonly current: StudyForViewing; readonly priors: readonly StudyForViewing[] };

export const defaultPresentation: Presentation = {
  index: 0,
  window: null,
  windows: {},
  given: null,
  inverted: false,
  camera: null,
  playing: false,
  fps: 12,
};

export function studyKey(study: StudyForViewing): StudyKey {
  return `${study.dicomwebRoot}/studies/${study.studyInstanceUid}`;
}

/** The study with this key; undefined when it is no longer on the page. */
export function studyOf({ studies }: { studies: Studies }, key: StudyKey): StudyForViewing | undefined {
  return [studies.current, ...studies.priors].find((study) => studyKey(study) === key);
}

export function seriesOf(study: StudyForViewing | undefined, uid: string | null): SeriesForViewing | undefined {
  return study?.series.find(({ seriesInstanceUid }) => seriesInstanceUid === uid);
}

export function isCurrent({ studies }: { studies: Studies }, cell: Cell | undefined): boolean {
  return cell?.source.study === studyKey(studies.current);
}
