import assert from "node:assert/strict";
import { test } from "node:test";
import type { Frame } from "./frame.ts";
import { seriesContent } from "./frames.ts";
import {
  geometryWarnings,
  lettersFromPatientOrientation,
  linkAt,
  linkedIndex,
  matchingIndex,
  movedBy,
  orientationLetters,
  unmoved,
} from "./geometry.ts";

function stack(positions: number[], frameOfReference = "1.9", direction = [1, 0, 0, 0, 1, 0]): Frame[] {
  return seriesContent(
    "https://portal.example/dicomweb/lakeside",
    "1.2",
    positions.map((z, index) => ({
      "00080018": { Value: [`1.2.${index}`] },
      "0020000E": { Value: ["1.2.3"] },
      "00200013": { Value: [index + 1] },
      "00200052": { Value: [frameOfReference] },
      "00280010": { Value: [4] },
      "00280011": { Value: [4] },
      "00200032": { Value: [0, 0, z] },
      "00200037": { Value: direction },
    })),
  ).frames;
}

test("two series of one examination are linked by coordinate, whatever their spacing", () => {
  const thin = stack([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  const thick = stack([0, 5, 10]);
  const link = linkAt(thin, 0, thick, 0);
  assert.deepEqual(link, { by: "position", offsetMm: 0, ownMm: 0 });
  assert.equal(linkedIndex(link, thin, 6, thick, false), 1);
  assert.equal(linkedIndex(link, thick, 2, thin, true), 10);
});

test("a prior with an origin of its own follows by distance from the slices shown when they were linked", () => {
  const current = stack([100, 105, 110, 115], "1.9");
  const prior = stack([-40, -35, -30, -25], "1.8");
  const link = linkAt(current, 1, prior, 2);
  assert.equal(linkedIndex(link, current, 2, prior, false), 3);
  assert.equal(linkedIndex(link, prior, 1, current, true), 0);
  assert.equal(linkedIndex(link, current, 0, prior, false), 1, "not the slice whose own coordinate is nearest");
});

test("slices that are not parallel are linked by number", () => {
  const axial = stack([0, 5, 10]);
  const sagittal = stack([0, 5, 10], "1.9", [0, 1, 0, 0, 0, -1]);
  assert.deepEqual(linkAt(axial, 0, sagittal, 0), { by: "index", offset: 0 });
  assert.equal(linkedIndex({ by: "index", offset: 0 }, axial, 2, stack([0, 5]), false), 1);
});

test("sides without a position in common keep how many images one was moved by, and lose it when that is taken back", () => {
  const axial = stack([0, 5, 10, 15]);
  const sagittal = stack([0, 5, 10, 15], "1.9", [0, 1, 0, 0, 0, -1]);
  const link = linkAt(axial, 0, sagittal, 2, true);
  assert.deepEqual(movedBy(link), { amount: 2, unit: "images" });
  assert.equal(linkedIndex(link, axial, 1, sagittal, false), 3);
  assert.equal(linkedIndex(link, sagittal, 3, axial, true), 1);
  assert.equal(linkedIndex(link, sagittal, 0, axial, true), 0, "never before the first");
  assert.equal(linkedIndex(unmoved(link), axial, 1, sagittal, false), 1);
});

test("a prior opens at the same height when the ranges overlap, else at the same share of the way", () => {
  const shown = stack([0, 10, 20, 30, 40]);
  assert.equal(matchingIndex(shown, 2, stack([15, 20, 25], "1.8")), 1);
  assert.equal(matchingIndex(shown, 4, stack([500, 505, 510, 515], "1.8")), 3);
});

test("a missing slice is named with its place", () => {
  assert.deepEqual(geometryWarnings(stack([0, 5, 10, 20, 25])), ["10.0 mm gap after image 3: 1 missing"]);
  assert.deepEqual(geometryWarnings(stack([0, 5, 10, 15])), []);
  assert.deepEqual(geometryWarnings(stack([0, 5, 11, 16, 21])), ["Uneven slice spacing"]);
});

test("the widest gap is the one named, and a number of missing slices only where most steps agree", () => {
  assert.deepEqual(geometryWarnings(stack([0, 3, 6, 15, 18, 21, 108, 111])), [
    "87.0 mm gap after image 6: 28 missing, and 1 more",
  ]);
  assert.deepEqual(geometryWarnings(stack([0, 3, 32, 61, 148])), ["87.0 mm gap after image 4"]);
});

test("several images at one place, as in a perfusion, are no gap", () => {
  assert.deepEqual(geometryWarnings(stack([0, 0, 0, 0, 5, 5, 5, 5])), []);
});

test("an axial slice shows the patient's left on the right of the screen", () => {
  assert.deepEqual(orientationLetters([1, 0, 0], [0, 1, 0]), { right: "L", left: "R", bottom: "P", top: "A" });
});

test("an oblique slice names two directions", () => {
  assert.equal(orientationLetters([0.8, 0.6, 0], [0, 0, -1]).right, "LP");
});

test("letters of a radiograph follow it when it is flipped or turned", () => {
  assert.deepEqual(lettersFromPatientOrientation("L", "F", [1, 0], [0, 1]), {
    right: "L",
    left: "R",
    bottom: "F",
    top: "H",
  });
  assert.equal(lettersFromPatientOrientation("L", "F", [-1, 0], [0, 1]).right, "R");
  assert.equal(lettersFromPatientOrientation("L", "F", [0, 1], [-1, 0]).right, "F");
});
