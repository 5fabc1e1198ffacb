import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { type DicomJson, stringOf } from "@overread/shared/dicom/dicom-json";
import { SOP } from "@overread/shared/dicom/sop-classes";
import { TS } from "@overread/shared/dicom/transfer-syntaxes";
import { newUid } from "@overread/shared/dicom/uids";
import { indexStudy } from "#server/archive/index.ts";
import { makeStudy } from "#server/demo/modality-simulator/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { dataSetOf, partsOf, type TestArchive, useTestArchive } from "../archive.ts";
import { type Tiny, tinyInstance } from "../factories/tiny-instance.ts";
import { eventually } from "../redis.ts";

let archive: TestArchive;
let image: Tiny;
const pixels = Uint8Array.from({ length: 32 }, (_, i) => i * 3);
before(async () => {
  archive = await useTestArchive();
  image = tinyInstance();
  await archive.stow([image.part10]);
});
after(() => archive.close());

const pathOf = ({ study, series, instance }: Tiny): string =>
  `/studies/${study}/series/${series}/instances/${instance}`;
const get = (at: string, accept?: string, headers: Record<string, string> = {}): Promise<Response> =>
  archive.request(at, { headers: { ...(accept ? { accept } : {}), ...headers } });
const bytesOf = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer());
async function stored(wish: Parameters<typeof tinyInstance>[0]): Promise<Tiny> {
  const made = tinyInstance(wish);
  const answer = await archive.stow([made.part10]);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return made;
}

test("an instance is retrieved as one part or as itself, by what is accepted", async () => {
  const multipart = await get(pathOf(image), 'multipart/related; type="application/dicom"; transfer-syntax=*');
  const [part] = await partsOf(multipart);
  assert.match(part?.headers ?? "", /^Content-Type: application\/dicom; transfer-syntax=1\.2\.840\.10008\.1\.2\.1$/m);
  assert.deepEqual(part?.body.subarray(132), image.part10.subarray(132));
  const single = await get(pathOf(image), "application/dicom");
  assert.deepEqual((await bytesOf(single)).subarray(132), image.part10.subarray(132));
  assert.equal(single.headers.get("content-disposition"), "attachment");
  assert.match(single.headers.get("cache-control") ?? "", /private.*immutable/);
  assert.equal((await get(pathOf(image))).status, 200);
  const anyApplication = await get(pathOf(image), "application/*");
  assert.match(anyApplication.headers.get("content-type") ?? "", /^application\/dicom;/);
  assert.equal((await get(pathOf(image), "image/gif")).status, 406);
  assert.equal((await get(pathOf(image), `application/dicom; transfer-syntax=${TS.jpegBaseline}`)).status, 406);
});

test("a study of several transfer syntaxes comes where the client lists each of them", async () => {
  const study = newUid();
  const native = await stored({ study });
  const compressed = { "7FE00010": { vr: "OB", fragments: [new Uint8Array(0), new Uint8Array(70)] } };
  const jpeg = await stored({ study, transferSyntaxUid: TS.jpegBaseline, elements: compressed });
  const implicit = await stored({ study, transferSyntaxUid: TS.implicitLittleEndian });
  const each = (...syntaxes: string[]): string =>
    syntaxes.map((syntax) => `multipart/related; type="application/dicom"; transfer-syntax=${syntax}`).join(", ");
  const syntaxes = async (accept: string): Promise<Record<string, string>> => {
    const answer = await get(`/studies/${study}`, accept);
    assert.equal(answer.status, 200, accept);
    const parts = await partsOf(answer);
    const said = (headers: string, name: RegExp): string => name.exec(headers)?.[1] ?? "";
    return Object.fromEntries(
      parts.map(({ headers }) => [
        said(headers, /Content-Location: .*\/([0-9.]+)/),
        said(headers, /transfer-syntax=([0-9.]+)/),
      ]),
    );
  };
  const explicit = { [native.instance]: TS.explicitLittleEndian, [jpeg.instance]: TS.jpegBaseline };
  assert.deepEqual(await syntaxes(each(TS.jpegBaseline, TS.explicitLittleEndian)), {
    ...explicit,
    [implicit.instance]: TS.explicitLittleEndian,
  });
  assert.deepEqual(await syntaxes(each(TS.implicitLittleEndian, TS.explicitLittleEndian, TS.jpegBaseline)), {
    ...explicit,
    [implicit.instance]: TS.implicitLittleEndian,
  });
  assert.deepEqual(await syntaxes(each("*")), { ...explicit, [implicit.instance]: TS.implicitLittleEndian });
  assert.equal((await get(`/studies/${study}`, each(TS.explicitLittleEndian, TS.rleLossless))).status, 406);
});

