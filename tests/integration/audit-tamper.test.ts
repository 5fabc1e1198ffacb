import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { anchorAuditHeads, readAnchors } from "#server/audit/anchors.ts";
import { verifyAuditChains } from "#server/audit/verify-chains.ts";
import { withMaintenance } from "#server/db/maintenance.ts";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { appendAs, audit } from "#server/domain/audit/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { orgId } from "../actors.ts";
import { useTestDatabase } from "../database.ts";

/** Row 27 of the scoreboard sets this to 1,000; in between a handful keeps the promise in sight. */
const rounds = Number(process.env.OVERREAD_TAMPER_ROUNDS ?? 40);
const length = 60;
const waiting = 12;
const dataDir = mkdtempSync(path.join(tmpdir(), "overread-tamper-"));
let db: Awaited<ReturnType<typeof useTestDatabase>>;
let org: string;
before(async () => {
  process.env.OVERREAD_DATA_DIR = dataDir;
  delete process.env.OVERREAD_AUDIT_ANCHOR_DIR;
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse" });
  org = await orgId("lakeside");
  await withMaintenance(async (tx) => {
    for (let n = 0; n < length; n++)
      await appendAs(tx, systemActor(org, `worker ${n}`), { action: "study.receive", details: { n } });
  });
  await read();
  // Gives them their places in the chain; those that come afterwards wait.
  await anchorAuditHeads();
  await read();
});
const read = async () => {
  for (let n = 0; n < waiting; n++)
    await withTenantSql(systemActor(org, `reader ${n}`), (ctx) => audit(ctx, { action: "study.read", details: { n } }));
};
after(async () => {
  await db.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

/** The same numbers each time, so that what was found once is found again. */
let state = 20_261_126;
const random = (below: number): number => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};
const columns = [
  "actor_name = actor_name || 'x'",
  "actor_id = 'somebody'",
  "action = 'study.list'",
  "outcome = 'refused'",
  "at = at - interval '1 microsecond'",
  `details = '{"n": -1}'`,
  "request_id = 'r'",
  "patient_ref = uuidv7()",
  "study_ref = uuidv7()",
  "case_id = uuidv7()",
  "form = 1",
];
const readColumns = columns.filter((each) => !each.startsWith("form"));
const waitingAt = (place: number): string => `(SELECT id FROM audit_read ORDER BY id OFFSET ${place} LIMIT 1)`;
/** Makes every hash from `seq` to the end anew, and the head with them: the hand that owns the database. */
const remade = (seq: number): string => `DO $$ DECLARE e audit_event; h text; BEGIN
  SELECT hash INTO h FROM audit_event WHERE org_id = '${org}' AND seq < ${seq} ORDER BY seq DESC LIMIT 1;
  FOR e IN SELECT * FROM audit_event WHERE org_id = '${org}' AND seq >= ${seq} ORDER BY seq LOOP
    e.prev_hash := coalesce(h, repeat('0', 64)); h := encode(sha256(convert_to(audit_canonical(e), 'UTF8')), 'hex');
    UPDATE audit_event SET prev_hash = e.prev_hash, hash = h WHERE org_id = e.org_id AND seq = e.seq;
  END LOOP;
  UPDATE audit_head SET (seq, hash) = (SELECT seq, hash FROM audit_event WHERE org_id = '${org}' ORDER BY seq DESC LIMIT 1) WHERE org_id = '${org}';
END $$`;
const ofOrg = (): string => `WHERE org_id = '${org}' AND seq`;
const attacks: ((seq: number) => string)[] = [
  (seq) => `UPDATE audit_event SET ${columns[random(columns.length)]} ${ofOrg()} = ${seq}`,
  (seq) => `UPDATE audit_event SET ${columns[random(columns.length)]} ${ofOrg()} = ${seq}; ${remade(seq)}`,
  (seq) => `DELETE FROM audit_event ${ofOrg()} = ${seq}`,
  (seq) =>
    `DELETE FROM audit_event ${ofOrg()} = ${seq}; UPDATE audit_event SET seq = -seq ${ofOrg()} > ${seq}; UPDATE audit_event SET seq = -seq - 1 ${ofOrg()} < 0; ${remade(seq)}`,
  (seq) =>
    `UPDATE audit_event SET seq = -1 ${ofOrg()} = ${seq}; UPDATE audit_event SET seq = ${seq} ${ofOrg()} = ${seq + 1}; UPDATE audit_event SET seq = ${seq + 1} ${ofOrg()} = -1`,
  (seq) =>
    `UPDATE audit_event SET seq = -1 ${ofOrg()} = ${seq}; UPDATE audit_event SET seq = ${seq} ${ofOrg()} = ${seq + 1}; UPDATE audit_event SET seq = ${seq + 1} ${ofOrg()} = -1; ${remade(seq)}`,
  (seq) => `DELETE FROM audit_event ${ofOrg()} > ${seq}`,
  (seq) => `DELETE FROM audit_event ${ofOrg()} > ${seq}; ${remade(seq)}`,
  () => `UPDATE audit_read SET ${readColumns[random(readColumns.length)]} WHERE id = ${waitingAt(random(waiting))}`,
  // The last one of a connection that reads no more leaves no gap (SECURITY.md).
  () => `DELETE FROM audit_read WHERE id = ${waitingAt(random(waiting - 1))}`,
  () => {
    const at = random(waiting - 1);
    return `UPDATE audit_read SET stream_n = stream_n - 1 WHERE id > ${waitingAt(at)}; DELETE FROM audit_read WHERE id = ${waitingAt(at)}`;
  },
];

async function faults(): Promise<number> {
  const { anchors } = await readAnchors();
  return (await verifyAuditChains(anchors)).faults.length;
}

test(`edits, deletes, swaps and tail cuts, hashes made anew or not, are found: ${rounds} of ${rounds}`, async () => {
  assert.equal(await faults(), 0);
  const client = await db.owner.connect();
  const missed: string[] = [];
  try {
    await client.query(
      "CREATE TABLE kept_event AS TABLE audit_event; CREATE TABLE kept_head AS TABLE audit_head; CREATE TABLE kept_read AS TABLE audit_read",
    );
    await client.query("ALTER TABLE audit_event DISABLE TRIGGER USER; ALTER TABLE audit_read DISABLE TRIGGER USER");
    for (let round = 0; round < rounds; round++) {
      const sql = attacks[round % attacks.length]!(1 + random(length - 1));
      await client.query(`BEGIN; ${sql}; COMMIT`);
      if ((await faults()) === 0) missed.push(sql);
      await client.query(
        `BEGIN; DELETE FROM audit_event; INSERT INTO audit_event TABLE kept_event; DELETE FROM audit_head; INSERT INTO audit_head TABLE kept_head;
         DELETE FROM audit_read; INSERT INTO audit_read TABLE kept_read; COMMIT`,
      );
    }
    await client.query(
      "ALTER TABLE audit_event ENABLE TRIGGER USER; ALTER TABLE audit_read ENABLE TRIGGER USER; DROP TABLE kept_event, kept_head, kept_read",
    );
  } finally {
    client.release();
  }
  assert.deepEqual(missed, []);
  assert.equal(await faults(), 0, "and nothing is found where nothing was done");
});
