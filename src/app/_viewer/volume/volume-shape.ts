import { text } from "@overread/shared/dicom/attributes";
import { Tag } from "@overread/shared/dicom/tags";
import type { Frame } from "../frame.ts";
import { cross, dot, type Vec3 } from "../vectors.ts";
import { phasesOf } from "./phases.ts";

/** Voxels at even steps, known before any pixel is loaded. */
export type VolumeShape = {
  /** One for each slice, in the direction of the slice normal. */
  readonly frames: readonly Frame[];
  readonly columns: number;
  readonly rows: number;
  /** Centre of the first voxel, in patient coordinates, mm. */
  readonly origin: Vec3;
  /**
   * From one voxel to the next along a row, down a column and from slice to slice, mm. Under a tilted gantry the third
   * is not at a right angle to the others, and planes are resampled by it as it is.
   */
  readonly steps: readonly [Vec3, Vec3, Vec3];
};

/** Why no volume can be made, in a sentence for the reader. */
export type Refused = { readonly refused: string };

const fewest = 3;
/** More than this is no stack of slices under a tilted gantry (which tilts by 30° at most). */
const steepest = 45;

/**
 * The volumes that a series holds: one, or one for each phase, b-value or echo of it.
 *
 * A slice is taken for a part of the even grid when each corner of it lies within a quarter of the smallest side of a
 * voxel from where the grid has it, so that a line between any two points is true within half of that. DICOM itself
 * names no tolerance (PS3.3 §C.7.6.2.1.1 only defines positions); writers round positions to 0.1 mm or less.
 */
export function volumesOf(frames: readonly Frame[]): readonly VolumeShape[] | Refused {
  const unfit = unfitFor(frames);
  if (unfit) return refused(unfit);
  const phases = phasesOf(frames);
  if (!phases) return refused("several images lie at one place, and nothing in them says which belong together");
  const shapes = phases.map(shapeOf);
  const whole = shapes.filter((shape): shape is VolumeShape => !("refused" in shape));
  return whole.length > 0 ? whole : ((shapes[0] as Refused | undefined) ?? refused("there are no images"));
}

/** The volume that holds an image, else the first. */
export function volumeWith(shapes: readonly VolumeShape[], frame: Frame | undefined): VolumeShape | undefined {
  return shapes.find(({ frames }) => frame && frames.includes(frame)) ?? shapes[0];
}

/** Angle of the slices to the direction in which they follow each other, degrees: the tilt of the gantry. */
export function tiltOf({ steps }: Pick<VolumeShape, "steps">): number {
  const normal = cross(steps[0], steps[1]);
  const cosine = dot(normal, steps[2]) / (Math.hypot(...normal) * Math.hypot(...steps[2]));
  return (Math.acos(Math.min(1, Math.abs(cosine))) * 180) / Math.PI;
}

function refused(reason: string): Refused {
  return { refused: `No planes can be made of this series: ${reason}. It can be read as a stack.` };
}

/** What makes images unfit for a volume wherever they lie; null when nothing does. */
function unfitFor(frames: readonly Frame[]): string | null {
  const [first] = frames;
  if (!first || frames.length < fewest)
    return `it has ${frames.length === 1 ? "one image" : `${frames.length} images`} only`;
  if (frames.some((frame) => frame.samplesPerPixel > 1 || frame.photometricInterpretation === "PALETTE COLOR"))
    return "its images are in colour";
  if (frames.some((frame) => frame.position === null)) return "its images do not say where in the patient they lie";
  if (frames.some((frame) => turnOf(frame, first) > 5)) return "its images lie in several directions";
  if (frames.some((frame) => frame.size.unit !== "mm")) return "its images have no scale in the patient";
  if (frames.some(({ attributes }) => text(attributes, Tag.FrameOfReferenceUID) === null))
    return "its images name no frame of reference: nothing says that the patient lay still between them";
  if (differs(frames, (frame) => frame.frameOfReferenceUid))
    return "its images do not share one frame of reference: the patient may have moved between them";
  if (differs(frames, (frame) => `${frame.rows} ${frame.columns}`)) return "its images are not of one size";
  if (differs(frames, (frame) => frame.inverse)) return "some of its images are negatives of the others";
  if (differs(frames, unitOf)) return "the values of its images are not in one unit";
  return null;
}

function unitOf({ attributes }: Frame): string {
  return `${text(attributes, Tag.Units)} ${text(attributes, Tag.RescaleType)}`;
}

