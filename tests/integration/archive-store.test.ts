import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { type DicomJson, numberOf, stringOf } from "@overread/shared/dicom/dicom-json";
import { SOP } from "@overread/shared/dicom/sop-classes";
import { newUid } from "@overread/shared/dicom/uids";
import { DomainError } from "@overread/shared/errors";
import { ingestPart10 } from "#server/archive/index.ts";
import { findToken } from "#server/auth/api-token.ts";
import type { TokenActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { makeStudy } from "#server/demo/modality-simulator/index.ts";
import { completeStudy, confirmInstances, settleStudy } from "#server/domain/imaging/index.ts";
import { objectStore } from "#server/storage/open-store.ts";
import { systemActor } from "#server/system-actor.ts";
import { dataSetOf, partsOf, type TestArchive, useTestArchive } from "../archive.ts";
import { mediaDirectory, tinyInstance } from "../factories/tiny-instance.ts";
import { eventually } from "../redis.ts";

let archive: TestArchive;
let sender: TokenActor;
before(async () => {
  archive = await useTestArchive();
  sender = (await findToken(archive.tokens.lakeside)) as TokenActor;
});
after(() => archive.close());

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const reasonOf = (item: DicomJson | undefined): number | undefined => item && numberOf(item, "00081197");

type StudyRow = {
  id: string;
  number_of_instances: number;
  number_of_series: number;
  quarantined_instances: number;
  size_bytes: string;
  purpose: string;
  completed_at: Date | null;
  referrer: string | null;
  reader: string | null;
  patient_name_search: string;
};
async function studyRow(uid: string): Promise<StudyRow> {
  const { rows } = await archive.owner.query<StudyRow>(
    `SELECT s.*, u.email AS referrer, o.slug AS reader FROM study s LEFT JOIN user_account u ON u.id = s.referrer_id
     LEFT JOIN organization o ON o.id = s.reader_org_id WHERE s.study_instance_uid = $1`,
    [uid],
  );
  return rows[0] as StudyRow;
}
const countOf = async (sql: string, ...values: unknown[]): Promise<number> =>
  Number((await archive.owner.query<{ n: string }>(`SELECT count(*) AS n FROM ${sql}`, values)).rows[0]?.n);
const caseState = async (studyId: string): Promise<string | undefined> =>
  (await archive.owner.query<{ state: string }>("SELECT state FROM reading_case WHERE study_ref = $1", [studyId]))
    .rows[0]?.state;
function filesUnder(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => path.join(parentPath, name));
}

test("a study sent by STOW is found, and comes back byte for byte behind a head of ours", async () => {
  const study = makeStudy("chest-ct", { seed: "store-1", slices: 6, matrix: 64 });
  const files = [...study.files()];
  const answer = await archive.stow(files.map(({ part10 }) => part10));
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  assert.equal(answer.stored.length, 6);
  assert.equal(answer.failed.length, 0);
  assert.equal(stringOf(answer.body, "00081190"), `${archive.url}/dicomweb/lakeside/studies/${study.studyInstanceUid}`);

  const found = (await (
    await archive.request(`/studies?StudyInstanceUID=${study.studyInstanceUid}`)
  ).json()) as DicomJson[];
  assert.equal(found.length, 1);
  assert.equal(numberOf(found[0] as DicomJson, "00201208"), 6);
  assert.equal(stringOf(found[0] as DicomJson, "00080061"), "CT");

  const parts = await partsOf(await archive.request(`/studies/${study.studyInstanceUid}`));
  assert.equal(parts.length, 6);
  const back = new Set(parts.map(({ body }) => sha256(dataSetOf(body))));
  for (const { part10 } of files) assert.ok(back.has(sha256(dataSetOf(part10))));
  for (const { body } of parts) assert.ok(body.subarray(0, 128).every((byte) => byte === 0));
});

