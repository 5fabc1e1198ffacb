import type { Frame, Slab } from "../frame.ts";
import type { LoadedSeries } from "../series-store.ts";
import { cross, dot, type Vec3 } from "../vectors.ts";
import type { Plane, PlaneName } from "./plane.ts";
import { tiltOf, type VolumeShape } from "./volume-shape.ts";

const directions: Readonly<Record<Exclude<PlaneName, "oblique">, Pick<Plane, "right" | "down">>> = {
  axial: { right: [1, 0, 0], down: [0, 1, 0] },
  coronal: { right: [1, 0, 0], down: [0, 0, -1] },
  sagittal: { right: [0, 1, 0], down: [0, 0, -1] },
};

/** A plane of the patient, as radiologists look at it: from the feet, from the front, from the left. */
export function planeOf(name: Exclude<PlaneName, "oblique">, slab: Slab | null = null): Plane {
  return { name, ...directions[name], slab };
}

/** The plane turned about an axis of the patient. @param axis of length 1. @param radians clockwise, looking along it. */
export function turned(plane: Plane, axis: Vec3, radians: number): Plane {
  const right = rotated(plane.right, axis, radians);
  // Kept at a right angle over many turns.
  const down = rotated(plane.down, axis, radians);
  const slip = dot(down, right);
  const square = unitOf([down[0] - slip * right[0], down[1] - slip * right[1], down[2] - slip * right[2]]);
  return { ...plane, name: "oblique", right: unitOf(right), down: square };
}

/** Direction in which the planes follow each other. */
export function normalOfPlane({ right, down }: Pick<Plane, "right" | "down">): Vec3 {
  return cross(right, down);
}

/** A tilt below this is none that anybody has set. */
const tiltShown = 0.5;
/** Most pixels of a side: larger ones than the voxels in a very large volume. */
const longestSide = 2048;

/** The series as planes through its volume: frames like any others, whose pixels are made when they are asked for. */
export function reformatted(base: LoadedSeries, shape: VolumeShape, plane: Plane): LoadedSeries {
  const tilt = tiltOf(shape);
  return {
    ...base,
    frames: planeFrames(shape, plane),
    others: [],
    // What was said about the stack is corrected here, or was refused.
    warnings: tilt > tiltShown ? [`Gantry tilt ${tilt.toFixed(0)}° corrected`] : [],
    reformat: { base, shape, plane },
  };
}

/** Key of a volume: the address of its series, and of its first and last image where a series has several. */
export function volumeKey({ frames }: VolumeShape): string {
  const [first, last] = [frames[0]?.imageId ?? "", frames.at(-1)?.imageId ?? ""];
  return `${first.replace(/^wadors:/, "")}..${last.split("/instances/")[1] ?? ""}`;
}

/**
 * The planes of one direction through a whole volume. Pixels are square and as small as the smallest side of a voxel;
 * planes of the patient's axes go through the centres of voxels where the images were taken along them.
 */
function planeFrames(shape: VolumeShape, plane: Plane): Frame[] {
  const template = shape.frames[Math.floor(shape.frames.length / 2)] as Frame;
  const normal = normalOfPlane(plane);
  const sides = sidesOf(shape);
  const [across, downwards, through] = [plane.right, plane.down, normal].map((axis) => extentAlong(shape, axis)) as [
    Extent,
    Extent,
    Extent,
  ];
  const smallest = Math.min(...sides.map(({ mm }) => mm));
  const pixel = Math.max(smallest, across.length / (longestSide - 1), downwards.length / (longestSide - 1));
  const distance = distanceAlong(sides, normal);
  const steps = (length: number, by: number) => Math.floor(length / by + 1e-6) + 1;
  const [columns, rows, count] = [
    steps(across.length, pixel),
    steps(downwards.length, pixel),
    steps(through.length, distance),
  ];
  const volume = volumeKey(shape);
  const direction = [...plane.right, ...plane.down].map((value) => value.toFixed(5)).join();
  const words = wordsOf(plane);
  return Array.from({ length: count }, (_, i): Frame => {
    const position = [0, 1, 2].map(
      (axis) =>
        (shape.origin[axis] ?? 0) +
        (plane.right[axis] ?? 0) * across.from +
        (plane.down[axis] ?? 0) * downwards.from +
        (normal[axis] ?? 0) * (through.from + i * distance),
    ) as Vec3;
    return {
      ...template,
      imageId: `plane:${volume}?${direction}&${plane.slab ? `${plane.slab.kind}=${plane.slab.mm}` : "thin"}&${i}`,
      sopInstanceUid: "",
      frameNumber: i + 1,
      numberOfFrames: count,
      imageNumber: i + 1,
      rows,
      columns,
      size: { row: pixel, column: pixel, unit: "mm" },
      position,
      rowDirection: plane.right,
      columnDirection: plane.down,
      alongNormal: dot(position, normal),
      sliceThickness: plane.slab?.mm ?? null,
      sliceLocation: null,
      view: null,
      reformat: { volume, words, slab: plane.slab },
    };
  });
}

const slabWords = { mip: "MIP", minip: "MinIP", average: "average" } as const;

function wordsOf({ name, slab }: Plane): string {
  return slab ? `${name} ${slabWords[slab.kind]} ${slab.mm} mm` : name;
}

type Extent = { from: number; length: number };

/** How far the centres of the voxels reach along a direction, from the first one, mm. */
function extentAlong({ columns, rows, frames, steps }: VolumeShape, axis: Vec3): Extent {
  const ends = [columns - 1, rows - 1, frames.length - 1].map((count, i) => dot(steps[i] as Vec3, axis) * count);
  const from = ends.reduce((sum, end) => sum + Math.min(0, end), 0);
  const to = ends.reduce((sum, end) => sum + Math.max(0, end), 0);
  return { from, length: to - from };
}

type Side = { direction: Vec3; mm: number };

/** Sides of a voxel as if it were upright: under a tilted gantry slices are apart by less than the way between them. */
function sidesOf({ steps }: VolumeShape): Side[] {
  const [row, column] = [unitOf(steps[0]), unitOf(steps[1])];
  const normal = cross(row, column);
  return [
    { direction: row, mm: Math.hypot(...steps[0]) },
    { direction: column, mm: Math.hypot(...steps[1]) },
    { direction: normal, mm: Math.abs(dot(steps[2], normal)) },
  ];
}

/** Distance from one plane to the next: the side of a voxel that lies along the normal, less for an oblique one. */
function distanceAlong(sides: readonly Side[], normal: Vec3): number {
  return 1 / Math.hypot(...sides.map(({ direction, mm }) => dot(direction, normal) / mm));
}

function unitOf(vector: Vec3): Vec3 {
  const length = Math.hypot(...vector);
  return [vector[0] / length, vector[1] / length, vector[2] / length];
}

/** Rodrigues' formula. */
function rotated(vector: Vec3, axis: Vec3, radians: number): Vec3 {
  const [cosine, sine] = [Math.cos(radians), Math.sin(radians)];
  const side = cross(axis, vector);
  const rest = dot(axis, vector) * (1 - cosine);
  return [0, 1, 2].map(
    (i) => (vector[i] as number) * cosine + (side[i] as number) * sine + (axis[i] as number) * rest,
  ) as Vec3;
}
