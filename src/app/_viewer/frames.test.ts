import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attributes } from "@overread/shared/dicom/attributes";
import { documentTitle } from "./documents.ts";
import { seriesContent } from "./frames.ts";
import { geometryWarnings } from "./geometry.ts";

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

const axial = [1, 0, 0, 0, 1, 0];
const sagittal = [0, 1, 0, 0, 0, -1];
const coronal = [1, 0, 0, 0, 0, -1];

/** Images by UID suffix in the order given, with what is told of each. */
function orderOf(images: Record<string, unknown[]>[]): string {
  const made = images.map((values): Attributes => {
    const all: Record<string, unknown[]> = { "0020000E": ["1.2.3"], "00280010": [8], "00280011": [8], ...values };
    return Object.fromEntries(Object.entries(all).map(([tag, Value]) => [tag, { Value }]));
  });
  return seriesContent(base, "1.2", made)
    .frames.map(({ sopInstanceUid }) => sopInstanceUid.replace("1.9.", ""))
    .join(" ");
}

test("the planes of a localizer whose numbers begin again are kept together", () => {
  const image = (uid: number, number: number, orientation: number[], position: number[]) => ({
    "00080018": [`1.9.${uid}`],
    "00200013": [number],
    "00200037": orientation,
    "00200032": position,
  });
  const planes = [
    image(1, 1, sagittal, [-5, 0, 0]),
    image(4, 1, coronal, [0, 5, 0]),
    image(7, 1, axial, [0, 0, -9]),
    image(2, 2, sagittal, [0, 0, 0]),
    image(5, 2, coronal, [0, 0, 0]),
    image(8, 2, axial, [0, 0, 0]),
    image(3, 3, sagittal, [5, 0, 0]),
  ];
  assert.equal(orderOf(planes), "1 2 3 4 5 7 8");
});

test("time points, b-values and echoes of one place follow each other whatever the order of arrival", () => {
  for (const tag of ["00200100", "00189087", "00180081", "00181060", "00200012", "00080032"]) {
    const image = (uid: string, z: number, time: number) => ({
      "00080018": [`1.9.${uid}`],
      "00200013": [1],
      "00200037": axial,
      "00200032": [0, 0, z],
      [tag]: [tag === "00080032" ? `10150${time}` : time],
    });
    const order = orderOf([
      image("b2", 5, 2),
      image("a3", 0, 3),
      image("a1", 0, 1),
      image("b1", 5, 1),
      image("a2", 0, 2),
    ]);
    assert.equal(order, "a1 a2 a3 b1 b2", tag);
  }
});

test("an image without diffusion stands before those with it", () => {
  const image = (uid: string, b: number[]) => ({
    "00080018": [`1.9.${uid}`],
    "00200037": axial,
    "00200032": [0, 0, 0],
    "00189087": b,
  });
  assert.equal(orderOf([image("800", [800]), image("0", []), image("50", [50])]), "0 50 800");
});

test("without number and position Slice Location decides", () => {
  const image = (uid: number, location: number) => ({ "00080018": [`1.9.${uid}`], "00201041": [location] });
  assert.equal(orderOf([image(1, 30), image(2, 10), image(3, 50), image(4, 20), image(5, 40)]), "2 4 1 5 3");
});

test("frames of an enhanced instance stand by their place in the stack, without one by position", () => {
  const content = (values: Record<string, unknown[]>) => [
    Object.fromEntries(Object.entries(values).map(([tag, Value]) => [tag, { Value }])),
  ];
  const frames = (places: (number | null)[], heights: number[]) =>
    seriesContent(base, "1.2", [
      instance(1, 0, {
        "00280008": { Value: [places.length] },
        "52009230": {
          Value: places.map((place, i) => ({
            "00209113": { Value: content({ "00200032": [0, 0, heights[i]] }) },
            "00209111": { Value: content({ "00209056": ["1"], ...(place === null ? {} : { "00209057": [place] }) }) },
          })),
        },
      }),
    ]).frames;
  const numbers = (all: { frameNumber: number }[]) => all.map(({ frameNumber }) => frameNumber);
  const stacked = frames([2, 1, 3, 4], [10, 0, 20, 30]);
  assert.deepEqual(numbers(stacked), [2, 1, 3, 4]);
  assert.deepEqual(geometryWarnings(stacked), []);
  assert.deepEqual(numbers(frames([null, null, null], [10, 0, 20])), [2, 1, 3]);
  assert.deepEqual(numbers(frames([null, null, null], [20, 10, 0])), [1, 2, 3], "a stack from head to foot stays one");
  assert.deepEqual(numbers(frames([null, null, null], [0, 0, 0])), [1, 2, 3], "a loop stays a loop");
});

test("an image with an orientation and no position knows its sides", () => {
  const { frames } = seriesContent(base, "1.2", [instance(1, 0, { "00200032": { Value: [] } })]);
  assert.deepEqual(
    [frames[0]?.rowDirection, frames[0]?.columnDirection],
    [
      [1, 0, 0],
      [0, 1, 0],
    ],
  );
  assert.equal(frames[0]?.alongNormal, null);
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