test("the metadata of a study that is still arriving is prepared in the first pause", async () => {
  const study = makeStudy("chest-ct", { seed: "pause", slices: 3, matrix: 32 });
  const prepared = () => filesUnder(path.join(archive.storage, "objects/metadata")).length;
  const before = prepared();
  const { status } = await archive.stow([...study.files()].map(({ part10 }) => part10));
  assert.equal(status, 200);
  await eventually(() => prepared() > before, "prepared metadata of the series");
  assert.equal((await studyRow(study.studyInstanceUid)).completed_at, null);
});

test("the same study five times at once over many connections counts each image once", async () => {
  const files = [...makeStudy("chest-ct", { seed: "again", slices: 24, matrix: 32 }).files()].map(
    ({ part10 }) => part10,
  );
  const uid = makeStudy("chest-ct", { seed: "again", slices: 24, matrix: 32 }).studyInstanceUid;
  const objectsBefore = filesUnder(path.join(archive.storage, "objects/objects")).length;
  const rounds = Array.from({ length: 5 }, async (_, round) => {
    for (let at = 0; at < files.length; at += 4) {
      const answer = await archive.stow(files.slice(at, at + 4));
      assert.equal(answer.status, 200, `round ${round}: ${JSON.stringify(answer.body)}`);
    }
  });
  await Promise.all(rounds);
  const row = await studyRow(uid);
  assert.equal(row.number_of_instances, 24);
  assert.equal(row.number_of_series, 1);
  assert.equal(row.quarantined_instances, 0);
  assert.equal(await countOf("instance WHERE study_ref = $1", row.id), 24);
  assert.equal(await countOf("reading_case WHERE study_ref = $1", row.id), 1);
  assert.equal(filesUnder(path.join(archive.storage, "objects/objects")).length - objectsBefore, 24);
  const isTidy = () => filesUnder(path.join(archive.storage, "objects/tmp")).length === 0;
  await eventually(isTidy, "nothing left under a temporary name");
  const { rows } = await archive.owner.query<{ n: number; json: string }>(
    "SELECT number_of_instances AS n, qido_json AS json FROM series WHERE study_ref = $1",
    [row.id],
  );
  assert.equal(rows[0]?.n, 24);
  assert.equal(numberOf(JSON.parse(rows[0]?.json ?? "{}") as DicomJson, "00201209"), 24);
});

test("other bytes under a known SOP Instance UID are kept, set aside and told", async () => {
  const first = tinyInstance();
  const other = tinyInstance({ ...first, elements: { "00081030": { vr: "LO", Value: ["CHANGED"] } } });
  assert.equal((await archive.stow([first.part10])).status, 200);
  const answer = await archive.stow([other.part10]);
  assert.equal(answer.status, 202);
  assert.equal(answer.failed.length, 0);
  assert.equal(numberOf(answer.stored[0] as DicomJson, "00081196"), 0xb001);

  const row = await studyRow(first.study);
  assert.equal(row.number_of_instances, 1);
  assert.equal(row.quarantined_instances, 1);
  assert.equal(await countOf("audit_event WHERE action = 'instance.quarantine' AND study_ref = $1", row.id), 1);
  const served = await partsOf(await archive.request(`/studies/${first.study}`));
  assert.equal(served.length, 1);
  assert.equal(sha256(dataSetOf(served[0]?.body as Buffer)), sha256(dataSetOf(first.part10)));
  const digests = [first, other].map(({ instance, part10 }) => ({
    sopInstanceUid: instance,
    dataSetSha256: sha256(dataSetOf(part10)),
  }));
  const { held, missing } = await withTenant(sender, (ctx) =>
    confirmInstances(ctx, [...digests, { sopInstanceUid: first.instance, dataSetSha256: "0".repeat(64) }]),
  );
  assert.equal(held.length, 2);
  assert.equal(missing.length, 1);
  // Again: still held, still set aside, nothing new.
  assert.equal((await archive.stow([other.part10])).status, 202);
  assert.equal((await studyRow(first.study)).quarantined_instances, 1);
});

