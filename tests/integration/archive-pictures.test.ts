import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inflateSync } from "node:zlib";
import { TS } from "@overread/shared/dicom/transfer-syntaxes";
import { newUid } from "@overread/shared/dicom/uids";
import { DrawnBefore } from "#server/archive/picture/drawn-before.ts";
import { ReadingMemory } from "#server/storage/reading-memory.ts";
import { type TestArchive, useTestArchive } from "../archive.ts";
import { pixelCases } from "../factories/pixel-cases/index.ts";
import { caseInstance, caseSize, frameOfCase } from "../factories/pixel-cases/instance.ts";
import { tinyInstance } from "../factories/tiny-instance.ts";

let archive: TestArchive;
before(async () => {
  archive = await useTestArchive();
});
after(() => archive.close());

/** Rows of a PNG as we write it: one chunk, no filter. */
function pngRows(png: Buffer, channels: number): Buffer[] {
  const start = png.indexOf("IDAT") + 4;
  const lines = inflateSync(png.subarray(start, start + png.readUInt32BE(start - 8)));
  const stride = caseSize * channels + 1;
  return Array.from({ length: caseSize }, (_, y) => lines.subarray(y * stride + 1, (y + 1) * stride));
}

test("the rendered picture of every case of the table is right, and what cannot be drawn says why", async () => {
  const study = newUid();
  const series = newUid();
  // Sizes that no pixels belong to are told apart when they are received.
  // A request always names the function of its window.
  const kept = pixelCases.filter(
    ({ name, asked }) =>
      (asked === undefined || asked.shape !== undefined) &&
      !["no rows", "a picture larger than memory", "cells of 64 bits that are no floating point"].includes(name),
  );
  const uids = kept.map(() => newUid());
  const sent = kept.map((each, i) => caseInstance(each, { study, series, instance: uids[i] as string, number: i + 1 }));
  for (let at = 0; at < sent.length; at += 50) {
    const { status } = await archive.stow(sent.slice(at, at + 50));
    assert.ok(status === 200 || status === 202, String(status));
  }
  const wrong: string[] = [];
  for (const [i, each] of kept.entries()) {
    const window =
      each.asked && `?window=${each.asked.center},${each.asked.width},${shapes[each.asked.shape ?? "LINEAR"]}`;
    const response = await archive.request(
      `/studies/${study}/series/${series}/instances/${uids[i]}/frames/${frameOfCase(each)}/rendered${window ?? ""}`,
      { headers: { accept: "image/png" } },
    );
    const body = Buffer.from(await response.arrayBuffer());
    if ("refused" in each) {
      if (response.status !== 406 || !each.refused.test(body.toString())) wrong.push(`${each.name}: ${body}`);
      continue;
    }
    if (response.status !== 200) {
      wrong.push(`${each.name}: ${response.status} ${body}`);
      continue;
    }
    const wanted: (readonly number[])[] = "grey" in each ? each.grey.map((level) => [level]) : [...each.rgb];
    const channels = wanted[0]?.length ?? 1;
    const row = pngRows(body, channels)[caseSize / 2] as Buffer;
    for (const [bar, levels] of wanted.entries()) {
      const found = [...row.subarray((bar * 8 + 4) * channels, (bar * 8 + 5) * channels)];
      if (levels.some((level, c) => Math.abs(level - (found[c] as number)) > (each.tolerance ?? 1)))
        wrong.push(`${each.name}, bar ${bar}: ${found} in place of ${levels}`);
    }
  }
  assert.deepEqual(wrong, []);
});

const shapes = { LINEAR: "linear", LINEAR_EXACT: "linear-exact", SIGMOID: "sigmoid" };

