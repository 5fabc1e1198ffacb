import assert from "node:assert/strict";
import { test } from "node:test";
import type { Frame } from "./frame.ts";
import { seriesContent } from "./frames.ts";
import { angleBetween, angleOf, lengthOf, readingText, withPlace } from "./measure.ts";

function frame(more: Record<string, { Value: unknown[] }>): Frame {
  const [made] = seriesContent("https://portal.example/dicomweb/lakeside", "1.2", [
    {
      "00080018": { Value: ["1.2.1"] },
      "0020000E": { Value: ["1.2.3"] },
      "00280010": { Value: [512] },
      "00280011": { Value: [512] },
      ...more,
    },
  ]).frames;
  assert.ok(made);
  return made;
}

test("a line on a tilted slice has its true length in the patient", () => {
  const slice = frame({
    "00280030": { Value: [0.5, 0.5] },
    "00200032": { Value: [10, 20, 30] },
    "00200037": { Value: [0, 1, 0, 0, 0, -1] },
  });
  assert.deepEqual(lengthOf(slice, [10, 20, 30], [10, 23, 26]), { value: 5, unit: "mm" });
});

test("a line on an uncalibrated image is counted in pixels", () => {
  assert.deepEqual(lengthOf(frame({}), [0, 0, 0], [30, 40, 0]), {
    value: 50,
    unit: "px",
    reason: "no scale in this image",
  });
  assert.equal(readingText({ value: 50.4, unit: "px" }), "50 px");
});

/** A region of 2D tissue, `mm` a pixel. */
function region(x0: number, y0: number, x1: number, y1: number, mm: number, more: Record<string, unknown[]> = {}) {
  const values = {
    "00186012": [1],
    "00186018": [x0],
    "0018601A": [y0],
    "0018601C": [x1],
    "0018601E": [y1],
    "00186024": [3],
    "00186026": [3],
    "0018602C": [mm / 10],
    "0018602E": [mm / 10],
    ...more,
  };
  return Object.fromEntries(Object.entries(values).map(([tag, Value]) => [tag, { Value }]));
}
const onTop = { "00186016": [1] };
const ultrasound = (...regions: ReturnType<typeof region>[]) => frame({ "00186011": { Value: regions } });

test("a line inside an ultrasound region is measured by that region, one leaving it is in pixels and says why", () => {
  const image = ultrasound(region(0, 0, 100, 100, 0.2));
  assert.deepEqual(lengthOf(image, [0, 0, 0], [50, 0, 0]), { value: 10, unit: "mm" });
  assert.deepEqual(lengthOf(image, [0, 0, 0], [150, 0, 0]), {
    value: 150,
    unit: "px",
    reason: "crosses the edge of a region",
  });
  assert.equal(lengthOf(image, [200, 0, 0], [250, 0, 0]).reason, "outside the calibrated region");
});

test("where ultrasound regions overlap the one with priority holds, whichever comes first", () => {
  const [low, high] = [region(0, 0, 500, 500, 1), region(250, 0, 500, 500, 0.2, onTop)];
  for (const image of [ultrasound(low, high), ultrasound(high, low)]) {
    assert.deepEqual(lengthOf(image, [300, 50, 0], [330, 50, 0]), { value: 6, unit: "mm" });
    assert.deepEqual(lengthOf(image, [100, 50, 0], [130, 50, 0]), { value: 30, unit: "mm" });
    assert.equal(lengthOf(image, [200, 50, 0], [300, 50, 0]).unit, "px");
  }
  const unclear = ultrasound(low, region(250, 0, 500, 500, 0.2));
  assert.equal(lengthOf(unclear, [300, 50, 0], [330, 50, 0]).unit, "px");
});

test("a line through a Doppler strip that lies over the tissue, or across a small inset, has no length", () => {
  const strip = region(0, 200, 500, 300, 0.2, { ...onTop, "00186024": [4] });
  const inset = region(100, 0, 140, 40, 0.5, onTop);
  const image = ultrasound(region(0, 0, 500, 500, 0.2), strip, inset);
  assert.equal(lengthOf(image, [10, 220, 0], [60, 220, 0]).reason, "no distances in this region");
  assert.equal(lengthOf(image, [90, 20, 0], [150, 20, 0]).unit, "px", "both ends in one region, the middle in another");
});

test("a region that reaches beyond the picture was written for another one, and none is believed", () => {
  const image = ultrasound(region(0, 0, 100, 100, 0.2), region(0, 0, 1023, 767, 0.2));
  const reading = lengthOf(image, [0, 0, 0], [50, 0, 0]);
  assert.deepEqual(
    [reading.value, reading.unit, reading.reason],
    [50, "px", "the scale was written for a picture of another size"],
  );
});

test("an angle is true where pixels are not square", () => {
  const image = frame({
    "00280030": { Value: [2, 1] },
    "00200032": { Value: [0, 0, 0] },
    "00200037": { Value: [1, 0, 0, 0, 1, 0] },
  });
  const angle = angleOf(image, [10, 0, 0], [0, 0, 0], [10, 10, 0]);
  assert.ok(angle && Math.abs(angle.value - 45) < 1e-9);
  assert.equal(angleOf(image, [0, 0, 0], [0, 0, 0], [1, 0, 0]), null);
});

test("the angle of two lines is the same whichever way each was drawn, and may be more than a right angle", () => {
  const image = frame({ "00280030": { Value: [1, 1] } });
  const tilted = (degrees: number): [number, number, number] => [
    100 * Math.cos((degrees * Math.PI) / 180),
    100 * Math.sin((degrees * Math.PI) / 180),
    0,
  ];
  const cobb = (one: number, two: number, turned = false) => {
    const lines = [one, two].map((each): [[number, number, number], [number, number, number]] => [
      [0, 0, 0],
      tilted(each),
    ]);
    const [first, second] = lines as [(typeof lines)[0], (typeof lines)[0]];
    return angleBetween(image, first, turned ? [second[1], second[0]] : second)?.value ?? Number.NaN;
  };
  for (const turned of [false, true]) {
    assert.ok(Math.abs(cobb(12, -20, turned) - 32) < 1e-9);
    assert.ok(Math.abs(cobb(60, -55, turned) - 115) < 1e-9);
  }
});

test("a measurement says where it was taken", () => {
  assert.equal(withPlace("12.4 mm", 3, 41), "12.4 mm (series 3, image 41)");
  assert.equal(withPlace("37.0°", null, null), "37.0°");
  assert.equal(withPlace(readingText({ value: 8, unit: "mm at detector" }), 1, null), "8.0 mm at detector (series 1)");
});
