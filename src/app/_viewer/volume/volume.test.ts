import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Attributes } from "@overread/shared/dicom/attributes";
import { Tag } from "@overread/shared/dicom/tags";
import type { Frame, Slab } from "../frame.ts";
import { seriesContent } from "../frames.ts";
import { angleOf, lengthOf } from "../measure.ts";
import type { LoadedSeries } from "../series-store.ts";
import { studyOf } from "../session/fixture.ts";
import type { Vec3 } from "../vectors.ts";
import type { Plane } from "./plane.ts";
import { planeOf, reformatted, turned } from "./planes.ts";
import { sampledPlane, type Voxels } from "./resample.ts";
import { tiltOf, type VolumeShape, volumesOf, volumeWith } from "./volume-shape.ts";

type Given = { [tag: string]: unknown[] };
const size = { columns: 20, rows: 16, slices: 10 };
const pixel = { column: 0.8, row: 1.1 };
const step = 2.5;

/** Axial slices from the feet up; `change` spoils one of them. */
function frames(change: (i: number) => Given = () => ({}), count = size.slices): Frame[] {
  const instances = Array.from({ length: count }, (_, i): Attributes => {
    const values: Given = {
      [Tag.SOPInstanceUID]: [`1.2.3.${i + 1}`],
      [Tag.SeriesInstanceUID]: ["1.2.3"],
      [Tag.InstanceNumber]: [i + 1],
      [Tag.Rows]: [size.rows],
      [Tag.Columns]: [size.columns],
      [Tag.PixelSpacing]: [pixel.row, pixel.column],
      [Tag.FrameOfReferenceUID]: ["1.2.9"],
      [Tag.ImagePositionPatient]: [-8, 5, 100 + i * step],
      [Tag.ImageOrientationPatient]: [1, 0, 0, 0, 1, 0],
      ...change(i),
    };
    return Object.fromEntries(Object.entries(values).map(([tag, Value]) => [tag, { Value }]));
  });
  return seriesContent("https://portal.example/dicomweb/lakeside", "1.2", instances).frames;
}

const only = (i: number, given: Given) => (at: number) => (at === i ? given : {});
const at = (z: number, x = -8, y = 5) => ({ [Tag.ImagePositionPatient]: [x, y, z] });
const degrees = Math.PI / 180;

function refusal(of: readonly Frame[]): string {
  const found = volumesOf(of);
  assert.ok("refused" in found, "a volume was made");
  return found.refused;
}

function shapes(of: readonly Frame[]): readonly VolumeShape[] {
  const found = volumesOf(of);
  assert.ok(!("refused" in found), "refused" in found ? found.refused : "");
  return found;
}

/** Slices of a gantry tilted by 20°: along the table, each a little higher in its own plane. */
const tilted = (i: number): Given => ({
  [Tag.ImagePositionPatient]: [-8, 5, 100 + i * step],
  [Tag.ImageOrientationPatient]: [1, 0, 0, 0, Math.cos(20 * degrees), Math.sin(20 * degrees)],
});

