import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { after, before, test } from "node:test";
import { resolutionEnds } from "@overread/shared/dicom/pixels/htj2k-stream";
import { TS } from "@overread/shared/dicom/transfer-syntaxes";
import { newUid } from "@overread/shared/dicom/uids";
import { checkArchive, makeRenditions, sweepStorage } from "#server/archive/index.ts";
import { encodeLossless, type FrameForm } from "#server/archive/rendition/encode-lossless.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { completeStudy } from "#server/domain/imaging/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { orgId } from "../actors.ts";
import { partsOf, type TestArchive, useTestArchive } from "../archive.ts";
import { type Tiny, type TinyWish, tinyInstance } from "../factories/tiny-instance.ts";

/** A lossless rendition stands beside an image, never instead of it, and shows exactly its pixels or is not served. */
let archive: TestArchive;
let lakeside: string;
before(async () => {
  archive = await useTestArchive();
  lakeside = await orgId("lakeside");
});
after(() => archive.close());

const jphc = 'multipart/related; type="image/jphc"; transfer-syntax=1.2.840.10008.1.2.4.202';
const asStored = 'multipart/related; type="application/octet-stream"; transfer-syntax=*';
const viewer = `${jphc}, ${asStored};q=0.9`;

const codec = createRequire(import.meta.url)("@cornerstonejs/codec-openjph/wasmjs")({ print() {}, printErr() {} });
/** Samples of a codestream, by the library's own decoder. */
async function decoded(stream: Uint8Array): Promise<Buffer> {
  const { HTJ2KDecoder } = await codec;
  const decoder = new HTJ2KDecoder();
  decoder.getEncodedBuffer(stream.length).set(stream);
  decoder.decode();
  const bytes = Buffer.from(decoder.getDecodedBuffer());
  decoder.delete();
  return bytes;
}

/** What a body looks like: soft, with a little noise that repeats nowhere. */
function soft(length: number, width: number, top: number, low = 0): number[] {
  let state = 12345;
  return Array.from({ length }, (_, i) => {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    const wave = Math.sin((i % width) / 37) * Math.cos(i / width / 29);
    return low + Math.round(((wave + 1) / 2) * (top - low - 32)) + (state % 32);
  });
}
const side = 256;
type Wish = {
  frames?: number;
  size?: number;
  elements?: TinyWish["elements"];
};
function slice(
  study: string,
  series: string,
  { frames = 1, size = side, elements = {} }: Wish = {},
): Tiny & { pixels: Buffer } {
  const pixels = Buffer.from(Uint16Array.from(soft(size * size * frames, size, 4095)).buffer);
  const made = tinyInstance({
    study,
    series,
    elements: {
      "00280008": frames > 1 ? { vr: "IS", Value: [frames] } : undefined,
      "00280010": { vr: "US", Value: [size] },
      "00280011": { vr: "US", Value: [size] },
      "00280101": { vr: "US", Value: [12] },
      "00280102": { vr: "US", Value: [11] },
      "7FE00010": { vr: "OW", bytes: pixels },
      ...elements,
    },
  });
  return { ...made, pixels };
}
async function stored<T extends Tiny>(...images: T[]): Promise<{ studyId: string }> {
  assert.equal((await archive.stow(images.map(({ part10 }) => part10))).status, 200);
  const { rows } = await archive.owner.query("SELECT id FROM study WHERE study_instance_uid = $1", [images[0]?.study]);
  return { studyId: rows[0].id };
}
const make = (studyId: string, signal = new AbortController().signal) =>
  makeRenditions(systemActor(lakeside, "worker"), { studyId }, signal);
const frame = ({ study, series, instance }: Tiny, accept: string, frames: string | number = 1, init = {}) =>
  archive.request(`/studies/${study}/series/${series}/instances/${instance}/frames/${frames}`, {
    headers: { accept },
    ...init,
  });
async function only(response: Response): Promise<{ type: string; body: Buffer }> {
  assert.equal(response.status, 200);
  const [part, ...more] = await partsOf(response);
  assert.equal(more.length, 0);
  return { type: /Content-Type: (.*)/.exec(part?.headers ?? "")?.[1]?.trim() ?? "", body: part?.body as Buffer };
}
async function fileOf({ instance }: Tiny, kind: "rendition" | "original"): Promise<string> {
  const { rows } = await archive.owner.query(
    "SELECT object_key AS key, org_id AS org, data_set_sha256 AS sha, transfer_syntax_uid AS ts FROM instance WHERE sop_instance_uid = $1",
    [instance],
  );
  const { key, org, sha, ts } = rows[0];
  const file = kind === "original" ? key : `renditions/${org}/${sha.slice(0, 2)}/${sha}.${ts}.jphc`;
  return path.join(archive.storage, "objects", file);
}
const kept = async ({ instance }: Tiny) =>
  (await archive.owner.query("SELECT rendition FROM instance WHERE sop_instance_uid = $1", [instance])).rows[0]
    .rendition;

