import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { TS } from "@overread/shared/dicom/transfer-syntaxes";
import { part10Head } from "@overread/shared/dicom/write";
import { withMaintenance } from "#server/db/maintenance.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { issueEnrollmentCodeAsOperator } from "#server/domain/edge/index.ts";
import { type FrontDoor, openFrontDoor } from "#server/front-door/front-door.ts";
import { createLog } from "#server/log.ts";
import { openStoreAssociation } from "../../edge-router/src/dimse/scu/storage.ts";
import { useTestDatabase } from "../database.ts";
import { oddObjects, oddSopClassUid } from "../factories/odd-objects.ts";
import { useTestRedis } from "../redis.ts";
import { makeObject } from "./edge-objects.ts";
import { EdgeUnderTest, until } from "./edge-process.ts";

let db: Awaited<ReturnType<typeof useTestDatabase>>;
let redis: Awaited<ReturnType<typeof useTestRedis>>;
let door: FrontDoor;
let edge: EdgeUnderTest;
const dataDir = mkdtempSync(path.join(tmpdir(), "overread-edge-archive-"));
before(async () => {
  process.env.OVERREAD_DATA_DIR = dataDir;
  process.env.OVERREAD_STORAGE = `file:${dataDir}/objects`;
  redis = await useTestRedis();
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse" });
  door = await openFrontDoor({ host: "127.0.0.1", port: 0, log: createLog("dicomweb", "error") });
  const { code } = await withMaintenance((tx) =>
    issueEnrollmentCodeAsOperator(tx, { facilitySlug: "lakeside-main", by: "test" }),
  );
  edge = await EdgeUnderTest.create({ enroll: false });
  const enrolled = await edge.cli("enroll", "--portal", `http://127.0.0.1:${door.port}`, "--code", code);
  assert.equal(enrolled.code, 0, enrolled.output);
  await edge.start();
});
after(async () => {
  await edge.remove();
  await door.stop(1000);
  await db.drop();
  await redis.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

test("every odd object is either acknowledged and in the archive, or refused and on the list", async () => {
  const objects = oddObjects();
  const peer = { host: "127.0.0.1", port: edge.port, calledAeTitle: "OVERREAD", callingAeTitle: "SCU" };
  const acknowledged: typeof objects = [];
  for (const [index, object] of objects.entries()) {
    const file = path.join(edge.dir, `odd-${index}.dcm`);
    const head = part10Head({ ...object, sopClassUid: oddSopClassUid });
    writeFileSync(file, Buffer.concat([head, object.dataSet]));
    const { sopInstanceUid, transferSyntaxUid } = object;
    const sent = { path: file, sopClassUid: oddSopClassUid, sopInstanceUid, transferSyntaxUid };
    const association = await openStoreAssociation({ ...peer, files: [sent] });
    const status = await association.store(sent);
    await association.release();
    assert.equal(status === 0, object.taken, `${object.name}: ${status.toString(16)}`);
    if (status === 0) acknowledged.push(object);
  }
  await until("nothing waits", async () => (await edge.status()).queue.instances === 0);
  const { rows } = await db.owner.query<{ key: string }>(
    "SELECT sop_instance_uid || ' ' || data_set_sha256 AS key FROM instance WHERE status = 'stored'",
  );
  const filed = new Set(rows.map(({ key }) => key));
  for (const { name, sopInstanceUid, dataSet } of acknowledged)
    assert.ok(filed.has(`${sopInstanceUid} ${createHash("sha256").update(dataSet).digest("hex")}`), name);
  const refused = objects.filter(({ taken }) => !taken).map(({ sopInstanceUid }) => sopInstanceUid);
  const listed = (await edge.status()).refused.items.map(({ sopInstanceUid }) => sopInstanceUid);
  assert.deepEqual(listed.sort(), refused.sort());
  await until("the portal knows them", async () => {
    const { rows: told } = await db.owner.query<{ n: number }>("SELECT count(*)::int AS n FROM refused_object");
    return told[0]?.n === refused.length;
  });
});

test("the same bytes sent in two transfer syntaxes are two objects: both acknowledged, both in the archive, one set aside", async () => {
  const first = makeObject(edge.dir, { transferSyntaxUid: TS.jpegLossless, encapsulated: true });
  const head = part10Head({ ...first, transferSyntaxUid: TS.jpegLosslessSv1 });
  const second = { ...first, path: path.join(edge.dir, "relabelled.dcm"), transferSyntaxUid: TS.jpegLosslessSv1 };
  writeFileSync(second.path, Buffer.concat([head, first.dataSet]));
  const peer = { host: "127.0.0.1", port: edge.port, calledAeTitle: "OVERREAD", callingAeTitle: "SCU" };
  const held = async () =>
    (
      await db.owner.query<{ syntax: string; status: string }>(
        `SELECT transfer_syntax_uid AS syntax, status::text FROM instance WHERE sop_instance_uid = $1 AND data_set_sha256 = $2
         ORDER BY received_at`,
        [first.sopInstanceUid, first.sha256],
      )
    ).rows;
  // Waiting beside each other, and again after both have gone.
  for (let round = 0; round < 2; round++) {
    for (const object of [first, second]) {
      const association = await openStoreAssociation({ ...peer, files: [object] });
      assert.equal(await association.store(object), 0);
      await association.release();
    }
    await until("nothing waits", async () => (await edge.status()).queue.instances === 0);
    assert.deepEqual((await held()).map(({ syntax }) => syntax).sort(), [TS.jpegLossless, TS.jpegLosslessSv1]);
    assert.deepEqual((await held()).map(({ status }) => status).sort(), ["quarantined", "stored"]);
  }
});
