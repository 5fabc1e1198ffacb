import type { Preset } from "../presets.ts";
import type { LoadedSeries } from "../series-store.ts";
import type { ImagePointer, SeriesForViewing, StudyForViewing } from "../types.ts";
import type { ViewerError } from "../viewer-error.ts";
import type { Voi } from "../voi.ts";

/** What draws a cell. Each is a file in `viewports/`; a volume, a video or a document beside the stack is another. */
export type ViewportKind = "stack";

/** Rows and columns of cells, 1 to 5 each. */
export type Layout = { readonly rows: number; readonly columns: number };

/** A place in the largest layout, from 1: `"r1c2"`. It is the same place in every layout that has it. */
export type CellId = `r${number}c${number}`;

/** Address of a study in its archive: two hospitals may send the same Study Instance UID. */
export type StudyKey = string;

/** What a cell shows. A new object is a new wish, even for the same series. */
export type Source = {
  readonly study: StudyKey;
  /** Series Instance UID; null for a study that has no series with pictures. */
  readonly series: string | null;
  /** SOP Instance UIDs of the images to page through; null is the whole series. */
  readonly frames: readonly string[] | null;
};

/** How an image lies in its cell, told so that it holds in a cell of another size. */
export type Camera = {
  /** 1 is the whole image. */
  readonly zoom: number;
  /** How far the middle of the image is off the middle of the cell, in pixels of the image, on the screen's axes. */
  readonly pan: readonly [right: number, down: number];
  /** Degrees, clockwise. */
  readonly rotation: number;
  readonly flipped: boolean;
};

/** How a series is looked at. */
export type Look = {
  /** Image asked for, from 0. */
  readonly index: number;
  /** Window of the stack; null is as it opens. */
  readonly window: Voi | null;
  /** Windows by image, where each has its own (projections). */
  readonly windows: Readonly<Record<number, Voi>>;
  /** Window it opens with in place of its own, so that two studies can be compared. */
  readonly given: Voi | null;
  readonly inverted: boolean;
  /** Null is whole, upright, as sent. */
  readonly camera: Camera | null;
  readonly playing: boolean;
  /** Images per second of the loop. */
  readonly fps: number;
};

/** One viewport of the layout. What it shows lives here, so that it outlives the viewport. */
export type Cell = {
  readonly kind: ViewportKind;
  readonly source: Source;
  /** Null until its metadata is read. */
  readonly loaded: LoadedSeries | null;
  /** Why the series cannot be shown at all. */
  readonly problem: ViewerError | null;
  /** Image to open with. */
  readonly at: ImagePointer | null;
  readonly look: Look;
  /** Windows on the number keys, known once an image of the series has been drawn. */
  readonly presets: readonly Preset[];
};

/** Current study and priors, the most relevant first. */
export type Studies = { readonly current: StudyForViewing; readonly priors: readonly StudyForViewing[] };

export const freshLook: Look = {
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

/** A study of the session by its key; undefined when it is not on the page any more. */
export function studyOf({ studies }: { studies: Studies }, key: StudyKey): StudyForViewing | undefined {
  return [studies.current, ...studies.priors].find((study) => studyKey(study) === key);
}

export function seriesOf(study: StudyForViewing | undefined, uid: string | null): SeriesForViewing | undefined {
  return study?.series.find(({ seriesInstanceUid }) => seriesInstanceUid === uid);
}

export function isCurrent({ studies }: { studies: Studies }, cell: Cell | undefined): boolean {
  return cell?.source.study === studyKey(studies.current);
}
