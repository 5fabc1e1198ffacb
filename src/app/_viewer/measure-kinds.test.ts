import assert from "node:assert/strict";
import { test } from "node:test";
import type { Frame } from "./frame.ts";
import { seriesContent } from "./frames.ts";
import { sayings } from "./measure-kinds.ts";
import type { PixelValues } from "./region-values.ts";
import type { MeasurementKind } from "./tool-names.ts";
import type { Vec3 } from "./vectors.ts";

type Elements = Record<string, { Value: unknown[] }>;
function frame(more: Elements = {}): Frame {
  const [made] = seriesContent("https://portal.example/dicomweb/lakeside", "1.2", [
    {
      "00080018": { Value: ["1.2.1"] },
      "0020000E": { Value: ["1.2.3"] },
      "00280010": { Value: [100] },
      "00280011": { Value: [200] },
      ...more,
    },
  ]).frames;
  assert.ok(made);
  return made;
}
const spaced = (row: number, column: number): Elements => ({ "00280030": { Value: [row, column] } });
const ct: Elements = { "00080060": { Value: ["CT"] }, "00281052": { Value: [-1024] }, "00281053": { Value: [1] } };
/** An upright slice far off the origin, turned: its columns run along the patient's y, its rows along z. */
const sagittal: Elements = {
  "00200032": { Value: [10, -50, 200] },
  "00200037": { Value: [0, 1, 0, 0, 0, -1] },
};
const onSagittal = (column: number, row: number, [perRow, perColumn]: [number, number]): Vec3 => [
  10,
  -50 + column * perColumn,
  200 - row * perRow,
];
const image = (at: PixelValues["at"]): PixelValues => ({ columns: 200, rows: 100, at });
const say = (kind: MeasurementKind, of: Frame, points: Vec3[], values: PixelValues | string = image(() => 0)) =>
  sayings[kind](of, points, values);

test("a rectangle on a reformatted plane: mean, deviation, range and area as they are calculated", () => {
  const spacing: [number, number] = [2, 0.5];
  const slice = frame({ ...spaced(...spacing), ...ct, ...sagittal });
  // Columns 10 to 19, rows 5 to 8: 40 pixels that hold their column.
  const corners = [
    [9.5, 4.5],
    [19.5, 4.5],
    [9.5, 8.5],
    [19.5, 8.5],
  ].map(([column, row]) => onSagittal(column as number, row as number, spacing));
  const said = say(
    "rectangle",
    slice,
    corners,
    image((column) => column),
  );
  // The mean of 10 … 19, and the root of (10² - 1) / 12.
  assert.equal(said?.value, 14.5);
  assert.deepEqual(said?.lines, ["Mean 14.5 HU, SD 2.9", "10 to 19 HU", "40.0 mm²"]);
  assert.equal(said?.words, "mean 14.5 HU, SD 2.9, 10 to 19 HU, 40.0 mm²");
  assert.ok(Math.abs(Math.sqrt(99 / 12) - 2.872) < 0.001);
});

test("an ellipse holds the pixels whose centres lie in it, and its area is that of the drawn line", () => {
  const flat = frame({ ...spaced(1, 1), ...ct });
  const around = (x: number, y: number, a: number, b: number): Vec3[] => [
    [x, y + b, 0],
    [x, y - b, 0],
    [x - a, y, 0],
    [x + a, y, 0],
  ];
  // 100 inside a circle of 5, 0 outside: a circle of 20 has the mean of the share of pixels.
  const disk = image((column, row) => (Math.hypot(column - 50, row - 50) <= 5 ? 100 : 0));
  assert.equal(say("ellipse", flat, around(50, 50, 4, 4), disk)?.value, 100);
  const counted = (radius: number): number => {
    let n = 0;
    for (let x = -radius; x <= radius; x++)
      for (let y = -radius; y <= radius; y++) n += Number(Math.hypot(x, y) <= radius);
    return n;
  };
  const wide = say("ellipse", flat, around(50, 50, 20, 20), disk);
  assert.ok(Math.abs((wide?.value ?? 0) - (100 * counted(5)) / counted(20)) < 1e-9);
  assert.equal(wide?.lines[2], "12.57 cm²");
  assert.equal(say("ellipse", frame(), around(50, 50, 10, 5), disk)?.lines[2], "157 px");
});

test("padding and overlays are no values: they are left out and counted, and where nothing is left it says so", () => {
  const flat = frame({ ...spaced(1, 1), ...ct });
  const square: Vec3[] = [
    [9.5, 9.5, 0],
    [19.5, 9.5, 0],
    [9.5, 19.5, 0],
    [19.5, 19.5, 0],
  ];
  const half = say(
    "rectangle",
    flat,
    square,
    image((column) => (column < 15 ? null : 40)),
  );
  assert.equal(half?.value, 40);
  assert.equal(half?.lines.at(-1), "50 of 100 pixels left out");
  assert.match(
    say(
      "rectangle",
      flat,
      square,
      image(() => null),
    )?.words ?? "",
    /^1\.00 cm², no values here$/,
  );
  assert.match(
    say("rectangle", flat, square, "no values in a colour image")?.words ?? "",
    /no values in a colour image$/,
  );
});

test("a value has a unit only where the image gives it one", () => {
  const at: Vec3[] = [[20.4, 30.4, 0]];
  const values = image((column, row) => column + row / 1000);
  const words = (more: Elements) => say("value", frame({ ...spaced(1, 1), ...more }), at, values)?.words;
  assert.equal(words(ct), "20.0 HU");
  assert.equal(words({ "00080060": { Value: ["CT"] } }), "20.0", "not rescaled");
  assert.equal(words({ ...ct, "00281054": { Value: ["US"] } }), "20.0", "unspecified");
  assert.equal(words({ ...ct, "00080008": { Value: ["ORIGINAL", "PRIMARY", "LOCALIZER"] } }), "20.0", "a localizer");
  assert.equal(words({ "00080060": { Value: ["PT"] }, "00541001": { Value: ["BQML"] } }), "20.0 Bq/ml");
  assert.equal(words({ "00080060": { Value: ["MR"] } }), "20.0");
  assert.equal(
    say(
      "value",
      frame(ct),
      [[500, 500, 0]],
      image(() => null),
    )?.words,
    "no value here",
  );
});

test("two diameters are said longest first, whichever was drawn first, each true where pixels are not square", () => {
  const spacing: [number, number] = [2, 0.5];
  const slice = frame({ ...spaced(...spacing), ...sagittal });
  const p = (column: number, row: number) => onSagittal(column, row, spacing);
  // 40 columns of 0.5 mm, and 16 rows of 2 mm.
  const said = say("diameters", slice, [p(10, 20), p(50, 20), p(30, 12), p(30, 28)]);
  assert.deepEqual([said?.words, said?.value, said?.unit], ["32.0 × 20.0 mm", 32, "mm"]);
  const plain = say("diameters", frame(), [
    [0, 0, 0],
    [40, 0, 0],
    [20, 0, 0],
    [20, 10, 0],
  ]);
  assert.equal(plain?.words, "40 × 10 px, no scale in this image");
});

test("what was only clicked is no measurement", () => {
  const flat = frame(spaced(1, 1));
  const here: Vec3 = [5, 5, 0];
  for (const kind of ["length", "diameters", "ellipse", "rectangle", "cobb"] as const)
    assert.equal(say(kind, flat, [here, here, here, here]), null, kind);
});