const forms: [name: string, form: FrameForm, samples: number[], expected: number[]][] = [
  ...(
    [
      ["12 bits of 16", 16, 12, false, soft(64 * 48, 64, 4095)],
      ["16 bits", 16, 16, false, soft(64 * 48, 64, 65_535)],
      ["12 bits with sign", 16, 12, true, soft(64 * 48, 64, 2047, -2048)],
      ["16 bits with sign", 16, 16, true, soft(64 * 48, 64, 32_767, -32_768)],
      ["8 bits", 8, 8, false, soft(64 * 48, 64, 255)],
      ["8 bits with sign", 8, 8, true, soft(64 * 48, 64, 127, -128)],
      ["8 bits of 16", 16, 8, false, soft(64 * 48, 64, 255)],
      ["10 bits of 16, an odd size", 16, 10, false, soft(64 * 48, 64, 1023)],
    ] as const
  ).map(
    ([name, bitsAllocated, bitsStored, signed, samples]) =>
      [
        name,
        { rows: 48, columns: 64, samplesPerPixel: 1, bitsAllocated, bitsStored, signed, planar: false },
        [...samples],
        [...samples],
      ] satisfies [string, FrameForm, number[], number[]],
  ),
  [
    "red, green and blue by pixel",
    { rows: 48, columns: 64, samplesPerPixel: 3, bitsAllocated: 8, bitsStored: 8, signed: false, planar: false },
    soft(64 * 48 * 3, 192, 255),
    soft(64 * 48 * 3, 192, 255),
  ],
  [
    "red, green and blue by plane",
    { rows: 48, columns: 64, samplesPerPixel: 3, bitsAllocated: 8, bitsStored: 8, signed: false, planar: true },
    soft(64 * 48 * 3, 64, 255),
    soft(64 * 48 * 3, 64, 255).map((_, i, all) => all[(i % 3) * 64 * 48 + Math.floor(i / 3)] as number),
  ],
];
const arrayOf = (bits: number, signed: boolean, values: number[]) =>
  bits > 8 ? (signed ? Int16Array : Uint16Array).from(values) : (signed ? Int8Array : Uint8Array).from(values);
for (const [name, form, samples, expected] of forms)
  test(`${name}: encoded and decoded, every sample is what it was`, async () => {
    const cells = arrayOf(form.bitsAllocated, form.signed, samples);
    const stream = await encodeLossless(new Uint8Array(cells.buffer), form);
    assert.ok(stream);
    const found = await decoded(stream);
    assert.ok(found.equals(Buffer.from(arrayOf(form.bitsStored, form.signed, expected).buffer)));
    // Six resolutions, the last of which is the whole.
    const ends = resolutionEnds(stream);
    assert.equal(ends?.length, 6);
    assert.equal(ends?.at(-1), stream.length - 2, "before the end marker");
  });

test("a value with something in the bits beside it is left as it is", async () => {
  const form = { rows: 8, columns: 8, samplesPerPixel: 1, bitsAllocated: 16, bitsStored: 12, planar: false } as const;
  const cells = new Uint16Array(64).fill(100);
  cells[13] = 0x1064;
  assert.equal(await encodeLossless(new Uint8Array(cells.buffer), { ...form, signed: false }), null);
  const signed = new Int16Array(64).fill(-5);
  assert.ok(await encodeLossless(new Uint8Array(signed.buffer), { ...form, signed: true }));
  signed[2] = 0x0fff;
  assert.equal(
    await encodeLossless(new Uint8Array(signed.buffer), { ...form, signed: true }),
    null,
    "sign not extended",
  );
});

