import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { SOP } from "@overread/shared/dicom/sop-classes";
import pg from "pg";
import { closePicturePool, stopPreparing } from "#server/archive/index.ts";
import { createApiToken } from "#server/auth/api-token.ts";
import { withMaintenance } from "#server/db/maintenance.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { makeStudy } from "#server/demo/modality-simulator/index.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { issueEnrollmentCodeAsOperator } from "#server/domain/edge/index.ts";
import { completeStudy } from "#server/domain/imaging/index.ts";
import { claimCase } from "#server/domain/reading/index.ts";
import { saveDraft, signReport } from "#server/domain/reporting/index.ts";
import { type FrontDoor, openFrontDoor } from "#server/front-door/front-door.ts";
import { createLog } from "#server/log.ts";
import { objectStore } from "#server/storage/open-store.ts";
import { systemActor } from "#server/system-actor.ts";
import { storeDocuments } from "#workers/handlers/store-documents.ts";
import { openStoreAssociation } from "../../edge-router/src/dimse/scu/storage.ts";
import { orgId, signedIn } from "../actors.ts";
import { dataSetOf, partsOf } from "../archive.ts";
import { useTestDatabase } from "../database.ts";
import { tinyInstance } from "../factories/tiny-instance.ts";
import { useTestRedis } from "../redis.ts";
import { run } from "../support/run.ts";
import { type Swift, startSwift } from "../support/swift.ts";
import { makeObject } from "./edge-objects.ts";
import { EdgeUnderTest, until } from "./edge-process.ts";

/** The whole product with its objects in a bucket: OpenStack Swift, spoken to as S3. */
let swift: Swift;
let db: Awaited<ReturnType<typeof useTestDatabase>>;
let redis: Awaited<ReturnType<typeof useTestRedis>>;
let door: FrontDoor;
let edge: EdgeUnderTest;
let token: string;
const dataDir = mkdtempSync(path.join(tmpdir(), "overread-on-s3-"));
const address = (bucket: string): string => `s3://${bucket}?endpoint=${encodeURIComponent(swift.endpoint)}`;

