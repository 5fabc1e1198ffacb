import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { claimCase } from "#server/domain/reading/index.ts";
import { addAddendum, recordDocuments, saveDraft, signReport } from "#server/domain/reporting/index.ts";
import { updateFacility } from "#server/domain/tenancy/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { handlers } from "#workers/handlers/index.ts";
import { facilityId, orgId, signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";
import { makeUnreadCase } from "../factories/studies.ts";
import { eventually } from "../redis.ts";

let db: Awaited<ReturnType<typeof useTestDatabase>>;
let reader: UserActor;
let admin: UserActor;
let harbor: string;
let facility: string;
before(async () => {
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse" });
  reader = (await signedIn("radiologist@nightshift.example")).actor;
  admin = (await signedIn("admin@harbor.example")).actor;
  harbor = await orgId("harbor");
  facility = await facilityId("harbor-general");
});
after(() => db.drop());

/** A report signed for Harbor, with its documents in the archive: PDF, SR and key objects of version 1, PDF and SR of an addendum. */
async function signed({ addendum = false, at = "harbor-general" } = {}) {
  const made = await makeUnreadCase(db.owner, { facility: at, instances: 6 });
  const { caseId } = made;
  const { claimToken } = await withTenant(reader, (ctx) => claimCase(ctx, { caseId }));
  const sections = [{ key: "impression", title: "Impression", text: "Normal." }];
  await withTenant(reader, (ctx) => saveDraft(ctx, { caseId, claimToken, version: 0, sections }));
  const first = await withTenant(reader, (ctx) => signReport(ctx, { caseId, claimToken, version: 1 }));
  const { rows } = await db.owner.query<{ id: string }>("SELECT id FROM instance WHERE study_ref = $1 ORDER BY id", [
    made.studyId,
  ]);
  const ids = rows.map(({ id }) => id);
  const documents = (from: number, ...kinds: ("pdf" | "sr" | "kos")[]) =>
    kinds.map((kind, n) => ({ kind, instanceId: ids[from + n]!, sha256: "a".repeat(64) }));
  const record = (reportVersionId: string, ...rest: Parameters<typeof documents>) =>
    withTenant(systemActor(made.orgId, "worker"), (ctx) =>
      recordDocuments(ctx, { reportVersionId, documents: documents(...rest) }),
    );
  await record(first.reportVersionId, 0, "pdf", "sr", "kos");
  if (!addendum) return { ...made, expected: ids.slice(0, 3) };
  const second = await withTenant(reader, (ctx) => addAddendum(ctx, { caseId, text: "Telephoned." }));
  await record(second.reportVersionId, 3, "pdf", "sr");
  return { ...made, expected: [ids[2]!, ids[3]!, ids[4]!] };
}

const deliveries = async (): Promise<string[]> => {
  const { rows } = await db.owner.query<{ id: string }>(
    "SELECT subject_id AS id FROM delivery WHERE facility_id = $1 ORDER BY subject_id",
    [facility],
  );
  return rows.map(({ id }) => id);
};
const namePacs = (localPacs: { aeTitle: string; host: string; port: number } | null) =>
  withTenant(admin, (ctx) => updateFacility(ctx, { facilitySlug: "harbor-general", localPacs }));
const pacs = { aeTitle: "HARBORPACS", host: "10.0.0.9", port: 104 };

/** Runs what setting a PACS has put into the outbox, as the worker would. */
async function runJobs(): Promise<number> {
  const { rows } = await db.owner.query<{ id: string; payload: { orgId: string; facilityId: string } }>(
    "UPDATE outbox_job SET done_at = now() WHERE name = 'facility.deliver-earlier' AND done_at IS NULL RETURNING id, payload",
  );
  for (const { payload } of rows)
    await handlers["facility.deliver-earlier"](
      { actor: systemActor(payload.orgId, "worker"), requestId: "r", signal: new AbortController().signal },
      payload,
    );
  return rows.length;
}

test("reports signed before the facility had a PACS go there once it names one, each newest version exactly once", async () => {
  const plain = await signed();
  const amended = await signed({ addendum: true });
  const old = await signed();
  // The trigger keeps signed versions as they are; only the clock of this test is moved.
  await db.owner.query("ALTER TABLE report_version DISABLE TRIGGER append_only");
  await db.owner.query("UPDATE report_version SET signed_at = now() - interval '400 days' WHERE case_id = $1", [
    old.caseId,
  ]);
  await db.owner.query("ALTER TABLE report_version ENABLE TRIGGER append_only");
  const elsewhere = await signed({ at: "lakeside-north" });
  assert.deepEqual(await deliveries(), []);

  await namePacs(pacs);
  assert.equal(await runJobs(), 1);
  const expected = [...plain.expected, ...amended.expected].sort();
  assert.deepEqual(
    await deliveries(),
    expected,
    "the newest versions and their key objects, of this facility, of this year",
  );
  const { rows } = await db.owner.query(
    "SELECT case_id FROM audit_event WHERE org_id = $1 AND action = 'report.deliver' ORDER BY seq",
    [harbor],
  );
  assert.ok(rows.some(({ case_id }) => case_id === plain.caseId));
  assert.ok(rows.every(({ case_id }) => case_id !== elsewhere.caseId && case_id !== old.caseId));

  // Set again, with another address, and after one has arrived: nothing is sent twice.
  await db.owner.query("UPDATE delivery SET state = 'delivered', delivered_at = now() WHERE subject_id = $1", [
    expected[0],
  ]);
  await namePacs({ ...pacs, port: 11112 });
  assert.equal(await runJobs(), 1);
  assert.deepEqual(await deliveries(), expected);
});

test("what was signed while the facility had named none goes when it names one again", async () => {
  await namePacs(null);
  assert.equal(await runJobs(), 0);
  const before = await deliveries();
  const between = await signed();
  assert.deepEqual(await deliveries(), before);
  await namePacs(pacs);
  await runJobs();
  assert.deepEqual(await deliveries(), [...before, ...between.expected].sort());
});

test("documents that are noted while a PACS is being named are not missed", async () => {
  await namePacs(null);
  const before = await deliveries();
  const system = systemActor(harbor, "worker");
  const made = await makeUnreadCase(db.owner, { facility: "harbor-general" });
  const { caseId } = made;
  const { claimToken } = await withTenant(reader, (ctx) => claimCase(ctx, { caseId }));
  const sections = [{ key: "impression", title: "Impression", text: "Normal." }];
  await withTenant(reader, (ctx) => saveDraft(ctx, { caseId, claimToken, version: 0, sections }));
  const { reportVersionId } = await withTenant(reader, (ctx) => signReport(ctx, { caseId, claimToken, version: 1 }));
  const { rows } = await db.owner.query("SELECT id FROM instance WHERE study_ref = $1 ORDER BY id LIMIT 1", [
    made.studyId,
  ]);
  let naming: Promise<unknown> = Promise.resolve();
  await withTenant(system, async (ctx) => {
    const documents = [{ kind: "pdf" as const, instanceId: rows[0].id, sha256: "a".repeat(64) }];
    assert.deepEqual(await recordDocuments(ctx, { reportVersionId, documents }), { recorded: 1, deliveries: 0 });
    // Not committed yet, and the administrator saves the PACS: that waits for us.
    naming = namePacs(pacs);
    await eventually(async () => {
      const { rows } = await db.owner.query(
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
      );
      return rows.length > 0;
    }, "the administrator's change waiting for ours");
  });
  await naming;
  await runJobs();
  assert.deepEqual(await deliveries(), [...before, rows[0].id].sort());
});