test("a study that has arrived gets renditions; they are served to whoever asks for them, and to nobody else", async () => {
  const study = newUid();
  const image = slice(study, newUid());
  const { studyId } = await stored(image);
  const before = await only(await frame(image, viewer));
  assert.match(
    before.type,
    /octet-stream; transfer-syntax=1\.2\.840\.10008\.1\.2\.1$/,
    "not there yet: the image itself",
  );
  await withTenant(systemActor(lakeside, "edge"), (ctx) =>
    completeStudy(ctx, { studyInstanceUid: study, purpose: "read", instanceCount: 1 }),
  );
  const jobs = await archive.owner.query(
    "SELECT 1 FROM outbox_job WHERE name = 'study.make-renditions' AND payload->>'studyId' = $1",
    [studyId],
  );
  assert.equal(jobs.rowCount, 1);
  const done = await make(studyId);
  assert.equal(done.made, 1);
  assert.ok(done.bytes < 0.75 * done.ofBytes, `${done.bytes} of ${done.ofBytes}`);

  // The grant of a study is kept for a minute; another caller has none.
  const token = archive.tokens.nightshift;
  const fresh = (accept: string, init: RequestInit = {}) =>
    frame(image, accept, 1, { ...init, token, headers: { accept, ...(init.headers as object) } });
  const response = await fresh(viewer);
  assert.ok(Number(response.headers.get("content-length")) < image.pixels.length * 0.75);
  const etag = response.headers.get("etag") ?? "";
  const { type, body } = await only(response);
  assert.equal(type, "image/jphc; transfer-syntax=1.2.840.10008.1.2.4.202");
  assert.ok((await decoded(body)).equals(image.pixels), "the same pixels");
  assert.equal((await fresh(viewer, { headers: { "if-none-match": etag } })).status, 304);

  const original = await fresh(asStored);
  assert.notEqual(original.headers.get("etag"), etag, "another representation, another tag");
  assert.ok((await only(original)).body.equals(image.pixels), "as it is stored, for who asks as ever");
  const single = await fresh(`image/jphc; transfer-syntax=${TS.htj2kLosslessRpcl}`);
  assert.equal(single.headers.get("content-type"), "image/jphc; transfer-syntax=1.2.840.10008.1.2.4.202");
  assert.ok(Buffer.from(await single.arrayBuffer()).equals(body));
  const octets = await only(
    await fresh(`multipart/related; type="application/octet-stream"; transfer-syntax=${TS.htj2kLosslessRpcl}`),
  );
  assert.equal(octets.type, `application/octet-stream; transfer-syntax=${TS.htj2kLosslessRpcl}`);
  assert.match(
    (await only(await fresh(`${asStored}, ${jphc};q=0.5`))).type,
    /octet-stream.*1\.2\.1$/,
    "the first choice",
  );
  assert.equal((await fresh('multipart/related; type="image/jls"')).status, 406);
  assert.equal((await frame(image, jphc, 1, { token: archive.tokens.harbor })).status, 404, "a stranger finds nothing");
});

test("nothing is made twice, and a worker that was killed has lost only what it was doing", async () => {
  const [study, series] = [newUid(), newUid()];
  const images = [slice(study, series), slice(study, series), slice(study, series)];
  const { studyId } = await stored(...images);
  const stopped = AbortSignal.abort();
  assert.equal((await make(studyId, stopped)).made, 0);
  const again = await archive.owner.query(
    "SELECT 1 FROM outbox_job WHERE name = 'study.make-renditions' AND payload->>'studyId' = $1 AND done_at IS NULL",
    [studyId],
  );
  assert.equal(again.rowCount, 1, "what was not reached has its job");
  // One was stored, and the worker died before it was noted.
  assert.equal((await make(studyId)).made, 3);
  await archive.owner.query("UPDATE instance SET rendition = NULL WHERE sop_instance_uid = $1", [images[1]?.instance]);
  assert.equal((await make(studyId)).made, 1);
  assert.equal((await make(studyId)).made, 0);
  const before = (await checkArchive(() => {})).renditions;
  rmSync(await fileOf(images[0] as Tiny, "rendition"));
  const { renditions, missing } = await checkArchive(() => {});
  assert.deepEqual([renditions.objects, missing.length], [before.objects - 1, 0], "counted, and no loss");
  await archive.owner.query("UPDATE instance SET rendition = NULL WHERE sop_instance_uid = $1", [images[0]?.instance]);
  assert.equal((await make(studyId)).made, 1);
  for (const image of images)
    assert.ok((await decoded((await only(await frame(image, jphc))).body)).equals(image.pixels));
});