describe("a volume", () => {
  test("is made of even slices in any order, and of positions rounded to a tenth of a millimetre", () => {
    const [shape] = shapes(frames().toReversed());
    assert.deepEqual([shape?.origin, shape?.frames.length], [[-8, 5, 100], 10]);
    assert.deepEqual(shape?.steps, [
      [0.8, 0, 0],
      [0, 1.1, 0],
      [0, 0, 2.5],
    ]);
    shapes(frames((i) => at(Math.round((100 + i * 2.34) * 10) / 10)));
  });

  test("is refused in words for every trap of geometry", () => {
    const traps: [RegExp, Frame[]][] = [
      [/2 images only/, frames(undefined, 2)],
      [/in colour/, frames(() => ({ [Tag.SamplesPerPixel]: [3] }))],
      [/do not say where/, frames(only(3, { [Tag.ImagePositionPatient]: [] }))],
      [/no scale/, frames(() => ({ [Tag.PixelSpacing]: [] }))],
      [/share one frame of reference/, frames(only(3, { [Tag.FrameOfReferenceUID]: ["1.2.8"] }))],
      [/name no frame of reference/, frames(() => ({ [Tag.FrameOfReferenceUID]: [] }))],
      [/not of one size/, frames(only(3, { [Tag.Rows]: [17] }))],
      [/negatives/, frames(only(3, { [Tag.PhotometricInterpretation]: ["MONOCHROME1"] }))],
      [/one unit/, frames(only(3, { [Tag.RescaleType]: ["US"] }))],
      [/several directions/, frames(only(0, { [Tag.ImageOrientationPatient]: [1, 0, 0, 0, 0, -1] }))],
      [
        /image 5 and the next there is a gap of 5.0 mm, where the others are 2.5 mm/,
        frames((i) => at(100 + (i > 4 ? i + 1 : i) * step)),
      ],
      [/unevenly apart/, frames(only(4, at(111)))],
      [/image 5 does not lie in line/, frames(only(4, at(110, -7)))],
      [/image 5 does not lie in line/, frames(only(4, { [Tag.PixelSpacing]: [1.1, 0.85] }))],
      [
        /image 5 does not lie in line/,
        frames(
          only(4, {
            [Tag.ImageOrientationPatient]: [
              Math.cos(2 * degrees),
              Math.sin(2 * degrees),
              0,
              -Math.sin(2 * degrees),
              Math.cos(2 * degrees),
              0,
            ],
          }),
        ),
      ],
      [/several images lie at one place/, frames((i) => at(100 + Math.floor(i / 2) * step))],
      [/one behind the other/, frames((i) => at(100 + i * step, -8 + i * 5))],
    ];
    for (const [words, series] of traps) {
      const said = refusal(series);
      assert.match(said, words);
      assert.match(said, /^No planes can be made of this series: .*\. It can be read as a stack\.$/);
    }
  });

  test("of several phases is one for each, and the image that is shown says which", () => {
    const phase = (i: number): Given => ({
      ...at(100 + (i % 5) * step),
      [Tag.TemporalPositionIdentifier]: [i < 5 ? 1 : 2],
    });
    const series = frames(phase);
    const found = shapes(series);
    assert.deepEqual(
      found.map((shape) => shape.frames.map(({ imageNumber }) => imageNumber)),
      [
        [1, 2, 3, 4, 5],
        [6, 7, 8, 9, 10],
      ],
    );
    assert.equal(volumeWith(found, series[7]), found[1]);
    const directions = (i: number): Given => ({
      ...at(100 + (i % 4) * step),
      [Tag.DiffusionBValue]: [i < 4 ? 0 : 1000],
      [Tag.AcquisitionNumber]: [i < 8 ? 1 : 2],
    });
    assert.equal(shapes(frames(directions, 12)).length, 3, "b-value and acquisition together");
  });

  test("of a multi-frame object is made of its frames", () => {
    const plane = (i: number) => ({
      "00209113": { Value: [{ [Tag.ImagePositionPatient]: { Value: [0, 0, i * 3] } }] },
    });
    const instance: Attributes = {
      [Tag.SOPInstanceUID]: { Value: ["1.2.3.4"] },
      [Tag.SeriesInstanceUID]: { Value: ["1.2.3"] },
      [Tag.Rows]: { Value: [4] },
      [Tag.Columns]: { Value: [4] },
      [Tag.NumberOfFrames]: { Value: [5] },
      [Tag.FrameOfReferenceUID]: { Value: ["1.2.9"] },
      [Tag.SharedFunctionalGroupsSequence]: {
        Value: [
          {
            "00209116": {
              Value: [{ [Tag.ImageOrientationPatient]: { Value: [1, 0, 0, 0, 1, 0] } }],
            },
            "00289110": { Value: [{ [Tag.PixelSpacing]: { Value: [2, 2] } }] },
          },
        ],
      },
      [Tag.PerFrameFunctionalGroupsSequence]: { Value: [0, 1, 2, 3, 4].map(plane) },
    };
    const [shape] = shapes(seriesContent("https://portal.example/d/l", "1.2", [instance]).frames);
    assert.deepEqual(shape?.steps, [
      [2, 0, 0],
      [0, 2, 0],
      [0, 0, 3],
    ]);
  });

  test("under a tilted gantry knows the tilt", () => {
    const [shape] = shapes(frames(tilted));
    assert.ok(shape && Math.abs(tiltOf(shape) - 20) < 1e-6);
  });
});