function differs(frames: readonly Frame[], of: (frame: Frame) => unknown): boolean {
  const [first] = frames;
  return first !== undefined && frames.some((frame) => of(frame) !== of(first));
}

/** @param frames of one phase. */
function shapeOf(frames: readonly Frame[]): VolumeShape | Refused {
  const [first] = frames;
  if (!first || frames.length < fewest) return refused(`it has ${frames.length} images at one time only`);
  const sorted = [...frames].sort((a, b) => along(a) - along(b));
  const [lowest, highest] = [sorted[0] as Frame, sorted.at(-1) as Frame];
  const gaps = sorted.slice(1).map((frame, i) => along(frame) - along(sorted[i] as Frame));
  const usual = [...gaps].sort((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? 0;
  if (usual < 0.01) return refused("several images lie at one place");
  const widest = Math.max(...gaps);
  if (widest > usual * 1.5) {
    const before = sorted[gaps.indexOf(widest)] as Frame;
    return refused(
      `between ${imageName(before)} and the next there is a gap of ${widest.toFixed(1)} mm, where the others are ${usual.toFixed(1)} mm apart`,
    );
  }
  const { row, column } = lowest.size;
  const step = sorted.length - 1;
  const origin = lowest.position as Vec3;
  const between = minus(highest.position as Vec3, origin).map((value) => value / step) as Vec3;
  const steps: VolumeShape["steps"] = [
    scaled(lowest.rowDirection as Vec3, column),
    scaled(lowest.columnDirection as Vec3, row),
    between,
  ];
  const tolerance = Math.min(row, column, usual) / 4;
  const narrowest = Math.min(...gaps);
  const uneven = sorted.find(
    (frame, i) => Math.abs(along(frame) - along(lowest) - (i * (along(highest) - along(lowest))) / step) > tolerance,
  );
  if (uneven)
    return refused(
      `its images are unevenly apart, by ${narrowest.toFixed(2)} to ${widest.toFixed(2)} mm (see ${imageName(uneven)})`,
    );
  const shape: VolumeShape = { frames: sorted, columns: lowest.columns, rows: lowest.rows, origin, steps };
  const astray = sorted.find((frame, i) => strayOf(frame, i, shape) > tolerance);
  if (astray)
    return refused(
      `${imageName(astray)} does not lie in line with the others: it is shifted, turned, or of another pixel size`,
    );
  if (tiltOf(shape) > steepest) return refused("its images do not lie one behind the other");
  return shape;
}

const along = (frame: Frame): number => frame.alongNormal ?? 0;
const imageName = (frame: Frame): string => `image ${frame.imageNumber ?? frame.frameNumber}`;
const minus = (a: Vec3, b: Vec3): Vec3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const scaled = (a: Vec3, by: number): Vec3 => [a[0] * by, a[1] * by, a[2] * by];

/** Angle between two planes, degrees. */
function turnOf(one: Frame, other: Frame): number {
  const turn = (a: Vec3 | null, b: Vec3 | null) => (a && b ? Math.acos(Math.max(-1, Math.min(1, dot(a, b)))) : Math.PI);
  const most = Math.max(turn(one.rowDirection, other.rowDirection), turn(one.columnDirection, other.columnDirection));
  return (most * 180) / Math.PI;
}

/** How far the corners of a slice lie from where the grid has them, mm. */
function strayOf(frame: Frame, slice: number, { origin, steps, columns, rows }: VolumeShape): number {
  const corners = [
    [0, 0],
    [columns - 1, 0],
    [0, rows - 1],
    [columns - 1, rows - 1],
  ] as const;
  return Math.max(
    ...corners.map(([x, y]) => {
      const theirs = pointAt(
        frame.position as Vec3,
        scaled(frame.rowDirection as Vec3, x * frame.size.column),
        1,
        scaled(frame.columnDirection as Vec3, y * frame.size.row),
        1,
      );
      const ours = pointAt(pointAt(origin, steps[0], x, steps[1], y), steps[2], slice, steps[2], 0);
      return Math.hypot(...minus(theirs, ours));
    }),
  );
}

function pointAt(from: Vec3, a: Vec3, x: number, b: Vec3, y: number): Vec3 {
  return [from[0] + a[0] * x + b[0] * y, from[1] + a[1] * x + b[1] * y, from[2] + a[2] * x + b[2] * y];
}
