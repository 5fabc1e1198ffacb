import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type TestArchive, useTestArchive } from "../archive.ts";
import { tinyInstance } from "../factories/tiny-instance.ts";
import { type ReadPicture, readGif, readPng } from "../support/read-pictures.ts";

let archive: TestArchive;
before(async () => {
  archive = await useTestArchive();
});
after(() => archive.close());

type Source = { columns: number; rows: number; samples: number; at: (x: number, y: number) => number[] };
const us = (value: number) => ({ vr: "US", Value: [value] });

/** Stores an 8-bit picture whose window changes nothing, and gives its address. */
async function stored({ columns, rows, samples, at }: Source): Promise<string> {
  const bytes = Uint8Array.from(
    Array.from({ length: columns * rows }, (_, i) => at(i % columns, Math.floor(i / columns))).flat(),
  );
  const { study, series, instance, part10 } = tinyInstance({
    elements: {
      "00280002": us(samples),
      "00280004": { vr: "CS", Value: [samples === 1 ? "MONOCHROME2" : "RGB"] },
      ...(samples === 3 ? { "00280006": us(0) } : {}),
      "00280010": us(rows),
      "00280011": us(columns),
      "00280100": us(8),
      "00280101": us(8),
      "00280102": us(7),
      "00281050": { vr: "DS", Value: [128] },
      "00281051": { vr: "DS", Value: [256] },
      "7FE00010": { vr: "OB", bytes },
    },
  });
  assert.equal((await archive.stow([part10])).status, 200);
  return `/studies/${study}/series/${series}/instances/${instance}/rendered`;
}

async function picture(path: string, accept = "image/png"): Promise<ReadPicture> {
  const response = await archive.request(path, { headers: { accept } });
  const body = Buffer.from(await response.arrayBuffer());
  assert.equal(response.status, 200, `${path}: ${body}`);
  assert.equal(response.headers.get("content-type"), accept);
  return accept === "image/gif" ? readGif(body) : readPng(body);
}

const grey: Source = { columns: 8, rows: 6, samples: 1, at: (x, y) => [y * 40 + x * 4] };
const colour: Source = { columns: 8, rows: 6, samples: 3, at: (x, y) => [x * 30, y * 40, 200 - x * 10] };

/** What each output pixel shows, worked out by hand from the standard: columns and rows of the source, whole pixels. */
const regions: [viewport: string, xs: number[], ys: number[]][] = [
  ["8,6", [0, 1, 2, 3, 4, 5, 6, 7], [0, 1, 2, 3, 4, 5]],
  ["8,6,,,,", [0, 1, 2, 3, 4, 5, 6, 7], [0, 1, 2, 3, 4, 5]],
  ["3,2,2,1,3,2", [2, 3, 4], [1, 2]],
  ["4,6,4", [4, 5, 6, 7], [0, 1, 2, 3, 4, 5]],
  ["8,2,,4", [0, 1, 2, 3, 4, 5, 6, 7], [4, 5]],
  ["8,6,0,0,-8,6", [7, 6, 5, 4, 3, 2, 1, 0], [0, 1, 2, 3, 4, 5]],
  ["8,6,0,0,8,-6", [0, 1, 2, 3, 4, 5, 6, 7], [5, 4, 3, 2, 1, 0]],
  ["3,2,2,1,-3,-2", [4, 3, 2], [2, 1]],
  ["6,4,2,1,3,2", [2, 2, 3, 3, 4, 4], [1, 1, 2, 2]],
  ["6,4,2,1,-3,2", [4, 4, 3, 3, 2, 2], [1, 1, 2, 2]],
  // The shape is kept: the viewport is wider than the region, which fills its height.
  ["100,4,2,1,3,2", [2, 2, 3, 3, 4, 4], [1, 1, 2, 2]],
  ["2,2,0.5,0.5,1,1", [0, 1], [0, 1]],
  ["1,1,7,5,1,1", [7], [5]],
];

for (const [name, source] of Object.entries({ grey, colour }))
  test(`a source region is cut, turned over and scaled as PS3.18 §8.3.5.1.3 says, pixel for pixel: ${name}`, async () => {
    const path = await stored(source);
    for (const [viewport, xs, ys] of regions) {
      const found = await picture(`${path}?viewport=${viewport}`);
      assert.deepEqual([found.width, found.height], [xs.length, ys.length], viewport);
      assert.deepEqual(
        [...found.data],
        ys.flatMap((y) => xs.flatMap((x) => source.at(x, y))),
        viewport,
      );
    }
    // Made smaller, each pixel is the mean of what it covers.
    const half = await picture(`${path}?viewport=2,2,4,2,4,4`);
    const mean = (x: number, y: number) =>
      source.at(x, y).map((_, c) => {
        const four = [source.at(x, y), source.at(x + 1, y), source.at(x, y + 1), source.at(x + 1, y + 1)];
        return Math.round(four.reduce((sum, each) => sum + (each[c] as number), 0) / 4);
      });
    assert.deepEqual([...half.data], [mean(4, 2), mean(6, 2), mean(4, 4), mean(6, 4)].flat());
  });

test("a viewport that makes no sense, or a region that is not in the picture, is said to be wrong", async () => {
  const path = await stored(grey);
  const wrong = [
    "8",
    "8,",
    "0,6",
    "-8,6",
    "8.5,6",
    "8,6,0,0,9,6",
    "8,6,0,0,8,7",
    "8,6,-1,0,2,2",
    "8,6,0,0,0,1",
    "8,6,8",
    "8,6,a",
  ];
  for (const viewport of [...wrong, "8,6,1,1,-8,6", "8,6,0,0,8,6,1", "8,6,0,0,1e2,6", "8,6,0,0,Infinity,6", "9000,6"]) {
    const response = await archive.request(`${path}?viewport=${viewport}`);
    const { error } = (await response.json()) as { error?: { code: string; details: { parameter: string } } };
    assert.deepEqual(
      [response.status, error?.code, error?.details.parameter],
      [400, "request.invalid", "viewport"],
      viewport,
    );
  }
});

test("a picture is had as GIF: grey and few colours exactly, many colours nearly", async () => {
  for (const source of [grey, colour]) {
    const path = await stored(source);
    const png = await picture(path);
    const gif = await picture(path, "image/gif");
    const wanted = png.channels === 3 ? png.data : Buffer.from([...png.data].flatMap((v) => [v, v, v]));
    assert.deepEqual([...gif.data], [...wanted]);
  }
  // Larger ones fill the table of codes, several times over.
  const noise: Source = {
    columns: 300,
    rows: 200,
    samples: 1,
    at: (x, y) => [(x * 7919 + y * 104729 + x * x * y) % 256],
  };
  const flat: Source = { columns: 300, rows: 200, samples: 1, at: (x) => [x < 150 ? 0 : 255] };
  for (const source of [noise, flat]) {
    const path = await stored(source);
    const { data } = await picture(path, "image/gif");
    assert.deepEqual(data, Buffer.from([...(await picture(path)).data].flatMap((v) => [v, v, v])));
  }
  const rich = await stored({ columns: 64, rows: 64, samples: 3, at: (x, y) => [x * 4, y * 4, (x * y) % 256] });
  const [near, exact] = [await picture(rich, "image/gif"), await picture(rich)];
  assert.ok(near.data.every((value, i) => Math.abs(value - (exact.data[i] as number)) <= 26));
});