test("metadata has what the image says, where its pixels are, and an ETag that saves the body", async () => {
  const first = await get(`/studies/${image.study}/series/${image.series}/metadata`);
  const [dataset] = (await first.json()) as DicomJson[];
  assert.equal(stringOf(dataset as DicomJson, "PatientID"), "P-1");
  assert.equal(stringOf(dataset as DicomJson, "00083002"), TS.explicitLittleEndian);
  const uri = dataset?.["7FE00010"]?.BulkDataURI ?? "";
  assert.equal(uri, `${archive.url}/dicomweb/lakeside${pathOf(image)}/bulkdata/7FE00010`);
  const etag = first.headers.get("etag") ?? "";
  const again = await get(`/studies/${image.study}/series/${image.series}/metadata`, undefined, {
    "if-none-match": etag,
  });
  assert.equal(again.status, 304);
  assert.equal((await again.arrayBuffer()).byteLength, 0);
  for (const path of [`/studies/${image.study}/metadata`, `${pathOf(image)}/metadata`])
    assert.deepEqual(await (await get(path)).json(), [dataset]);

  await archive.stow([tinyInstance({ study: image.study, series: image.series }).part10]);
  const changed = await get(`/studies/${image.study}/series/${image.series}/metadata`, undefined, {
    "if-none-match": etag,
  });
  assert.equal(changed.status, 200);
  assert.equal(((await changed.json()) as unknown[]).length, 2);
});

test("metadata is prepared by a job, and prepared again does no harm", async () => {
  const { rows } = await archive.owner.query<{ id: string; org_id: string }>(
    "SELECT id, org_id FROM study WHERE study_instance_uid = $1",
    [image.study],
  );
  const { id, org_id } = rows[0] as { id: string; org_id: string };
  await indexStudy(systemActor(org_id, "worker"), { studyId: id });
  await indexStudy(systemActor(org_id, "worker"), { studyId: id });
  const response = await get(`/studies/${image.study}/series/${image.series}/metadata`, undefined, {
    "accept-encoding": "gzip",
  });
  assert.equal(response.headers.get("content-encoding"), "gzip");
  assert.equal(((await response.json()) as unknown[]).length, 2);
});

test("prepared metadata that is damaged on the disk is made anew, and nobody gets the damage", async () => {
  const ask = async (encoding: string) => {
    const response = await get(`/studies/${image.study}/metadata`, undefined, { "accept-encoding": encoding });
    assert.equal(response.status, 200);
    return (await response.json()) as unknown[];
  };
  const whole = await ask("gzip");
  const folder = path.join(archive.storage, "objects", "metadata");
  const kept = (): string[] =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name));
  const isSound = (file: string): boolean => {
    try {
      return (JSON.parse(gunzipSync(readFileSync(file)).toString()) as unknown[]).length === whole.length;
    } catch {
      return false;
    }
  };
  // It is kept behind the answer.
  const isKept = () => eventually(() => kept().some(isSound), "it is kept");
  await isKept();
  const damages: ((bytes: Buffer) => Buffer)[] = [
    (bytes) => bytes.subarray(0, bytes.length / 2),
    (bytes) => Buffer.from(bytes.map((byte, at) => (at === bytes.length >> 1 ? byte ^ 1 : byte))),
    () => Buffer.alloc(0),
  ];
  for (const damage of damages)
    for (const encoding of ["gzip", "identity"]) {
      for (const file of kept()) writeFileSync(file, damage(readFileSync(file)));
      assert.deepEqual(await ask(encoding), whole);
      await isKept();
    }
});

