import assert from "node:assert/strict";
import { test } from "node:test";
import { type Frame, seriesContent } from "./frames.ts";
import { angleOf, lengthOf, measurementText, readingText } from "./measure.ts";

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
  assert.deepEqual(lengthOf(frame({}), [0, 0, 0], [30, 40, 0]), { value: 50, unit: "px" });
  assert.equal(readingText({ value: 50.4, unit: "px" }), "50 px");
});

test("a line inside an ultrasound region is measured by that region, one leaving it is not", () => {
  const region = {
    "00186012": { Value: [1] },
    "00186018": { Value: [0] },
    "0018601A": { Value: [0] },
    "0018601C": { Value: [100] },
    "0018601E": { Value: [100] },
    "00186024": { Value: [3] },
    "00186026": { Value: [3] },
    "0018602C": { Value: [0.02] },
    "0018602E": { Value: [0.02] },
  };
  const image = frame({ "00186011": { Value: [region] } });
  assert.deepEqual(lengthOf(image, [0, 0, 0], [50, 0, 0]), { value: 10, unit: "mm" });
  assert.equal(lengthOf(image, [0, 0, 0], [150, 0, 0]).unit, "px");
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

test("a measurement says where it was taken", () => {
  assert.equal(measurementText({ value: 12.42, unit: "mm" }, 3, 41), "12.4 mm (series 3, image 41)");
  assert.equal(measurementText({ value: 37, unit: "°" }, null, null), "37.0°");
  assert.equal(measurementText({ value: 8, unit: "mm at detector" }, 1, null), "8.0 mm at detector (series 1)");
});
