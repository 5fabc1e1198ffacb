import assert from "node:assert/strict";
import {
  appendFileSync,
  closeSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { SOP } from "@overread/shared/dicom/sop-classes";
import { checkArchive, scrubArchive } from "#server/archive/index.ts";
import { verifyObject } from "#server/archive/verify-object.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { confirmInstances, listDamaged, resolveQuarantined } from "#server/domain/imaging/index.ts";
import { claimCase, getCase, readIncomplete } from "#server/domain/reading/index.ts";
import { saveDraft, signReport } from "#server/domain/reporting/index.ts";
import { createLog } from "#server/log.ts";
import { systemActor } from "#server/system-actor.ts";
import { incompleteInWords } from "../../src/app/_ui/in-words.ts";
import { schedules } from "../../src/workers/schedules.ts";
import { orgId, signedIn } from "../actors.ts";
import { type TestArchive, useTestArchive } from "../archive.ts";
import { type Tiny, tinyInstance } from "../factories/tiny-instance.ts";

let archive: TestArchive;
let org: string;
/** Where the file store of this archive keeps its objects. */
const storeRoot = (): string => path.join(archive.storage, "objects");
const backup = mkdtempSync(path.join(tmpdir(), "overread-scrub-"));
before(async () => {
  process.env.OVERREAD_BACKUP_DIR = backup;
  archive = await useTestArchive();
  org = await orgId("lakeside");
});
after(async () => {
  await archive.close();
  rmSync(backup, { recursive: true, force: true });
});

const frames = 3;
const frameBytes = 1200 * 1200 * 2;
/** A small image, and one so large that its frames are checked by themselves. */
const small = (): Tiny => tinyInstance();
const large = (): Tiny =>
  tinyInstance({
    sopClass: SOP.secondaryCapture,
    elements: {
      "00280008": { vr: "IS", Value: [frames] },
      "00280010": { vr: "US", Value: [1200] },
      "00280011": { vr: "US", Value: [1200] },
      "7FE00010": { vr: "OW", bytes: Uint8Array.from({ length: frames * frameBytes }, (_, i) => (i * 7) & 0xff) },
    },
  });
type Kept = Tiny & { file: string; key: string; sha256: string; size: number };
async function stored(made: Tiny): Promise<Kept> {
  assert.equal((await archive.stow([made.part10])).status, 200);
  const { rows } = await archive.owner.query(
    "SELECT object_key AS key, data_set_sha256 AS sha256 FROM instance WHERE sop_instance_uid = $1",
    [made.instance],
  );
  const file = path.join(storeRoot(), rows[0].key);
  return { ...made, ...rows[0], file, size: statSync(file).size };
}
function flip(file: string, at: number): void {
  const before = statSync(file);
  const fd = openSync(file, "r+");
  const byte = Buffer.alloc(1);
  readSync(fd, byte, 0, 1, at);
  byte[0] = (byte[0] ?? 0) ^ 1;
  writeSync(fd, byte, 0, 1, at);
  closeSync(fd);
  utimesSync(file, before.atime, before.mtime);
}
const place = ({ study, series, instance }: Tiny): string => `/studies/${study}/series/${series}/instances/${instance}`;
const status = async (where: string, accept?: string): Promise<number> => {
  const response = await archive.request(where, accept ? { headers: { accept } } : {});
  await response.arrayBuffer().catch(() => {});
  return response.status;
};
const octets = 'multipart/related; type="application/octet-stream"; transfer-syntax=*';
const damagedAt = async ({ instance }: Tiny) =>
  (await archive.owner.query("SELECT damaged_at FROM instance WHERE sop_instance_uid = $1", [instance])).rows[0]
    .damaged_at;
const events = async (action: string) =>
  (await archive.owner.query("SELECT count(*)::int AS n FROM audit_event WHERE action = $1", [action])).rows[0].n;

for (const [name, make] of [
  ["a small image", small],
  ["a large multi-frame image", large],
] as const)
  test(`one flipped bit of ${name} is served in no form; the same bytes sent again mend it`, async () => {
    const image = await stored(make());
    const last = name === "a small image" ? 1 : frames;
    const reads: [what: string, where: string, accept?: string][] = [
      ["instance", place(image), "application/dicom"],
      ["instance in parts", place(image)],
      ["study", `/studies/${image.study}`],
      ["frame", `${place(image)}/frames/${last}`, octets],
      ["bulk", `${place(image)}/bulkdata/7FE00010`, "application/octet-stream"],
      ["picture", `${place(image)}/frames/${last}/rendered`, "image/jpeg"],
    ];
    for (const [what, where, accept] of reads) assert.equal(await status(where, accept), 200, `${what}, whole`);
    flip(image.file, image.size - 5);
    for (const [what, where, accept] of reads) assert.equal(await status(where, accept), 500, `${what}, damaged`);
    if (last > 1) assert.equal(await status(`${place(image)}/frames/1`, octets), 200, "the other frames are good");
    const answer = await archive.request(place(image), { headers: { accept: "application/dicom" } });
    assert.match(await answer.text(), /storage\.corrupt/);

    assert.equal((await archive.stow([image.part10])).status, 200);
    for (const [what, where, accept] of reads) assert.equal(await status(where, accept), 200, `${what}, mended`);
    // Whoever looked at it meanwhile finds it sound in the end.
    while (await damagedAt(image)) await new Promise((resolve) => setTimeout(resolve, 20));
  });

test("an image with bytes behind its end, or without its last one, is served in no form", async () => {
  const image = await stored(small());
  const reads = [place(image), `/studies/${image.study}`, `${place(image)}/frames/1`] as const;
  for (const where of reads) assert.equal(await status(where), 200, where);
  appendFileSync(image.file, "x");
  for (const where of reads) assert.equal(await status(where), 500, where);
  truncateSync(image.file, image.size - 1);
  for (const where of reads) assert.equal(await status(where), 500, where);
  assert.equal((await archive.stow([image.part10])).status, 200);
  for (const where of reads) assert.equal(await status(where), 200, where);
  while (await damagedAt(image)) await new Promise((resolve) => setTimeout(resolve, 20));
});

test("a scrub finds, marks and tells; the sender is asked again; a backup mends what it holds", async () => {
  const image = await stored(small());
  const other = await stored(large());
  const told = { damaged: await events("instance.damaged"), repaired: await events("instance.repaired") };
  cpSync(storeRoot(), path.join(backup, "store"), { recursive: true });
  assert.deepEqual((await scrubArchive()).corrupt, []);
  flip(image.file, image.size - 5);
  rmSync(other.file);
  const found = await scrubArchive();
  assert.deepEqual(
    [found.corrupt.map(({ objectKey }) => objectKey), found.missing.map(({ objectKey }) => objectKey)],
    [[image.key], [other.key]],
  );
  assert.ok((await damagedAt(image)) && (await damagedAt(other)));
  assert.equal((await events("instance.damaged")) - told.damaged, 2);
  await scrubArchive();
  assert.equal((await events("instance.damaged")) - told.damaged, 2, "told once");
  const digest = { sopInstanceUid: image.instance, dataSetSha256: image.sha256 };
  const ask = () => withTenant(systemActor(org, "test"), (ctx) => confirmInstances(ctx, [digest]));
  assert.deepEqual((await ask()).missing, [digest], "its sender keeps it");

  // A copy that is damaged itself is not brought back.
  flip(path.join(backup, "store", image.key), image.size - 9);
  const half = await scrubArchive({ from: backup });
  assert.deepEqual([half.repaired, half.corrupt.length, half.missing.length], [[other.key], 1, 0]);
  flip(path.join(backup, "store", image.key), image.size - 9);
  const mended = await scrubArchive({ from: backup });
  assert.deepEqual([mended.repaired, mended.corrupt], [[image.key], []]);
  assert.deepEqual([await damagedAt(image), await damagedAt(other)], [null, null]);
  assert.equal((await events("instance.repaired")) - told.repaired, 2);
  assert.deepEqual((await ask()).held, [digest]);
  assert.equal(await status(place(image), "application/dicom"), 200);
  const { corrupt, missing, orphaned } = await checkArchive(() => {});
  assert.deepEqual([corrupt, missing, orphaned], [[], [], []]);

  // The schedule does the same from the folder that the deployment names.
  flip(image.file, image.size - 5);
  const scrub = schedules(createLog("worker", "fatal")).find(({ name }) => name === "scrub-archive");
  await scrub?.run(new AbortController().signal);
  assert.equal(await damagedAt(image), null);
  assert.equal(await status(place(image), "application/dicom"), 200);
});

test("an object whose bytes the disk cannot read is damaged, and the others are looked at all the same", async () => {
  const [image, other] = [await stored(small()), await stored(small())];
  rmSync(image.file);
  mkdirSync(image.file);
  const { corrupt, missing, objects } = await checkArchive(() => {});
  assert.deepEqual([corrupt.map(({ objectKey }) => objectKey), missing], [[image.key], []]);
  const { rows } = await archive.owner.query("SELECT count(*)::int AS n FROM instance");
  assert.equal(objects, rows[0].n);
  rmSync(image.file, { recursive: true });
  rmSync(other.file);
  assert.equal((await archive.stow([image.part10, other.part10])).status, 200);
  assert.deepEqual((await checkArchive(() => {})).corrupt, []);
});

test("while the store's disk is away no image counts as damaged, and all are served when it is back", async () => {
  const image = await stored(small());
  const told = await events("instance.damaged");
  const [objects, aside] = [path.join(storeRoot(), "objects"), path.join(storeRoot(), "not-mounted")];
  renameSync(objects, aside);
  try {
    assert.equal(await status(place(image), "application/dicom"), 503);
    await assert.rejects(
      verifyObject({ objectKey: image.key, dataSetSha256: image.sha256 }, { by: "read" }),
      /storage\.unavailable/,
    );
    await assert.rejects(scrubArchive({ from: backup }), /storage\.unavailable/);
    assert.deepEqual([await damagedAt(image), (await events("instance.damaged")) - told], [null, 0]);
  } finally {
    renameSync(aside, objects);
  }
  assert.equal(await status(place(image), "application/dicom"), 200);
  assert.deepEqual((await scrubArchive()).missing, []);
});

test("an image found damaged on a read is told to the site and to its reader, is no longer read as if it were there, and is back with its bytes", async () => {
  const first = await stored(small());
  const second = await stored(tinyInstance({ study: first.study, series: first.series }));
  const admin = (await signedIn("admin@lakeside.example")).actor;
  const reader = (await signedIn("radiologist@nightshift.example")).actor;
  const [{ caseId }] = (
    await archive.owner.query(
      `UPDATE reading_case c SET state = 'unread', unread_at = now() FROM study s WHERE s.id = c.study_ref AND s.study_instance_uid = $1 RETURNING c.id AS "caseId"`,
      [first.study],
    )
  ).rows;
  const { claimToken } = await withTenant(reader, (ctx) => claimCase(ctx, { caseId }));
  const seen = async () => incompleteInWords((await withTenant(reader, (ctx) => getCase(ctx, { caseId }))).incomplete);
  assert.equal(await seen(), null);

  flip(second.file, second.size - 5);
  assert.equal(await status(place(second), "application/dicom"), 500);
  while (!(await damagedAt(second))) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(await seen(), "1 image is damaged and not shown");
  const listed = async () => (await withTenant(admin, (ctx) => listDamaged(ctx, { limit: 10 }))).items[0];
  const found = await listed();
  assert.deepEqual([found?.damaged, found?.foundBy, found?.healedAt], [1, "read", null]);
  await assert.rejects(withTenant(reader, (ctx) => listDamaged(ctx, { limit: 10 })));

  const sign = async (version: number) => {
    const draft = await withTenant(reader, (ctx) =>
      saveDraft(ctx, {
        caseId,
        claimToken,
        version,
        sections: [{ key: "impression", title: "Impression", text: "Normal." }],
      }),
    );
    return withTenant(reader, (ctx) => signReport(ctx, { caseId, claimToken, version: draft.version }));
  };
  await assert.rejects(sign(0), /case\.incomplete/);
  await withTenant(reader, (ctx) => readIncomplete(ctx, { caseId, refused: 1 }));
  await sign(1);
  const [{ text }] = (
    await archive.owner.query("SELECT canonical_text AS text FROM report_version WHERE case_id = $1", [caseId])
  ).rows;
  assert.match(text, /1 of 2 images was damaged in the archive and was not available\./);

  const digest = { sopInstanceUid: second.instance, dataSetSha256: second.sha256 };
  const ask = () => withTenant(systemActor(org, "test"), (ctx) => confirmInstances(ctx, [digest]));
  assert.deepEqual((await ask()).held, []);
  assert.equal((await archive.stow([second.part10])).status, 200);
  assert.deepEqual((await ask()).held, [digest], "held as soon as it is answered");
  assert.equal(await seen(), null);
  const healed = await listed();
  assert.deepEqual([healed?.damaged, healed?.healed, healed?.healedFrom], [0, 1, ["sender"]]);
  assert.ok(healed?.healedAt);
});

test("what counts as damaged is the version that is served: another that is released changes it", async () => {
  const made = small();
  const first = await stored(made);
  const second = tinyInstance({ ...made, elements: { "00081030": { vr: "LO", Value: ["CT CHEST CORRECTED"] } } });
  assert.equal((await archive.stow([second.part10])).status, 202);
  const { rows } = await archive.owner.query(
    "SELECT id, object_key AS key, data_set_sha256 AS sha256 FROM instance WHERE sop_instance_uid = $1 AND status = 'quarantined'",
    [made.instance],
  );
  const counted = async () =>
    (await archive.owner.query("SELECT damaged_instances AS n FROM study WHERE study_instance_uid = $1", [made.study]))
      .rows[0].n;
  flip(first.file, first.size - 5);
  await verifyObject({ objectKey: first.key, dataSetSha256: first.sha256 }, { by: "read" });
  assert.equal(await counted(), 1);
  const admin = (await signedIn("admin@lakeside.example")).actor;
  const release = (instanceId: string) =>
    withTenant(admin, (ctx) => resolveQuarantined(ctx, { instanceId, decision: "release", reason: "The sound one" }));
  await release(rows[0].id);
  assert.equal(await status(place(made), "application/dicom"), 200);
  assert.equal(await counted(), 0, "nothing that is served is damaged");

  const other = await stored(small());
  const aside = tinyInstance({ ...other, elements: { "00081030": { vr: "LO", Value: ["CT CHEST CORRECTED"] } } });
  assert.equal((await archive.stow([aside.part10])).status, 202);
  const [version] = (
    await archive.owner.query(
      "SELECT id, object_key AS key, data_set_sha256 AS sha256 FROM instance WHERE sop_instance_uid = $1 AND status = 'quarantined'",
      [other.instance],
    )
  ).rows;
  rmSync(path.join(storeRoot(), version.key));
  await verifyObject({ objectKey: version.key, dataSetSha256: version.sha256 }, { by: "scrub" });
  await release(version.id);
  const [study] = (
    await archive.owner.query("SELECT damaged_instances AS n FROM study WHERE study_instance_uid = $1", [other.study])
  ).rows;
  assert.equal(study.n, 1, "what is served now is damaged");
});