test("the same SOP Instance UID twice in one request, in two versions, keeps both", async () => {
  const first = tinyInstance();
  const other = tinyInstance({ ...first, elements: { "00081030": { vr: "LO", Value: ["CHANGED"] } } });
  const answer = await archive.stow([first.part10, other.part10, first.part10]);
  assert.equal(answer.status, 202);
  assert.equal(answer.stored.length, 3);
  const row = await studyRow(first.study);
  assert.equal(row.number_of_instances + row.quarantined_instances, 2);
});

test("a UID that belongs to another study's instance does not move it", async () => {
  const first = tinyInstance();
  await archive.stow([first.part10]);
  const thief = tinyInstance({ instance: first.instance });
  assert.equal((await archive.stow([thief.part10])).status, 202);
  assert.equal((await studyRow(thief.study)).quarantined_instances, 1);
  const { rows } = await archive.owner.query("SELECT quarantine_reason AS r FROM instance WHERE study_ref = $1", [
    (await studyRow(thief.study)).id,
  ]);
  assert.deepEqual(rows, [{ r: "same-uid-other-series" }]);
  assert.equal((await archive.request(`/studies/${first.study}`)).status, 200);
});

test("what is wrong with one part is said of that part, and the others are stored", async () => {
  const good = tinyInstance();
  const truncated = tinyInstance().part10;
  const noStudy = tinyInstance({ elements: { "0020000D": undefined } });
  const directory = tinyInstance({ sopClass: SOP.mediaStorageDirectory });
  const answer = await archive.stow([
    Buffer.from("this is not DICOM"),
    good.part10,
    truncated.subarray(0, truncated.length - 10),
    noStudy.part10,
    { type: "image/jpeg", body: Buffer.from("jpeg") },
    directory.part10,
  ]);
  assert.equal(answer.status, 202);
  assert.deepEqual(
    answer.stored.map((item) => stringOf(item, "00081155")),
    [good.instance],
  );
  assert.deepEqual(answer.failed.map(reasonOf), [0xc000, 0xc000, 0xa900, 0xc000, 0x0122]);
  assert.deepEqual(
    answer.failed.map((item) => stringOf(item, "00000902")),
    [
      "part 1: dicom.not-part10",
      "part 3: dicom.truncated",
      "part 4: dicom.missing-attribute",
      "part 5: request.unsupported-media-type",
      "part 6: dicom.malformed",
    ],
  );
});

test("what belongs to no study is refused as of a class that is not taken, as the edge refuses it", async () => {
  const hangingProtocol = (elements: Parameters<typeof tinyInstance>[0] = {}): Buffer =>
    tinyInstance({ ...elements, sopClass: "1.2.840.10008.5.1.4.38.1" }).part10;
  const withoutStudy = { "0020000D": undefined, "0020000E": undefined };
  const answer = await archive.stow([mediaDirectory(), hangingProtocol({ elements: withoutStudy }), hangingProtocol()]);
  assert.equal(answer.status, 409);
  assert.deepEqual(answer.failed.map(reasonOf), [0x0122, 0x0122, 0x0122]);
  assert.deepEqual(
    answer.failed.map((item) => stringOf(item, "00081150")),
    [SOP.mediaStorageDirectory, "1.2.840.10008.5.1.4.38.1", "1.2.840.10008.5.1.4.38.1"],
  );
});

test("a request of which nothing is stored is a conflict, and an instance of another study is refused", async () => {
  assert.equal((await archive.stow([Buffer.from("nothing")])).status, 409);
  const one = tinyInstance();
  const answer = await archive.stow([one.part10], { study: newUid() });
  assert.equal(answer.status, 409);
  assert.equal(reasonOf(answer.failed[0]), 43265);
  assert.equal((await archive.stow([one.part10], { study: one.study })).status, 200);
});