test("a bulk value is fetched by its address, whole and in ranges", async () => {
  const uri = `${pathOf(image)}/bulkdata/7FE00010`;
  assert.deepEqual(new Uint8Array(await bytesOf(await get(uri, "application/octet-stream"))), pixels);
  const [part] = await partsOf(await get(uri, 'multipart/related; type="application/octet-stream"'));
  assert.deepEqual(new Uint8Array(part?.body ?? []), pixels);
  const range = await get(uri, "*/*", { range: "bytes=4-7" });
  assert.equal(range.status, 206);
  assert.equal(range.headers.get("content-range"), "bytes 4-7/32");
  assert.deepEqual(new Uint8Array(await bytesOf(range)), pixels.slice(4, 8));
  assert.deepEqual(new Uint8Array(await bytesOf(await get(uri, "*/*", { range: "bytes=-2" }))), pixels.slice(30));
  assert.equal((await get(uri, "*/*", { range: "bytes=99-" })).status, 416);
  assert.equal((await get(`${pathOf(image)}/bulkdata/00100010`)).status, 404);
});

test("a long value inside a sequence is bulk data at its own address, and a document is saved, not shown", async () => {
  const long = Uint8Array.from({ length: 5000 }, (_, i) => i % 251);
  const made = await stored({
    sopClass: SOP.encapsulatedPdf,
    elements: {
      "00420011": { vr: "OB", bytes: long },
      "00420012": { vr: "LO", Value: ["text/html"] },
      "7FE00010": undefined,
    },
  });
  const [dataset] = (await (await get(`${pathOf(made)}/metadata`)).json()) as DicomJson[];
  const uri = new URL(dataset?.["00420011"]?.BulkDataURI ?? "").pathname.replace("/dicomweb/lakeside", "");
  const response = await get(uri, "*/*");
  assert.equal(response.headers.get("content-type"), "application/octet-stream");
  assert.equal(response.headers.get("content-disposition"), "attachment");
  assert.equal(response.headers.get("x-content-type-options"), "nosniff");
  assert.deepEqual(new Uint8Array(await bytesOf(response)), long);
  assert.equal((await get(`${pathOf(made)}/rendered`)).status, 406);
});

test("frames are the image's bytes, in the header a viewer looks for", async () => {
  const response = await get(
    `${pathOf(image)}/frames/1`,
    'multipart/related; type="application/octet-stream"; transfer-syntax=*',
  );
  assert.equal(response.status, 200);
  assert.match(
    response.headers.get("content-type") ?? "",
    /^multipart\/related; type="application\/octet-stream"; boundary=/,
  );
  assert.ok(response.headers.get("content-length"));
  const [part] = await partsOf(response);
  assert.match(
    part?.headers ?? "",
    /Content-Type: application\/octet-stream; transfer-syntax=1\.2\.840\.10008\.1\.2\.1/,
  );
  assert.deepEqual(new Uint8Array(part?.body ?? []), pixels);
  assert.deepEqual(
    new Uint8Array(await bytesOf(await get(`${pathOf(image)}/frames/1`, "application/octet-stream"))),
    pixels,
  );
  assert.equal((await get(`${pathOf(image)}/frames/2`)).status, 404);
  assert.equal((await get(`${pathOf(image)}/frames/0`)).status, 400);
  assert.equal((await get(`${pathOf(image)}/frames/1`, 'multipart/related; type="image/jpeg"')).status, 406);
});

test("a list of frames comes in the order asked for", async () => {
  const multi = Uint8Array.from({ length: 32 * 3 }, (_, i) => i);
  const made = await stored({
    elements: { "00280008": { vr: "IS", Value: [3] }, "7FE00010": { vr: "OW", bytes: multi } },
  });
  const parts = await partsOf(await get(`${pathOf(made)}/frames/3,1`));
  assert.deepEqual(
    parts.map(({ body }) => body[0]),
    [64, 0],
  );
  assert.equal((await get(`${pathOf(made)}/frames/1,4`)).status, 404);
  assert.equal((await get(`${pathOf(made)}/frames/1%2C2`)).status, 200);
  for (const none of ["%E0%A4%A", "%31", "1%00"])
    assert.equal((await get(`${pathOf(made)}/frames/${none}`)).status, 400, none);
});