/** Of a body that is linear in space, every interpolated value is known. */
const slope: Vec3 = [3, -2, 1.5];
const linear = (point: Vec3) => 500 + slope[0] * point[0] + slope[1] * point[1] + slope[2] * point[2];

const pointOf = ({ origin, steps }: VolumeShape, x: number, y: number, z: number): Vec3 =>
  [0, 1, 2].map(
    (i) => (origin[i] ?? 0) + (steps[0][i] ?? 0) * x + (steps[1][i] ?? 0) * y + (steps[2][i] ?? 0) * z,
  ) as Vec3;

function voxelsOf(shape: VolumeShape, value: (point: Vec3) => number): Voxels {
  const slices = shape.frames.map((_, z) =>
    Float32Array.from({ length: shape.rows * shape.columns }, (_, i) =>
      value(pointOf(shape, i % shape.columns, Math.floor(i / shape.columns), z)),
    ),
  );
  return { shape, slices, min: -1e6, max: 1e6, ranges: null };
}

function planesOf(shape: VolumeShape, plane: Plane): Frame[] {
  const study = studyOf("1.2", [{}]);
  const base: LoadedSeries = {
    study,
    series: study.series[0] as LoadedSeries["series"],
    modality: "CT",
    frames: [...shape.frames],
    others: [],
    patientName: null,
    patientId: null,
    warnings: [],
  };
  return reformatted(base, shape, plane).frames;
}

/** The point of the patient that a pixel of a plane stands for. */
const pointIn = (frame: Frame, column: number, row: number): Vec3 =>
  [0, 1, 2].map(
    (i) =>
      (frame.position?.[i] ?? 0) +
      (frame.rowDirection?.[i] ?? 0) * frame.size.column * column +
      (frame.columnDirection?.[i] ?? 0) * frame.size.row * row,
  ) as Vec3;

/** Largest difference of a plane's values from what they have to be; and how many there are. */
function error(frame: Frame, voxels: Voxels, right: (point: Vec3) => number): { worst: number; values: number } {
  const { values } = sampledPlane(voxels, frame);
  let worst = 0;
  let count = 0;
  for (const [i, value] of values.entries()) {
    if (Number.isNaN(value)) continue;
    count++;
    worst = Math.max(worst, Math.abs(value - right(pointIn(frame, i % frame.columns, Math.floor(i / frame.columns)))));
  }
  return { worst, values: count };
}