test("an image whose bytes do not become durable leaves no row, and takes none of its neighbours along", async (t) => {
  const study = makeStudy("chest-ct", { seed: "not-durable", slices: 5, matrix: 32 });
  const files = [...study.files()].map(({ part10 }) => part10);
  const failing = sha256(dataSetOf(files[1] as Buffer));
  const store = objectStore();
  const put = store.putInstance.bind(store);
  t.mock.method(store, "putInstance", async (...args: Parameters<typeof put>) => {
    const stored = await put(...args);
    if (stored.dataSetSha256 !== failing) return stored;
    const durable = stored.durable.then(() => Promise.reject(new DomainError("storage.full")));
    durable.catch(() => {});
    return { ...stored, durable };
  });
  const answer = await archive.stow(files);
  assert.equal(answer.status, 202);
  assert.equal(reasonOf(answer.body["00081198"]?.Value?.[0] as DicomJson), 0xa700);
  assert.equal((await studyRow(study.studyInstanceUid)).number_of_instances, files.length - 1);
  t.mock.restoreAll();
  assert.equal((await archive.stow(files)).status, 200);
  assert.equal((await studyRow(study.studyInstanceUid)).number_of_instances, files.length);
});

test("a study is locked and looked at while its next image is still being hashed", async (t) => {
  const study = makeStudy("chest-ct", { seed: "early-look", slices: 2, matrix: 32 });
  const [first, second] = [...study.files()].map(({ part10 }) => part10) as [Buffer, Buffer];
  assert.equal((await archive.stow([first])).status, 200);
  const store = objectStore();
  const put = store.putInstance.bind(store);
  const isLocked = async (): Promise<boolean> => {
    const free = "SELECT 1 FROM study WHERE study_instance_uid = $1 FOR UPDATE SKIP LOCKED";
    return (await archive.owner.query(free, [study.studyInstanceUid])).rowCount === 0;
  };
  t.mock.method(store, "putInstance", async (...args: Parameters<typeof put>) => {
    await eventually(isLocked, "the lock of the study");
    return put(...args);
  });
  assert.equal((await archive.stow([second])).status, 200);
  assert.equal(await isLocked(), false);
  assert.equal((await studyRow(study.studyInstanceUid)).number_of_instances, 2);
});

test("a body that breaks off stores what was whole and refuses the rest", async () => {
  const [a, b] = [tinyInstance(), tinyInstance()];
  const boundary = "cut";
  const head = `--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`;
  const body = Buffer.concat([Buffer.from(head), a.part10, Buffer.from(`\r\n${head}`), b.part10]);
  const response = await archive.request("/studies", {
    method: "POST",
    headers: { "content-type": `multipart/related; type="application/dicom"; boundary=${boundary}` },
    body,
  });
  assert.equal(response.status, 202);
  assert.equal((await studyRow(a.study)).number_of_instances, 1);
  assert.equal(await studyRow(b.study), undefined);
});

test("a request of the wrong kind gets a clear answer", async () => {
  const { part10 } = tinyInstance();
  const post = async (headers: Record<string, string>, body: Buffer = part10): Promise<[number, string]> => {
    const response = await archive.request("/studies", { method: "POST", headers, body: new Uint8Array(body) });
    const { error } = (await response.json()) as { error?: { code: string; message: string } };
    return [response.status, error?.code ?? ""];
  };
  assert.deepEqual(await post({ "content-type": "text/plain" }), [415, "request.unsupported-media-type"]);
  assert.deepEqual(await post({ "content-type": "multipart/related; type=application/dicom" }), [
    400,
    "request.invalid",
  ]);
  assert.deepEqual(await post({ "content-type": "application/dicom", "content-encoding": "gzip" }), [
    415,
    "request.unsupported-media-type",
  ]);
  assert.deepEqual(await post({ "content-type": "application/dicom", accept: "application/dicom+xml" }), [
    406,
    "request.not-acceptable",
  ]);
  assert.deepEqual(await post({ "content-type": "application/dicom" }), [200, ""]);
});