test("of a damaged image no rendition is served, and after it was mended it is", async () => {
  for (const image of [slice(newUid(), newUid()), slice(newUid(), newUid(), { frames: 4, size: 800 })]) {
    const { studyId } = await stored(image);
    assert.equal((await make(studyId)).made, 1);
    assert.equal((await frame(image, jphc)).status, 200);
    const file = await fileOf(image, "original");
    const sound = readFileSync(file);
    const damaged = Buffer.from(sound);
    damaged[sound.length - 100] = (damaged[sound.length - 100] ?? 0) ^ 1;
    writeFileSync(file, damaged);
    const last = image.part10.length > 2_000_000 ? 4 : 1;
    assert.equal((await frame(image, jphc, last)).status, 500, "as the image itself");
    assert.equal((await frame(image, asStored, last)).status, 500);
    writeFileSync(file, sound);
    assert.equal((await frame(image, jphc, last)).status, 200);
  }
});

test("a rendition that is damaged, cut short or cleared away is not served: the image itself is, and another is made", async () => {
  const harm: [string, (file: string) => void][] = [
    [
      "damaged",
      (file) => {
        const bytes = readFileSync(file);
        bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
        writeFileSync(file, bytes);
      },
    ],
    ["cut short", (file) => truncateSync(file, 5000)],
    ["cleared away", (file) => rmSync(file)],
  ];
  for (const [what, damage] of harm) {
    const image = slice(newUid(), newUid());
    const { studyId } = await stored(image);
    await make(studyId);
    damage(await fileOf(image, "rendition"));
    const { type, body } = await only(await frame(image, viewer));
    assert.match(type, /octet-stream/, what);
    assert.ok(body.equals(image.pixels), what);
    while (await kept(image)) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal((await make(studyId)).made, 1, `${what}: made anew`);
  }
});

test("renditions of a month ago are cleared away with what else is prepared, and the images stay", async () => {
  const image = slice(newUid(), newUid());
  const { studyId } = await stored(image);
  await make(studyId);
  const [rendition, original] = [await fileOf(image, "rendition"), await fileOf(image, "original")];
  assert.ok(existsSync(rendition));
  const monthAgo = new Date(Date.now() - 31 * 86_400_000);
  utimesSync(rendition, monthAgo, monthAgo);
  utimesSync(original, monthAgo, monthAgo);
  await sweepStorage();
  assert.ok(!existsSync(rendition));
  assert.ok(existsSync(original));
  await archive.owner.query(
    `UPDATE instance SET rendition = jsonb_set(rendition, '{madeAt}', to_jsonb((now() - interval '26 days')::text)) WHERE sop_instance_uid = $1`,
    [image.instance],
  );
  assert.equal((await make(studyId)).made, 1, "made anew when the study is prepared again");
});

test("none is made of what is small, compressed already, of other colours or hardly smaller", async () => {
  const [study, series] = [newUid(), newUid()];
  let state = 7;
  const noise = Buffer.from(
    Uint8Array.from({ length: side * side * 2 }, () => {
      state = (state * 1103515245 + 12345) & 0x7fffffff;
      return state >> 16;
    }),
  );
  const palette = { "00280004": { vr: "CS", Value: ["PALETTE COLOR"] } };
  const none = [
    tinyInstance({ study, series }),
    slice(study, series, { elements: palette }),
    slice(study, series, {
      elements: {
        "7FE00010": { vr: "OW", bytes: noise },
        "00280101": { vr: "US", Value: [16] },
        "00280102": { vr: "US", Value: [15] },
      },
    }),
    slice(study, series, { elements: { "00280102": { vr: "US", Value: [12] } } }),
  ];
  const { studyId } = await stored(...none);
  assert.equal((await make(studyId)).made, 0);
  for (const image of none) assert.ok(!existsSync(await fileOf(image, "rendition")));
  assert.match((await only(await frame(none[2] as Tiny, viewer))).type, /octet-stream/);
});

test("every frame of a multi-frame image stands in its rendition, several are served at once", async () => {
  const image = slice(newUid(), newUid(), { frames: 12, size: 1000 });
  const { studyId } = await stored(image);
  const { made, bytes } = await make(studyId);
  assert.equal(made, 1);
  assert.ok(bytes > 4 << 20, "larger than what is written in one piece");
  const length = 1000 * 1000 * 2;
  const response = await frame(image, jphc, "9,1,5");
  assert.equal(response.status, 200);
  const parts = await partsOf(response);
  for (const [at, number] of [9, 1, 5].entries()) {
    assert.match(
      parts[at]?.headers ?? "",
      new RegExp(`image/jphc; transfer-syntax=${TS.htj2kLosslessRpcl}[\\s\\S]*frames/${number}`),
    );
    const expected = image.pixels.subarray((number - 1) * length, number * length);
    assert.ok((await decoded(parts[at]?.body as Buffer)).equals(expected), `frame ${number}`);
  }
  assert.equal((await frame(image, viewer, 13)).status, 404);
});