test("pixel data shorter than the header says are called that, as picture and as frame, and are no fault of the reader", async () => {
  const short = tinyInstance({ elements: { "00280010": { vr: "US", Value: [400] } } });
  await archive.stow([short.part10]);
  const at = `/studies/${short.study}/series/${short.series}/instances/${short.instance}`;
  for (const [path, accept] of [
    [`${at}/rendered`, "image/png"],
    [`${at}/frames/1`, "*/*"],
  ] as const) {
    const response = await archive.request(path, { headers: { accept } });
    const { error } = (await response.json()) as { error: { code: string; message: string } };
    assert.equal(error.code, "dicom.truncated", path);
    assert.match(error.message, /shorter than its header says/);
    // Who asks for what is stored is not told that he asked wrongly.
    assert.equal(response.status, 500, path);
  }
  const beyond = await archive.request(`${at}/frames/2`);
  assert.equal(beyond.status, 404);
});

test("a picture whose frame fills a whole piece of memory takes that piece from nobody", async () => {
  const side = 1024;
  const made = tinyInstance({
    elements: {
      "00280010": { vr: "US", Value: [side] },
      "00280011": { vr: "US", Value: [side] },
      "00280100": { vr: "US", Value: [8] },
      "00280101": { vr: "US", Value: [8] },
      "00280102": { vr: "US", Value: [7] },
      "7FE00010": { vr: "OB", bytes: Uint8Array.from({ length: side * side }, (_, i) => (i >> 10) & 0xff) },
    },
  });
  assert.equal((await archive.stow([made.part10])).status, 200);
  const at = `/studies/${made.study}/series/${made.series}/instances/${made.instance}/frames/1`;
  for (let round = 0; round < 3; round++) {
    // Another window each time, or it would be the picture of before.
    const wished = `${at}/rendered?window=${100 + round},256,linear`;
    const picture = await archive.request(wished, { headers: { accept: "image/png" } });
    assert.equal(picture.status, 200);
    await picture.arrayBuffer();
    const frame = await archive.request(at, { headers: { accept: "application/octet-stream" } });
    assert.equal(frame.status, 200);
    const bytes = Buffer.from(await frame.arrayBuffer());
    assert.equal(bytes.length, side * side);
    assert.equal(bytes[700 * side], 700 & 0xff);
  }
});

test("a picture is drawn once for all who ask for it, and anew where another is wished", async (t) => {
  const image = tinyInstance();
  await archive.stow([image.part10]);
  const drawn = t.mock.method(DrawnBefore.prototype, "remember").mock;
  const at = `/studies/${image.study}/series/${image.series}/instances/${image.instance}/rendered`;
  const picture = async (query = "", accept = "image/png"): Promise<Buffer> => {
    const response = await archive.request(`${at}${query}`, { headers: { accept } });
    assert.equal(response.status, 200);
    return Buffer.from(await response.arrayBuffer());
  };
  const first = await picture();
  assert.ok(first.equals(await picture()));
  assert.equal(drawn.callCount(), 1);
  const others = [
    await picture("?window=20,10,linear"),
    await picture("?viewport=2,2"),
    await picture("", "image/gif"),
  ];
  assert.equal(drawn.callCount(), 4);
  for (const other of others) assert.ok(!first.equals(other));
});

test("a frame of ten thousand fragments is read into one buffer", async (t) => {
  const fragments = Array.from({ length: 10_000 }, (_, i) => new Uint8Array(64).fill(i % 251));
  const many = tinyInstance({
    transferSyntaxUid: TS.rleLossless,
    elements: { "7FE00010": { vr: "OB", fragments } },
  });
  await archive.stow([many.part10]);
  const allocate = t.mock.method(ReadingMemory.prototype, "allocate");
  const at = `/studies/${many.study}/series/${many.series}/instances/${many.instance}/frames/1`;
  const response = await archive.request(at, { headers: { accept: "application/octet-stream; transfer-syntax=*" } });
  assert.equal(response.status, 200);
  assert.ok(Buffer.concat(fragments).equals(Buffer.from(await response.arrayBuffer())));
  // Others read, too: what is prepared ahead after a study arrives.
  assert.ok(allocate.mock.callCount() < 10, String(allocate.mock.callCount()));
});