test("an instance larger than memory is streamed to the disk and comes back whole", async () => {
  const pixels = new Uint8Array(3 << 20).map((_, i) => (i * 7) & 0xff);
  const large = tinyInstance({
    elements: {
      "00280010": { vr: "US", Value: [1024] },
      "00280011": { vr: "US", Value: [1536] },
      "7FE00010": { vr: "OW", bytes: pixels },
    },
  });
  assert.equal((await archive.stow([large.part10])).status, 200);
  const [part] = await partsOf(await archive.request(`/studies/${large.study}`));
  assert.equal(sha256(dataSetOf(part?.body as Buffer)), sha256(dataSetOf(large.part10)));
  // Group 0002 that names another instance: the data set is right.
  const lying = tinyInstance({
    elements: {
      "00280010": { vr: "US", Value: [1024] },
      "00280011": { vr: "US", Value: [1536] },
      "7FE00010": { vr: "OW", bytes: pixels },
    },
  });
  const otherHead = large.part10.subarray(0, large.part10.length - dataSetOf(large.part10).length);
  assert.equal((await archive.stow([Buffer.concat([otherHead, dataSetOf(lying.part10)])])).status, 200);
  const [back] = await partsOf(await archive.request(`/studies/${lying.study}`));
  assert.equal(sha256(dataSetOf(back?.body as Buffer)), sha256(dataSetOf(lying.part10)));
  assert.ok(back?.body.includes(lying.instance));
});

test("a study to be read opens a case with its first image; a prior never does; a prior sent to be read does", async () => {
  const read = tinyInstance();
  await archive.stow([read.part10], { headers: { "overread-purpose": "read" } });
  assert.equal(await caseState((await studyRow(read.study)).id), "arriving");

  const prior = tinyInstance();
  await archive.stow([prior.part10], { headers: { "overread-purpose": "prior" } });
  const { id, purpose } = await studyRow(prior.study);
  assert.equal(purpose, "prior");
  assert.equal(await caseState(id), undefined);
  await withTenant(sender, (ctx) =>
    completeStudy(ctx, { studyInstanceUid: prior.study, purpose: "prior", instanceCount: 1 }),
  );
  assert.equal(await caseState(id), undefined);
  await withTenant(sender, (ctx) =>
    completeStudy(ctx, { studyInstanceUid: prior.study, purpose: "read", instanceCount: 1 }),
  );
  assert.equal(await caseState(id), "unread");

  assert.equal((await archive.stow([read.part10], { headers: { "overread-purpose": "later" } })).status, 400);
});

test("a complete study is ready to read, once; late images make it arrive again", async () => {
  const first = tinyInstance();
  // Of fewer images the metadata is gathered as quickly as it would be read.
  const images = [
    first,
    ...Array.from({ length: 7 }, () => tinyInstance({ study: first.study, series: first.series })),
  ];
  await archive.stow(images.map(({ part10 }) => part10));
  const complete = (count: number) =>
    withTenant(sender, (ctx) =>
      completeStudy(ctx, { studyInstanceUid: first.study, purpose: "read", instanceCount: count }),
    );
  await complete(8);
  await complete(8);
  const { id, completed_at } = await studyRow(first.study);
  assert.ok(completed_at);
  assert.equal(await caseState(id), "unread");
  assert.equal(await countOf("audit_event WHERE action = 'study.complete' AND study_ref = $1", id), 1);
  assert.equal(await countOf("outbox_job WHERE name = 'study.index' AND payload->>'studyId' = $1", id), 1);

  await archive.stow([tinyInstance({ study: first.study, series: first.series }).part10]);
  assert.equal((await studyRow(first.study)).completed_at, null);
  await complete(9);
  assert.ok((await studyRow(first.study)).completed_at);
  assert.equal(await countOf("reading_case WHERE study_ref = $1", id), 1);
});

