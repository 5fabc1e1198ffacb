import assert from "node:assert/strict";
import { test } from "node:test";
import { quantity, unit } from "./codes.ts";
import { drawingOf, formOf, onImage, pointsIn } from "./drawing.ts";
import { kindOfTool, measurementKinds, shapeOf } from "./kinds.ts";
import { imageOf, KeptMeasurement, type PatientPoint, trackingIdentifier } from "./measurement.ts";
import { fromImage, type ImagePlane, normalOf, toImage } from "./plane.ts";

/** Turned by 30° about z and tilted: no axis of the image is one of the patient's. */
const [c, s] = [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)];
const oblique: ImagePlane = {
  origin: [-120.5, 33.25, -870],
  along: [c, s, 0],
  down: [-s * c, c * c, s],
  columnSpacing: 0.7,
  rowSpacing: 1.1,
};
const image = {
  studyInstanceUid: "1.2.3",
  seriesInstanceUid: "1.2.3.4",
  sopInstanceUid: "1.2.3.4.5",
  sopClassUid: "1.2.840.10008.5.1.4.1.1.2",
  frameNumber: 1,
};
const kept = (kind: KeptMeasurement["kind"], points: [number, number][]): unknown => ({
  trackingUid: "2.25.7",
  kind,
  where: { space: "image", image, frameOfReferenceUid: "1.2.9", points },
  closed: false,
  values: [{ quantity: quantity.length, value: 12.5, unit: unit.millimetre, reason: null }],
  label: "",
  finding: null,
  site: null,
  author: "",
  at: "2026-11-27T18:00:00.000Z",
});
const near = (a: readonly number[], b: readonly number[], within: number) =>
  assert.ok(
    a.every((value, i) => Math.abs(value - (b[i] ?? Number.NaN)) < within),
    `${a} is not ${b}`,
  );

test("the centre of the first pixel is half a pixel from the image's corner", () => {
  near(toImage(oblique, oblique.origin), [0.5, 0.5], 1e-9);
  near(fromImage(oblique, [0.5, 0.5]), oblique.origin, 1e-9);
});

test("a pixel further along the row is one column spacing away, in the row's direction", () => {
  near(fromImage(oblique, [11.5, 0.5]), [-120.5 + 11 * 0.7 * c, 33.25 + 11 * 0.7 * s, -870], 1e-9);
});

test("what is drawn on an oblique image comes back to a thousandth of a millimetre", () => {
  const drawn: PatientPoint[] = [
    [3.123, 4.5678],
    [511.9, 0.01],
    [255.5, 388.333],
  ].map(([x = 0, y = 0]) => fromImage(oblique, [x, y]));
  const where = { space: "image", image, frameOfReferenceUid: null, points: onImage(oblique, drawn) } as const;
  for (const [at, point] of pointsIn(where, oblique).entries()) near(point, drawn[at] ?? [], 1e-3);
});

test("an image is looked at along its normal, which is square to both of its axes", () => {
  const normal = normalOf(oblique);
  near([Math.hypot(...normal)], [1], 1e-9);
  for (const axis of [oblique.along, oblique.down])
    near([normal[0] * axis[0] + normal[1] * axis[1] + normal[2] * axis[2]], [0], 1e-9);
});

test("the corners of a rectangle go round, whatever the order the library has them in", () => {
  const rowByRow: PatientPoint[] = [
    [0, 0, 0],
    [10, 0, 0],
    [0, 5, 0],
    [10, 5, 0],
  ];
  const form = formOf({ tool: "RectangleROI", handles: rowByRow, closed: false });
  assert.deepEqual(form?.points, [
    [0, 0, 0],
    [10, 0, 0],
    [10, 5, 0],
    [0, 5, 0],
  ]);
  assert.deepEqual(form && drawingOf(form).handles, rowByRow);
});

test("an arrow points to its second point, and the library's first handle is its head", () => {
  const form = formOf({
    tool: "ArrowAnnotate",
    handles: [
      [9, 9, 0],
      [1, 1, 0],
    ],
    closed: false,
  });
  assert.deepEqual(form?.points, [
    [1, 1, 0],
    [9, 9, 0],
  ]);
  assert.deepEqual(form && drawingOf(form).handles, [
    [9, 9, 0],
    [1, 1, 0],
  ]);
});

test("of two diameters the longer one comes first, whichever was drawn first", () => {
  const across: PatientPoint[] = [
    [0, 0, 0],
    [3, 0, 0],
    [1, -4, 0],
    [1, 5, 0],
  ];
  const form = formOf({ tool: "Bidirectional", handles: across, closed: false });
  assert.deepEqual(form?.points, [across[2], across[3], across[0], across[1]]);
});

test("each kind has a tool of its own, and comes back from its drawing as it was", () => {
  for (const kind of measurementKinds) {
    const points = Array.from({ length: shapeOf(kind).least }, (_, at): PatientPoint => [at, 2 * at, -at]);
    const form = { kind, closed: kind === "freehand", points };
    assert.equal(kindOfTool(shapeOf(kind).tool), kind);
    assert.deepEqual(formOf(drawingOf(form)), form);
  }
});

test("a drawing that is not whole, and a tool that measures nothing, are no measurement", () => {
  assert.equal(
    formOf({
      tool: "Angle",
      handles: [
        [0, 0, 0],
        [1, 0, 0],
      ],
      closed: false,
    }),
    null,
  );
  assert.equal(formOf({ tool: "Zoom", handles: [], closed: false }), null);
});

test("a measurement with another number of points than its kind has is refused", () => {
  assert.ok(
    KeptMeasurement.safeParse(
      kept("length", [
        [1, 1],
        [4, 5],
      ]),
    ).success,
  );
  assert.ok(!KeptMeasurement.safeParse(kept("length", [[1, 1]])).success);
  assert.ok(
    !KeptMeasurement.safeParse(
      kept("angle", [
        [1, 1],
        [4, 5],
      ]),
    ).success,
  );
});

test("other viewers find the tool in the tracking identifier, and the image in the measurement", () => {
  const measurement = KeptMeasurement.parse(
    kept("cobb", [
      [1, 1],
      [4, 5],
      [7, 7],
      [9, 1],
    ]),
  );
  assert.equal(trackingIdentifier(measurement), "Cornerstone3DTools@^0.1.0:CobbAngle");
  assert.equal(imageOf(measurement).sopInstanceUid, "1.2.3.4.5");
});
