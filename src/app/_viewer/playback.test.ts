import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attributes } from "@overread/shared/dicom/attributes";
import { seriesContent } from "./frames.ts";
import { delayBefore, nextImage, playbackOf } from "./playback.ts";

function loop(frames: number, values: Record<string, unknown[]>) {
  const all: Record<string, unknown[]> = {
    "00080018": ["1.2.1"],
    "0020000E": ["1.2.3"],
    "00280008": [frames],
    "00280010": [8],
    "00280011": [8],
    ...values,
  };
  const instance: Attributes = Object.fromEntries(Object.entries(all).map(([tag, Value]) => [tag, { Value }]));
  return seriesContent("https://portal.example/dicomweb/lakeside", "1.2", [instance]).frames;
}

function walk(frames: ReturnType<typeof loop>, steps: number): number[] {
  const playback = playbackOf(frames, 0);
  const seen: number[] = [];
  let at: ReturnType<typeof nextImage> = { index: 0, direction: 1 };
  for (let i = 0; i < steps; i++) {
    at = nextImage(playback, at.index, at.direction);
    seen.push(at.index);
  }
  return seen;
}

test("a loop opens at the rate the modality recommends, else at that of its frame time or vector", () => {
  const rate = (values: Record<string, unknown[]>) => playbackOf(loop(4, values), 0).rate;
  assert.equal(rate({}), null);
  assert.equal(rate({ "00181063": [40] }), 25);
  assert.equal(rate({ "00082144": [30], "00181063": [40] }), 30);
  assert.equal(rate({ "00280009": ["00181065"], "00181065": [0, 200, 200, 200] }), 5);
  assert.equal(rate({ "00280009": ["00181063"], "00181063": [40], "00181065": [0, 200, 200, 200] }), 25);
  assert.equal(rate({ "00181065": [0, 200] }), null, "a vector of another length is of another loop");
});

test("images of uneven times stand as long as the vector says, slower or faster as the reader wants", () => {
  const frames = loop(3, { "00280009": ["00181065"], "00181065": [0, 100, 300] });
  const playback = playbackOf(frames, 0);
  assert.equal(playback.rate, 5);
  assert.deepEqual(
    [1, 2].map((index) => delayBefore(playback, index, 5)),
    [100, 300],
  );
  assert.deepEqual(
    [0, 1, 2].map((index) => delayBefore(playback, index, 10)),
    [100, 50, 150],
  );
});

test("a loop begins again, a sweep goes back and forth, and trimmed frames are not played", () => {
  assert.deepEqual(walk(loop(3, {}), 4), [1, 2, 0, 1]);
  assert.deepEqual(walk(loop(3, { "00181244": [1] }), 6), [1, 2, 1, 0, 1, 2]);
  assert.deepEqual(walk(loop(6, { "00082142": [2], "00082143": [4] }), 5), [1, 2, 3, 1, 2]);
  assert.deepEqual(walk(loop(3, { "00082142": [3], "00082143": [9] }), 3), [1, 2, 0], "a trim beyond the loop is none");
});