for (const [name, transferSyntaxUid] of [
  ["big endian", TS.explicitBigEndian],
  ["implicit", TS.implicitLittleEndian],
  ["deflated", TS.deflatedExplicitLittleEndian],
] as const)
  test(`${name} pixels are served little endian, the file as it is or explicit`, async () => {
    const made = await stored({ transferSyntaxUid });
    const [part] = await partsOf(await get(`${pathOf(made)}/frames/1`));
    assert.deepEqual(new Uint8Array(part?.body ?? []), pixels);
    assert.match(part?.headers ?? "", /transfer-syntax=1\.2\.840\.10008\.1\.2\.1$/m);
    const back = await bytesOf(await get(pathOf(made), "application/dicom; transfer-syntax=*"));
    assert.deepEqual(dataSetOf(back), dataSetOf(made.part10));
    const { study, series, instance } = made;
    const wanted = dataSetOf(tinyInstance({ study, series, instance }).part10);
    for (const accept of ["application/dicom", `application/dicom; transfer-syntax=${TS.explicitLittleEndian}`]) {
      const single = await get(pathOf(made), accept);
      assert.match(single.headers.get("content-type") ?? "", /transfer-syntax=1\.2\.840\.10008\.1\.2\.1$/);
      assert.deepEqual(dataSetOf(await bytesOf(single)), wanted);
      const [part] = await partsOf(
        await get(
          `/studies/${study}`,
          accept.replace("application/dicom", 'multipart/related; type="application/dicom"'),
        ),
      );
      assert.match(part?.headers ?? "", /transfer-syntax=1\.2\.840\.10008\.1\.2\.1$/m);
      assert.deepEqual(dataSetOf(part?.body as Buffer), wanted);
    }
    assert.equal((await get(`${pathOf(made)}/rendered`)).status, 200);
  });

test("one-bit frames that do not start on a byte are moved to one", async () => {
  const made = await stored({
    sopClass: SOP.segmentation,
    elements: {
      "00280008": { vr: "IS", Value: [2] },
      "00280010": { vr: "US", Value: [3] },
      "00280011": { vr: "US", Value: [3] },
      "00280100": { vr: "US", Value: [1] },
      "00280101": { vr: "US", Value: [1] },
      "00280102": { vr: "US", Value: [0] },
      // Frame 1: nine ones; frame 2: alternating from one.
      "7FE00010": { vr: "OB", bytes: Uint8Array.of(0xff, 0b1010_1011, 0b0000_0010, 0) },
    },
  });
  const [one, two] = await partsOf(await get(`${pathOf(made)}/frames/1,2`));
  const bit = (body: Buffer | undefined, i: number): number => ((body?.[i >> 3] ?? 0) >> (i & 7)) & 1;
  assert.deepEqual(
    Array.from({ length: 9 }, (_, i) => bit(one?.body, i)),
    Array(9).fill(1),
  );
  assert.deepEqual(
    Array.from({ length: 9 }, (_, i) => bit(two?.body, i)),
    [1, 0, 1, 0, 1, 0, 1, 0, 1],
  );
});

test("a compressed frame comes as stored, or decoded for those who take no compression", async () => {
  const files = [
    ...makeStudy("chest-ct", { seed: "rle", slices: 1, matrix: 64, transferSyntaxUid: TS.rleLossless }).files(),
  ];
  const plain = [...makeStudy("chest-ct", { seed: "rle", slices: 1, matrix: 64 }).files()];
  const file = files[0];
  const study = makeStudy("chest-ct", {
    seed: "rle",
    slices: 1,
    matrix: 64,
    transferSyntaxUid: TS.rleLossless,
  }).studyInstanceUid;
  assert.ok(file);
  await archive.stow([file.part10]);
  const path = `/studies/${study}/series/${file.seriesInstanceUid}/instances/${file.sopInstanceUid}`;
  const asStored = await get(
    `${path}/frames/1`,
    'multipart/related; type="application/octet-stream"; transfer-syntax=*',
  );
  const [part] = await partsOf(asStored);
  assert.match(part?.headers ?? "", /transfer-syntax=1\.2\.840\.10008\.1\.2\.5$/m);
  const typed = await get(`${path}/frames/1`, 'multipart/related; type="image/dicom-rle"');
  assert.deepEqual((await partsOf(typed))[0]?.body, part?.body);
  const decoded = await partsOf(await get(`${path}/frames/1`, 'multipart/related; type="application/octet-stream"'));
  assert.deepEqual(decoded[0]?.body, dataSetOf(plain[0]?.part10 as Buffer).subarray(-64 * 64 * 2));
});