describe("a plane through a volume", () => {
  const [shape] = shapes(frames()) as [VolumeShape];

  test("of the patient's axes goes through the centres of voxels and covers the volume", () => {
    const counts = (["axial", "coronal", "sagittal"] as const).map((name) => {
      const planes = planesOf(shape, planeOf(name));
      return [planes.length, planes[0]?.columns, planes[0]?.rows];
    });
    // 15.2 mm across, 16.5 mm from front to back, 22.5 mm from foot to head; pixels of 0.8 mm.
    assert.deepEqual(counts, [
      [10, 20, 21],
      [16, 20, 29],
      [20, 21, 29],
    ]);
    const body = voxelsOf(
      shape,
      ([x, y, z]) => Math.round(x * 10) + Math.round(y * 10) * 1000 + Math.round(z * 10) * 7,
    );
    const coronal = planesOf(shape, planeOf("coronal"))[3] as Frame;
    const { values } = sampledPlane(body, coronal);
    // The first row is the topmost slice, and lies on it: the voxels as they are.
    assert.deepEqual([...values.slice(0, 20)], [...(body.slices[9]?.slice(60, 80) ?? [])]);
  });

  test("has the value of the body at each of its points: upright, oblique, doubly oblique, under a tilted gantry", () => {
    const [leaning] = shapes(frames(tilted)) as [VolumeShape];
    const oblique = turned(planeOf("coronal"), [0, 0, 1], 0.5);
    const twice = turned(oblique, [0.6, 0.8, 0], -0.4);
    for (const volume of [shape, leaning])
      for (const plane of [planeOf("axial"), planeOf("coronal"), planeOf("sagittal"), oblique, twice]) {
        const all = planesOf(volume, plane);
        const middle = all[Math.floor(all.length / 2)] as Frame;
        const { worst, values } = error(middle, voxelsOf(volume, linear), linear);
        assert.ok(values > 100, `${values} values`);
        assert.ok(worst < 1e-3, `${plane.name}: ${worst}`);
      }
  });

  test("is nothing outside the volume, and in padding", () => {
    const body = voxelsOf(shape, () => 100);
    const padding = {
      ...body,
      slices: body.slices.map((slice) => slice.map((value, i) => (i % 20 < 5 ? -2000 : value))),
    };
    const ranged: Voxels = { ...padding, ranges: padding.slices.map(() => ({ min: 100, max: 100 })) };
    const [coronal] = planesOf(shape, planeOf("coronal")) as [Frame];
    const { values, min, max } = sampledPlane(ranged, coronal);
    assert.deepEqual([min, max], [100, 100], "no value is mixed with padding");
    assert.equal(values.slice(0, 20).filter(Number.isNaN).length, 5);
    const [first] = planesOf(shape, turned(planeOf("coronal"), [0, 0, 1], 0.5)) as [Frame];
    assert.ok(sampledPlane(body, first).values.some(Number.isNaN));
  });

  test("that is thick shows the largest, the smallest or the mean value through its thickness", () => {
    // One bright voxel in the fifth slice, over a body that grows from foot to head.
    const value = ([x, y, z]: Vec3) => (z === 110 && Math.abs(x) < 0.1 && Math.abs(y - 10.5) < 0.1 ? 1000 : z);
    const body = voxelsOf(shape, value);
    const shownBy = (slab: Slab | null, slice: number) => {
      const frame = planesOf(shape, { ...planeOf("axial"), slab })[slice] as Frame;
      // x = 0 is column 10; y = 10.5 is row 5 of 1.1 mm, 6.875 pixels of 0.8 mm: the row above has 0.875 of it.
      const { values } = sampledPlane(body, {
        ...frame,
        position: [-8, 5, frame.position?.[2] ?? 0],
        size: { ...frame.size, row: 1.1 },
        rows: 16,
      });
      return values[5 * 20 + 10] ?? Number.NaN;
    };
    assert.equal(shownBy(null, 4), 1000);
    assert.equal(shownBy({ kind: "mip", mm: 5 }, 3), 1000, "the slab of 5 mm around 107.5 reaches 110");
    assert.equal(shownBy({ kind: "mip", mm: 5 }, 2), 107.5, "around 105 it does not");
    assert.equal(shownBy({ kind: "minip", mm: 5 }, 4), 107.5);
    // 107.5 and 112.5 by half, 110 in full: (53.75 + 1000 + 56.25) / 2.
    assert.equal(shownBy({ kind: "average", mm: 5 }, 4), 555);
    // At the foot the half below is outside: 100 in full, 102.5 by half.
    assert.ok(Math.abs(shownBy({ kind: "average", mm: 5 }, 0) - (100 + 51.25) / 1.5) < 1e-4);
  });

  test("is measured as the patient is: lengths and angles between points of an oblique plane", () => {
    const twice = turned(turned(planeOf("coronal"), [0, 0, 1], 0.5), [0.6, 0.8, 0], -0.4);
    const [frame] = planesOf(shape, twice) as [Frame];
    const [a, b, c] = [pointIn(frame, 2, 3), pointIn(frame, 17, 3), pointIn(frame, 17, 23)];
    const apart = (one: Vec3, two: Vec3) => Math.hypot(...one.map((value, i) => value - (two[i] ?? 0)));
    // 15 and 20 pixels of 0.8 mm at a right angle.
    for (const [length, mm] of [
      [lengthOf(frame, a, b), 12],
      [lengthOf(frame, b, c), 16],
      [lengthOf(frame, a, c), 20],
    ] as const)
      assert.ok(length.unit === "mm" && Math.abs(length.value - mm) < 1e-9, `${length.value} ${length.unit}`);
    assert.ok(Math.abs(apart(a, c) - 20) < 1e-9);
    assert.ok(Math.abs((angleOf(frame, a, b, c)?.value ?? 0) - 90) < 1e-9);
  });
});