test("a study that nobody completes settles when nothing came for the quiet time", async () => {
  const first = tinyInstance();
  await archive.stow([first.part10]);
  const { id } = await studyRow(first.study);
  assert.equal(await countOf("outbox_job WHERE name = 'study.settle' AND payload->>'studyId' = $1", id), 1);
  const settle = () => withTenant(systemActor(sender.orgId, "worker"), (ctx) => settleStudy(ctx, { studyId: id }));
  assert.ok((await settle()).checkAgainAt);
  assert.equal(await caseState(id), "arriving");
  await archive.owner.query("UPDATE study SET last_received_at = now() - interval '10 minutes' WHERE id = $1", [id]);
  assert.equal((await settle()).checkAgainAt, null);
  assert.equal(await caseState(id), "unread");
  assert.equal((await settle()).checkAgainAt, null);
});

test("a document that the product adds does not make a study arrive again", async () => {
  const first = tinyInstance();
  await archive.stow([first.part10]);
  await withTenant(sender, (ctx) => completeStudy(ctx, { studyInstanceUid: first.study, purpose: "read" }));
  const document = tinyInstance({
    study: first.study,
    sopClass: SOP.basicTextSr,
    elements: { "00080060": { vr: "CS", Value: ["SR"] }, "7FE00010": undefined },
  });
  const result = await ingestPart10(systemActor(sender.orgId, "worker"), document.part10, { source: "report" });
  assert.equal(result.outcome, "stored");
  const again = await ingestPart10(systemActor(sender.orgId, "worker"), document.part10, { source: "report" });
  assert.equal(again.outcome, "duplicate");
  const row = await studyRow(first.study);
  assert.ok(row.completed_at);
  assert.equal(row.number_of_instances, 2);
});

test("the referring physician is found by name, and a study that names none goes to nobody", async () => {
  const name = (text: string) => ({ "00080090": { vr: "PN", Value: [{ Alphabetic: text }] } });
  const named = tinyInstance({ elements: name("ALMEIDA^ROSA^^Dr") });
  const stranger = tinyInstance({ elements: name("Nobody^Known") });
  await archive.stow([named.part10, stranger.part10]);
  assert.equal((await studyRow(named.study)).referrer, "referrer@lakeside.example");
  assert.equal((await studyRow(named.study)).reader, "nightshift");
  assert.equal((await studyRow(stranger.study)).referrer, null);

  const unnamed = tinyInstance();
  await archive.stow([unnamed.part10]);
  assert.equal((await studyRow(unnamed.study)).referrer, null);
});

test("one event per study says what was received", async () => {
  const [a, b] = [tinyInstance(), tinyInstance()];
  await archive.stow([a, tinyInstance({ study: a.study, series: a.series }), b].map(({ part10 }) => part10));
  for (const { study } of [a, b]) {
    const { id } = await studyRow(study);
    const { rows } = await archive.owner.query<{ details: { stored: number } }>(
      "SELECT details FROM audit_event WHERE action = 'study.receive' AND study_ref = $1",
      [id],
    );
    assert.equal(
      rows.reduce((sum, { details }) => sum + details.stored, 0),
      (await studyRow(study)).number_of_instances,
    );
  }
});

test("hostile values are stored as they are and break nothing", async () => {
  const hostile = tinyInstance({
    elements: {
      "00100010": { vr: "PN", Value: [{ Alphabetic: `${"x".repeat(9000)}^'; DROP TABLE study; --` }] },
      "00100020": { vr: "LO", Value: ["../../../etc/passwd\0<script>"] },
      "00200013": { vr: "IS", Value: ["99999999999"] },
      "00280008": { vr: "IS", Value: ["-5"] },
      "00081030": { vr: "LO", Value: ["overread:/x"] },
    },
  });
  assert.equal((await archive.stow([hostile.part10])).status, 200);
  assert.equal((await archive.request(`/studies/${hostile.study}/metadata`)).status, 200);
  const bad = tinyInstance({ study: "../../tmp/x" });
  const answer = await archive.stow([bad.part10]);
  assert.equal(answer.status, 409);
  assert.equal(reasonOf(answer.failed[0]), 0xc000);
});
