import assert from "node:assert/strict";
import { test } from "node:test";
import { resolutionEnds, streamLength } from "@overread/shared/dicom/pixels/htj2k-stream";
import { previewAt } from "./preview-at.ts";
import { openingPlace, placeByCorners } from "./viewports/stack/preview-place.ts";

/** A picture of what has come of an image: which one, when, and where it stands. */
const ends = [700, 1_400, 3_400, 11_000, 45_000, 190_000];
const at = (bytes: number, sinceMs: number, last = -1) => previewAt({ bytes, ofBytes: 190_002, sinceMs }, ends, last);

test("on a fast line no picture comes in between", () => {
  assert.equal(at(65_536, 12), null, "the rest takes 23 ms");
  assert.equal(at(140_000, 100), null, "the rest takes 36 ms");
});

test("on a slow line the picture of the resolutions that are here is shown, better ones replace it", () => {
  assert.equal(at(3_000, 50), null, "a sixteenth of a side shows nothing");
  assert.equal(at(3_500, 50), 2, "an eighth of each side, of a fiftieth of the bytes");
  assert.equal(at(9_000, 70, 2), null, "no better one is here");
  assert.equal(at(11_000, 80, 2), 3);
  assert.equal(at(60_000, 200, 3), 4);
  assert.equal(at(100_000, 300, 4), null, "half of each side is shown");
  assert.equal(at(60_000, 200), 4, "the best at once");
});

test("where the resolutions end is read from the header, as soon as it is here", () => {
  const marker = (code: number, ...body: number[]) => [code >> 8, code & 0xff, 0, body.length + 2, ...body];
  const u32 = (value: number) => [value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255];
  const cod = marker(0xff52, 0, 2, 0, 1, 0, 2, 4, 4, 0x40, 1);
  const tlm = marker(0xff55, 0, 0x60, ...[100, 300, 70_000].flatMap((length) => [0, 0, ...u32(length)]));
  const sot = marker(0xff90, 0, 0, 0, 0, 0, 0, 0, 1);
  const header = [0xff, 0x4f, ...cod, ...tlm];
  const begin = Uint8Array.from([...header, ...sot]);
  assert.deepEqual(resolutionEnds(begin), [header.length + 100, header.length + 400, header.length + 70_400]);
  assert.equal(streamLength(begin), header.length + 70_402);
  for (let bytes = 0; bytes < header.length + 4; bytes++) assert.equal(resolutionEnds(begin.subarray(0, bytes)), null);
  assert.equal(resolutionEnds(Uint8Array.from([0xff, 0x4f, ...cod, ...sot])), null, "no lengths");
  const more = marker(0xff52, 0, 2, 0, 1, 0, 5, 4, 4, 0x40, 1);
  assert.equal(
    resolutionEnds(Uint8Array.from([0xff, 0x4f, ...more, ...tlm, ...sot])),
    null,
    "parts are no resolutions",
  );
  assert.equal(resolutionEnds(Uint8Array.from({ length: 64 }, () => 0)), null);
});

const size = { row: 2, column: 1, unit: "mm" } as never;
test("before anything was drawn it stands whole and in the middle, or at its wall, of one scale with what is beside it", () => {
  // 100 mm wide, 100 mm high.
  const frame = { rows: 50, columns: 100, size };
  const middle = openingPlace(frame, { width: 400, height: 200 }, null);
  assert.deepEqual(middle, { a: 2, b: 0, c: 0, d: 4, e: 100, f: 0 });
  const room = { width: 200, height: 200 };
  const right = openingPlace(frame, { width: 400, height: 200 }, { wall: "right", flipped: false, room, note: null });
  assert.deepEqual(right, { a: 1, b: 0, c: 0, d: 2, e: 300, f: 50 });
  const mirrored = openingPlace(frame, { width: 400, height: 200 }, { wall: "left", flipped: true, room, note: null });
  assert.deepEqual(mirrored, { a: -1, b: 0, c: 0, d: 2, e: 100, f: 50 }, "its first column is at the right");
});

test("over a picture that is there it stands as that does, turned and moved", () => {
  // A quarter turn, two screen pixels for each of the image.
  const place = placeByCorners({ rows: 50, columns: 100 }, [
    [300, 10],
    [300, 210],
    [200, 10],
  ]);
  assert.deepEqual(place, { a: 0, b: 2, c: -2, d: 0, e: 300, f: 10 });
});
