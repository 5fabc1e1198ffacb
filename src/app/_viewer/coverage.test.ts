import assert from "node:assert/strict";
import { test } from "node:test";
import { coverageOf, stretches, unseenInWords } from "./coverage.ts";
import type { Frame } from "./frame.ts";
import type { SeriesForViewing, StudyForViewing } from "./types.ts";

const series = (number: number, modality = "CT", numberOfInstances = 4): SeriesForViewing => ({
  seriesInstanceUid: `1.${number}`,
  modality,
  seriesNumber: number,
  seriesDescription: number === 3 ? "Thorax" : null,
  numberOfInstances,
});
const study = (...all: SeriesForViewing[]): StudyForViewing => ({
  orgSlug: "lakeside",
  studyInstanceUid: "1",
  dicomwebRoot: "/dicomweb/lakeside",
  label: "Current",
  studyDate: null,
  description: null,
  series: all,
});
const frames = (uid: string, count: number): Frame[] =>
  Array.from({ length: count }, (_, n) => ({ imageId: `${uid}/${n}` }) as Frame);

test("what was shown is counted by image, of a series that was never opened nothing was, and documents are none", () => {
  // One instance of 12 frames, a stack of 4, and a report.
  const loop = frames("1.2", 12);
  const seen = new Set([loop[0], loop[5]]);
  const counted = coverageOf(
    [study(series(2, "US", 1), series(3), series(9, "SR"))],
    (_, { seriesInstanceUid }) => (seriesInstanceUid === "1.2" ? { frames: loop } : null),
    (frame) => seen.has(frame),
  );
  assert.deepEqual(
    counted.map(({ seriesNumber, total, shown }) => [seriesNumber, total, shown]),
    [
      [2, 12, 2],
      [3, 4, 0],
    ],
  );
  assert.deepEqual(unseenInWords(counted), ["10 of 12 images of series 2", "all 4 images of series 3, Thorax"]);
});

test("what was shown whole is not named", () => {
  const all = frames("1.3", 4);
  assert.deepEqual(
    unseenInWords(
      coverageOf(
        [study(series(3))],
        () => ({ frames: all }),
        () => true,
      ),
    ),
    [],
  );
});

test("the bar merges equal neighbours, and a step of a long stack says the least of its images", () => {
  assert.deepEqual(stretches(["shown", "shown", "here", "away", "away"]), [
    { state: "shown", from: 0, to: 2 },
    { state: "here", from: 2, to: 3 },
    { state: "away", from: 3, to: 5 },
  ]);
  const long = stretches(
    Array.from({ length: 1000 }, (_, n) => (n === 503 ? "here" : "shown")),
    100,
  );
  assert.deepEqual(
    long.map(({ state, from, to }) => [state, from, to]),
    [
      ["shown", 0, 500],
      ["here", 500, 510],
      ["shown", 510, 1000],
    ],
  );
  assert.deepEqual(stretches([]), []);
});