test("pictures can be windowed, sized and asked for as PNG", async () => {
  const study = makeStudy("chest-ct", { seed: "picture", slices: 3, matrix: 128 });
  const files = [...study.files()];
  await archive.stow(files.map(({ part10 }) => part10));
  const path = `/studies/${study.studyInstanceUid}/series/${files[1]?.seriesInstanceUid}/instances/${files[1]?.sopInstanceUid}`;
  const jpeg = await get(`${path}/rendered`);
  assert.equal(jpeg.headers.get("content-type"), "image/jpeg");
  assert.deepEqual([...(await bytesOf(jpeg)).subarray(0, 3)], [0xff, 0xd8, 0xff]);
  const png = await bytesOf(await get(`${path}/frames/1/rendered?viewport=32,32`, "image/png"));
  assert.equal(png.toString("latin1", 1, 4), "PNG");
  assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [32, 32]);
  const lung = await bytesOf(await get(`${path}/rendered?window=-600,1500,linear`, "image/png"));
  const bone = await bytesOf(await get(`${path}/rendered?window=400,2000,linear`, "image/png"));
  assert.notDeepEqual(lung, bone);
  for (const thumbnail of [
    `/studies/${study.studyInstanceUid}`,
    path.split("/instances")[0] as string,
    path,
    `${path}/frames/1`,
  ])
    assert.equal((await get(`${thumbnail}/thumbnail`)).status, 200, thumbnail);
  for (const query of ["window=1,0", "window=a,b", "viewport=0,5", "quality=0", "viewport=99999,1"])
    assert.equal((await get(`${path}/rendered?${query}`)).status, 400, query);
  assert.equal((await get(`${path}/rendered`, "image/webp")).status, 406);
});

test("what is not there is not found, and a bad UID is told from it", async () => {
  assert.equal((await get(`/studies/${newUid()}`)).status, 404);
  assert.equal((await get(`/studies/${image.study}/series/${newUid()}/metadata`)).status, 404);
  assert.equal((await get(`/studies/${image.study}/series/${image.series}/instances/${newUid()}`)).status, 404);
  assert.equal((await get("/studies/..%2f..%2fetc")).status, 400);
  assert.equal((await get(`/studies/${"1".repeat(65)}`)).status, 400);
  assert.equal((await get("/nonsense")).status, 404);
  assert.equal((await archive.request(`/studies/${image.study}`, { method: "DELETE" })).status, 405);
});

test("OHIF's way through a study works", async () => {
  const json = { accept: "application/dicom+json" };
  const [study] = (await (
    await get("/studies?limit=101&offset=0&fuzzymatching=false&includefield=00081030%2C00080060", json.accept)
  ).json()) as DicomJson[];
  const uid = stringOf(study as DicomJson, "StudyInstanceUID");
  const series = (await (
    await get(`/studies/${uid}/series?includefield=00080021%2C00080031%2C0008103E%2C00200011`, json.accept)
  ).json()) as DicomJson[];
  const seriesUid = stringOf(series[0] as DicomJson, "SeriesInstanceUID");
  const instances = (await (
    await get(`/studies/${uid}/series/${seriesUid}/metadata`, json.accept)
  ).json()) as DicomJson[];
  const sop = stringOf(instances[0] as DicomJson, "SOPInstanceUID");
  const frame = await get(
    `/studies/${uid}/series/${seriesUid}/instances/${sop}/frames/1`,
    'multipart/related; type="application/octet-stream"; transfer-syntax="*"',
  );
  assert.equal(frame.status, 200);
  assert.equal((await partsOf(frame)).length, 1);
});
