import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attributes } from "@overread/shared/dicom/attributes";
import { pixelSize } from "./spacing.ts";

const of = (values: Record<string, unknown[]>): Attributes =>
  Object.fromEntries(Object.entries(values).map(([tag, Value]) => [tag, { Value }]));

test("a CT slice is measured in millimetres of the patient", () => {
  assert.deepEqual(pixelSize(of({ "00080060": ["CT"], "00280030": [0.7, 0.8] })), {
    row: 0.7,
    column: 0.8,
    unit: "mm",
  });
});

test("spacing sent as text is a number all the same", () => {
  assert.deepEqual(pixelSize(of({ "00280030": ["0.7", "0.8"] })), { row: 0.7, column: 0.8, unit: "mm" });
});

test("a radiograph with detector spacing alone is measured at the detector", () => {
  assert.equal(pixelSize(of({ "00080060": ["DX"], "00181164": [0.15, 0.15] })).unit, "mm at detector");
});

test("a radiograph whose pixel spacing repeats the detector's without a calibration is measured at the detector", () => {
  const sent = { "00080060": ["CR"], "00181164": [0.15, 0.15], "00280030": [0.15, 0.15] };
  assert.equal(pixelSize(of(sent)).unit, "mm at detector");
  assert.equal(pixelSize(of({ ...sent, "00280A02": ["FIDUCIAL"] })).unit, "mm");
  assert.equal(pixelSize(of({ ...sent, "00280030": [0.12, 0.12] })).unit, "mm");
});

test("without any spacing there are pixels, in the proportions of the pixel aspect ratio", () => {
  assert.deepEqual(pixelSize(of({ "00280034": ["2", "1"] })), { row: 2, column: 1, unit: "px" });
  assert.deepEqual(pixelSize(of({ "00280030": [0, 0] })), { row: 1, column: 1, unit: "px" });
});