before(async () => {
  swift = await startSwift(["archive", "restored"]);
  process.env.OVERREAD_DATA_DIR = dataDir;
  process.env.OVERREAD_STORAGE = address("archive");
  process.env.OVERREAD_STORAGE_RESERVE_BYTES = "0";
  process.env.AWS_ACCESS_KEY_ID = swift.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = swift.secretAccessKey;
  redis = await useTestRedis();
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse" });
  door = await openFrontDoor({ host: "127.0.0.1", port: 0, log: createLog("dicomweb", "fatal") });
  token = (await createApiToken("lakeside", ["dicomweb:read", "dicomweb:write"], "test")).token;
  const { code } = await withMaintenance((tx) =>
    issueEnrollmentCodeAsOperator(tx, { facilitySlug: "lakeside-main", by: "test" }),
  );
  edge = await EdgeUnderTest.create({ enroll: false });
  const enrolled = await edge.cli("enroll", "--portal", `http://127.0.0.1:${door.port}`, "--code", code);
  assert.equal(enrolled.code, 0, enrolled.output);
  await edge.start();
});
after(async () => {
  await edge?.remove();
  stopPreparing();
  await closePicturePool();
  await door?.stop(1000);
  await db?.drop();
  await redis?.drop();
  await swift?.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const request = (at: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`http://127.0.0.1:${door.port}/dicomweb/lakeside${at}`, {
    ...init,
    headers: { authorization: `Bearer ${token}`, ...(init.headers as Record<string, string> | undefined) },
  });
const stow = (...files: Buffer[]): Promise<Response> =>
  request("/studies", {
    method: "POST",
    headers: { "content-type": 'multipart/related; type="application/dicom"; boundary=b' },
    body: Buffer.concat([
      ...files.flatMap((file) => [
        Buffer.from("--b\r\nContent-Type: application/dicom\r\n\r\n"),
        file,
        Buffer.from("\r\n"),
      ]),
      Buffer.from("--b--\r\n"),
    ]),
  });
const status = async (at: string, accept: string): Promise<number> => {
  const answer = await request(at, { headers: { accept } });
  await answer.arrayBuffer().catch(() => {});
  return answer.status;
};
const octets = 'multipart/related; type="application/octet-stream"; transfer-syntax=*';
const keyOf = async (sopInstanceUid: string): Promise<string> =>
  (await db.owner.query("SELECT object_key AS key FROM instance WHERE sop_instance_uid = $1", [sopInstanceUid])).rows[0]
    ?.key;
const held = async (Key: string): Promise<Buffer> => {
  const { Body } = await swift.client.send(new GetObjectCommand({ Bucket: "archive", Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
};
/** Flips one bit near the end of an object, past the product. */
async function damage(Key: string): Promise<void> {
  const bytes = await held(Key);
  bytes[bytes.length - 5] = (bytes[bytes.length - 5] ?? 0) ^ 1;
  await swift.client.send(new PutObjectCommand({ Bucket: "archive", Key, Body: bytes }));
}
async function cli(args: string[], env: Record<string, string> = {}) {
  const main = path.resolve(import.meta.dirname, "../../src/server/cli/main.ts");
  const { code, stdout, stderr } = await run(process.execPath, [main, ...args, "--json"], { env });
  assert.ok(stdout.trim(), stderr);
  return { code, json: JSON.parse(stdout) };
}

const frames = 3;
const frameBytes = 1200 * 1200 * 2;
const pixels = Uint8Array.from({ length: frames * frameBytes }, (_, i) => (i * 7 + (i >> 9)) & 0xff);
/** So large that it is put in parts, and that its frames are checked by themselves. */
const large = tinyInstance({
  sopClass: SOP.secondaryCapture,
  elements: {
    "00280008": { vr: "IS", Value: [frames] },
    "00280010": { vr: "US", Value: [1200] },
    "00280011": { vr: "US", Value: [1200] },
    "7FE00010": { vr: "OW", bytes: pixels },
  },
});
const small = tinyInstance();
const place = ({ study, series, instance }: typeof small): string =>
  `/studies/${study}/series/${series}/instances/${instance}`;

test("images sent by STOW lie in the bucket and nowhere else, and go out in every form", async () => {
  assert.equal((await stow(small.part10, large.part10)).status, 200);
  for (const made of [small, large]) {
    const stored = await held(await keyOf(made.instance));
    assert.ok(dataSetOf(stored).equals(dataSetOf(made.part10)), "byte for byte behind our head");
  }
  assert.equal(existsSync(path.join(dataDir, "objects")), false);
  assert.deepEqual(readdirSync(path.join(dataDir, "uploads")), []);

  const whole = await request(place(large), { headers: { accept: "application/dicom" } });
  assert.ok(dataSetOf(Buffer.from(await whole.arrayBuffer())).equals(dataSetOf(large.part10)));
  for (const made of [small, large]) {
    const [part] = await partsOf(await request(`/studies/${made.study}`));
    assert.ok(dataSetOf(part?.body as Buffer).equals(dataSetOf(made.part10)));
  }
  const [, second, third] = await partsOf(
    await request(`${place(large)}/frames/1,2,3`, { headers: { accept: octets } }),
  );
  assert.ok(second?.body.equals(Buffer.from(pixels.subarray(frameBytes, 2 * frameBytes))));
  assert.ok(third?.body.equals(Buffer.from(pixels.subarray(2 * frameBytes))));
  assert.equal(await status(`${place(small)}/rendered`, "image/jpeg"), 200);
  assert.equal(await status(`${place(large)}/frames/2/rendered`, "image/png"), 200);
  assert.equal(await status(`${place(large)}/bulkdata/7FE00010`, "application/octet-stream"), 200);
  for (const again of [1, 2]) {
    const metadata = (await (await request(`/studies/${large.study}/metadata`)).json()) as {
      "00080018": { Value: string[] };
    }[];
    assert.equal(metadata[0]?.["00080018"].Value[0], large.instance, `time ${again}`);
  }
  await until("the metadata is kept", async () => {
    const { KeyCount } = await swift.client.send(new ListObjectsV2Command({ Bucket: "archive", Prefix: "metadata/" }));
    return (KeyCount ?? 0) > 0;
  });
});

test("an image that a modality sends to the edge router is in the bucket when the edge forgets it", async () => {
  const object = makeObject(edge.dir, { pixelBytes: 300_000 });
  const peer = { host: "127.0.0.1", port: edge.port, calledAeTitle: "OVERREAD", callingAeTitle: "SCU" };
  const association = await openStoreAssociation({ ...peer, files: [object] });
  assert.equal(await association.store(object), 0);
  await association.release();
  await until("nothing waits", async () => (await edge.status()).queue.instances === 0);
  assert.ok(dataSetOf(await held(await keyOf(object.sopInstanceUid))).equals(object.dataSet));
});

test("a report is signed, its documents are stored, and the PDF is shown", async () => {
  const org = await orgId("lakeside");
  const reader = await signedIn("radiologist@nightshift.example");
  const study = makeStudy("chest-ct", { seed: "on-s3", slices: 3, matrix: 128 });
  assert.equal((await stow(...[...study.files()].map(({ part10 }) => part10))).status, 200);
  const { studyInstanceUid } = study;
  const system = systemActor(org, "worker");
  await withTenant(system, (ctx) => completeStudy(ctx, { studyInstanceUid, purpose: "read", instanceCount: 3 }));
  const { rows } = await db.owner.query<{ id: string }>(
    "SELECT c.id FROM reading_case c JOIN study s ON s.id = c.study_ref WHERE s.study_instance_uid = $1",
    [studyInstanceUid],
  );
  const caseId = rows[0]?.id as string;
  const { claimToken } = await withTenant(reader.actor, (ctx) => claimCase(ctx, { caseId }));
  const [image] = [...study.files()];
  assert.ok(image);
  const { sopInstanceUid, seriesInstanceUid, sopClassUid } = image;
  const { version } = await withTenant(reader.actor, (ctx) =>
    saveDraft(ctx, {
      caseId,
      claimToken,
      version: 0,
      sections: [{ key: "impression", title: "Impression", text: "Normal." }],
      keyImages: [
        {
          sopInstanceUid,
          seriesInstanceUid,
          sopClassUid,
          frameNumber: 1,
          caption: "",
          windowCenter: 40,
          windowWidth: 400,
        },
      ],
    }),
  );
  const { reportVersionId } = await withTenant(reader.actor, (ctx) => signReport(ctx, { caseId, claimToken, version }));
  const worker = {
    actor: system,
    requestId: "test",
    log: createLog("worker", "fatal"),
    signal: new AbortController().signal,
  };
  await storeDocuments(worker, { reportVersionId });
  // Run again, it finds what it has made.
  await storeDocuments(worker, { reportVersionId });
  const documents = await db.owner.query<{ kind: string; key: string | null }>(
    "SELECT kind::text, object_key AS key FROM report_document WHERE report_version_id = $1 ORDER BY 1",
    [reportVersionId],
  );
  assert.deepEqual(documents.rows.map(({ kind }) => kind).sort(), ["kos", "pdf", "sr"]);
  const key = documents.rows.find((row) => row.key)?.key as string;
  assert.equal((await held(key)).toString("latin1", 0, 5), "%PDF-");
  const shown = await fetch(`http://127.0.0.1:${door.port}/api/reports/${reportVersionId}/pdf`, {
    headers: { cookie: reader.cookie },
  });
  assert.equal(shown.status, 200);
  assert.ok(Buffer.from(await shown.arrayBuffer()).equals(await held(key)));
});

test("verify and scrub find an object that was damaged in the bucket, and a backup brings it back", async () => {
  const backup = path.join(dataDir, "backup");
  const made = await cli(["backup", "create", backup]);
  assert.equal(made.code, 0);
  assert.ok(made.json.objects.files >= 8);
  assert.equal((await cli(["archive", "verify"])).json.ok, true);

  const [damaged, gone] = [await keyOf(small.instance), await keyOf(large.instance)];
  await damage(damaged);
  await swift.client.send(new DeleteObjectCommand({ Bucket: "archive", Key: gone }));
  assert.equal(await status(place(small), "application/dicom"), 500);
  assert.equal(await status(`${place(large)}/frames/1`, octets), 500);
  const found = await cli(["archive", "verify"]);
  assert.equal(found.code, 1);
  const keys = (faults: { objectKey: string }[]) => faults.map(({ objectKey }) => objectKey);
  assert.deepEqual([keys(found.json.corrupt), keys(found.json.missing)], [[damaged], [gone]]);
  const scrubbed = await cli(["archive", "scrub"]);
  assert.deepEqual([keys(scrubbed.json.corrupt), keys(scrubbed.json.missing)], [[damaged], [gone]]);
  const marked = await db.owner.query("SELECT count(*)::int AS n FROM instance WHERE damaged_at IS NOT NULL");
  assert.equal(marked.rows[0].n, 2);

  const mended = await cli(["archive", "scrub", "--from", backup]);
  assert.equal(mended.code, 0);
  assert.deepEqual(mended.json.repaired.sort(), [damaged, gone].sort());
  assert.equal(await status(place(small), "application/dicom"), 200);
  assert.equal(await status(`${place(large)}/frames/1`, octets), 200);

  // Whoever brings the bytes again mends it as well.
  await damage(damaged);
  assert.equal((await stow(small.part10)).status, 200);
  assert.equal(await status(place(small), "application/dicom"), 200);
});

test("a backup comes back into another bucket", async () => {
  const url = new URL(db.ownerUrl);
  const name = `r_${randomBytes(6).toString("hex")}`;
  const admin = new pg.Client({ connectionString: process.env.OVERREAD_TEST_DATABASE_URL });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}`);
  url.pathname = `/${name}`;
  const there = { DATABASE_URL: url.href, OVERREAD_STORAGE: address("restored") };
  try {
    assert.equal((await cli(["backup", "restore", path.join(dataDir, "backup")], there)).code, 0);
    const { json } = await cli(["archive", "verify"], there);
    assert.deepEqual([json.ok, json.orphaned], [true, []]);
    assert.ok(json.objects >= 8);
  } finally {
    await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await admin.end();
  }
});

test("a bucket that does not answer takes nothing, damages nothing, and is used again when it is back", async () => {
  const ready = async () =>
    (
      (await (await fetch(`http://127.0.0.1:${door.port}/api/health/ready`)).json()) as {
        dependencies: { storage: { ok: boolean } };
      }
    ).dependencies.storage.ok;
  assert.equal(await ready(), true);
  assert.equal((await cli(["archive", "check"])).code, 0);
  await swift.shut();
  try {
    const refused = await stow(tinyInstance().part10);
    assert.ok([202, 409, 503].includes(refused.status), String(refused.status));
    assert.match(await refused.text(), /unavailable|A700|42752/i);
    assert.equal(await status(place(small), "application/dicom"), 503);
    assert.equal(await status(`${place(large)}/frames/2`, octets), 503);
    await until("health says so", async () => !(await ready()));
    const check = await cli(["archive", "check"]);
    assert.deepEqual([check.code, check.json.fault], [1, "the object store does not answer"]);
    assert.equal((await cli(["archive", "scrub"])).code, 1);
    const marked = await db.owner.query("SELECT count(*)::int AS n FROM instance WHERE damaged_at IS NOT NULL");
    assert.equal(marked.rows[0].n, 0);
  } finally {
    await swift.open();
  }
  await until("it is used again", ready);
  assert.equal(await status(place(small), "application/dicom"), 200);
  await objectStore().ensureRoom(1);
});
