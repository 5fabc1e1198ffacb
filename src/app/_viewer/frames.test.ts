import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attributes } from "./attributes.ts";
import { documentTitle } from "./documents.ts";
import { seriesContent } from "./frames.ts";

const base = "https://portal.example/dicomweb/lakeside";

function instance(number: number | null, z: number, more: Record<string, { Value: unknown[] }> = {}): Attributes {
  return {
    "00080016": { Value: ["1.2.840.10008.5.1.4.1.1.2"] },
    "00080018": { Value: [`1.2.3.${z + 1000}`] },
    "0020000E": { Value: ["1.2.3"] },
    "00080060": { Value: ["CT"] },
    ...(number === null ? {} : { "00200013": { Value: [number] } }),
    "00280010": { Value: [512] },
    "00280011": { Value: [512] },
    "00200032": { Value: [0, 0, z] },
    "00200037": { Value: [1, 0, 0, 0, 1, 0] },
    ...more,
  };
}

test("slices stand in the order of their instance numbers, as reports speak of them", () => {
  const { frames } = seriesContent(base, "1.2", [instance(3, 10), instance(1, 30), instance(2, 20)]);
  assert.deepEqual(
    frames.map((frame) => frame.imageNumber),
    [1, 2, 3],
  );
});

test("slices without a number stand in the order of their position", () => {
  const { frames } = seriesContent(base, "1.2", [instance(null, 10), instance(null, -5), instance(null, 2)]);
  assert.deepEqual(
    frames.map((frame) => frame.alongNormal),
    [-5, 2, 10],
  );
});

test("each frame of a multi-frame instance is an image with its own address", () => {
  const { frames } = seriesContent(base, "1.2", [instance(1, 0, { "00280008": { Value: ["3"] } })]);
  assert.deepEqual(
    frames.map((frame) => frame.imageId.replace(/^.*instances/, "")),
    ["/1.2.3.1000/frames/1", "/1.2.3.1000/frames/2", "/1.2.3.1000/frames/3"],
  );
  assert.match(
    frames[0]?.imageId ?? "",
    /^wadors:https:\/\/portal\.example\/dicomweb\/lakeside\/studies\/1\.2\/series/,
  );
});

test("a frame of an enhanced instance has the position of its functional group and leaves the others theirs", () => {
  const position = (z: number) => ({ "00209113": { Value: [{ "00200032": { Value: [0, 0, z] } }] } });
  const enhanced = instance(1, 0, {
    "00280008": { Value: [2] },
    "52009229": { Value: [{ "00289110": { Value: [{ "00280030": { Value: [0.5, 0.5] } }] } }] },
    "52009230": { Value: [position(7), position(9)] },
  });
  const { frames } = seriesContent(base, "1.2", [enhanced]);
  assert.deepEqual(
    frames.map((frame) => [frame.alongNormal, frame.size.row]),
    [
      [7, 0.5],
      [9, 0.5],
    ],
  );
});

test("reports, key image lists and documents among the images are listed and are no images", () => {
  const pdf: Attributes = {
    "00080016": { Value: ["1.2.840.10008.5.1.4.1.1.104.1"] },
    "00080018": { Value: ["1.2.4"] },
    "0020000E": { Value: ["1.2.3"] },
    "00080060": { Value: ["DOC"] },
    "00420010": { Value: ["Outside report"] },
  };
  const sr: Attributes = {
    "00080018": { Value: ["1.2.5"] },
    "0020000E": { Value: ["1.2.3"] },
    "00080060": { Value: ["SR"] },
  };
  const { frames, others } = seriesContent(base, "1.2", [instance(1, 0), pdf, sr]);
  assert.equal(frames.length, 1);
  assert.deepEqual(
    others.map(({ title, attributes }) => [title, documentTitle(attributes)]),
    [
      ["Document", "Outside report"],
      ["Structured report", null],
    ],
  );
});

test("an image that lost something to compression says so, by attribute or by transfer syntax", () => {
  const lossy = (more: Record<string, { Value: unknown[] }>) =>
    seriesContent(base, "1.2", [instance(1, 0, more)]).frames[0]?.lossy;
  assert.equal(lossy({}), null);
  assert.equal(lossy({ "00282110": { Value: ["01"] }, "00282112": { Value: ["12.34"] } }), "Lossy 12.3:1");
  assert.equal(lossy({ "00083002": { Value: ["1.2.840.10008.1.2.4.50"] } }), "Lossy (JPEG)");
  assert.equal(lossy({ "00083002": { Value: ["1.2.840.10008.1.2.4.90"] } }), null);
});

test("an image without a position is shown and has no place", () => {
  const { frames } = seriesContent(base, "1.2", [instance(1, 0, { "00200037": { Value: [] } })]);
  assert.equal(frames[0]?.alongNormal, null);
  assert.equal(frames[0]?.position, null);
});
