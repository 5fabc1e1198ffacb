import assert from "node:assert/strict";
import { test } from "node:test";
import { describePixels } from "@overread/shared/dicom/pixels/describe";
import { displayedValues } from "./displayed-values.ts";

const described = (more: Record<string, unknown[]>) => {
  const values = {
    "00280002": [1],
    "00280004": ["MONOCHROME2"],
    "00280010": [1],
    "00280011": [4],
    "00280100": [16],
    "00280101": [16],
    "00280102": [15],
    "00280103": [1],
    ...more,
  };
  return describePixels(Object.fromEntries(Object.entries(values).map(([tag, Value]) => [tag, { Value }])));
};
const window = { lower: 0, upper: 1000 };

test("a map of fractions keeps its fractions, and whole values stay whole and small", () => {
  const stored = Int16Array.of(0, 250, 500, 1000);
  const map = displayedValues(
    stored,
    described({ "00281053": ["0.001"], "00281052": ["0"] }),
    new Uint8Array(8),
    window,
  );
  assert.ok(map.values instanceof Float32Array);
  assert.deepEqual(
    [...map.values].map((value) => Math.round(value * 1000)),
    [0, 250, 500, 1000],
  );
  const whole = displayedValues(stored, described({ "00281052": ["-1024"] }), new Uint8Array(8), window);
  assert.ok(whole.values instanceof Int16Array);
  assert.deepEqual([whole.min, whole.max], [-1024, -24]);
});

test("padding is out of the image's range, and darker than all of it in either polarity", () => {
  const stored = Int16Array.of(-2000, 0, 300, 600);
  const positive = displayedValues(stored, described({ "00280120": [-2000] }), new Uint8Array(8), window);
  assert.deepEqual([positive.min, positive.max], [0, 600]);
  assert.ok((positive.values[0] ?? 0) < -1000);
  const negative = { "00280120": [-2000], "00280004": ["MONOCHROME1"] };
  const inverse = displayedValues(stored, described(negative), new Uint8Array(8), window);
  assert.ok((inverse.values[0] ?? 0) > 1000, "of a negative the largest value is the darkest");
});
