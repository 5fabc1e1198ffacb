import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import path from "node:path";
import { after, before, test } from "node:test";
import { withTenant } from "#server/db/with-tenant.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { claimCase } from "#server/domain/reading/index.ts";
import { recordDocuments, saveDraft, signReport } from "#server/domain/reporting/index.ts";
import { markFailed } from "#server/jobs/outbox.ts";
import { systemActor } from "#server/system-actor.ts";
import { signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";
import { makeUnreadCase } from "../factories/studies.ts";
import { run } from "../support/run.ts";

let db: Awaited<ReturnType<typeof useTestDatabase>>;
let failedJob: string;
let failedDelivery: string;
const canary = "CANARY^PATIENT";

before(async () => {
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse" });
  const reader = (await signedIn("radiologist@nightshift.example")).actor;
  const made = await makeUnreadCase(db.owner, { patientName: canary, patientId: "CANARY-1" });
  const { caseId } = made;
  const { claimToken } = await withTenant(reader, (ctx) => claimCase(ctx, { caseId }));
  const sections = [{ key: "impression", title: "Impression", text: "CANARY words" }];
  await withTenant(reader, (ctx) => saveDraft(ctx, { caseId, claimToken, version: 0, sections }));
  const { reportVersionId } = await withTenant(reader, (ctx) => signReport(ctx, { caseId, claimToken, version: 1 }));
  const [instance] = (await db.owner.query("SELECT id FROM instance WHERE study_ref = $1 LIMIT 1", [made.studyId]))
    .rows;
  await withTenant(systemActor(made.orgId, "worker"), (ctx) =>
    recordDocuments(ctx, {
      reportVersionId,
      documents: [{ kind: "pdf", instanceId: instance.id, sha256: "a".repeat(64) }],
    }),
  );
  failedDelivery = (
    await db.owner.query(
      "UPDATE delivery SET last_failure = 'association-rejected', attempts = 7, next_attempt_at = now() + interval '1 hour' RETURNING id",
    )
  ).rows[0].id;
  failedJob = (await dueJobs()).find(({ name }) => name === "report.store-documents")!.id;
  await markFailed([failedJob], "storage.corrupt");
});
after(() => db.drop());

/** What the relay will carry next. */
async function dueJobs(): Promise<{ id: string; name: string }[]> {
  const { rows } = await db.owner.query(
    "SELECT id, name FROM outbox_job WHERE done_at IS NULL AND failed_at IS NULL AND relayed_at IS NULL AND run_at <= now()",
  );
  return rows;
}

// biome-ignore lint/suspicious/noExplicitAny: the commands' documents are what the test looks at
async function cli(...args: string[]): Promise<{ code: number; stdout: string; stderr: string; json: any }> {
  const main = path.resolve(import.meta.dirname, "../../src/server/cli/main.ts");
  const result = await run(process.execPath, [main, ...args]);
  assert.doesNotMatch(result.stdout + result.stderr, /CANARY/, "nothing of a patient leaves by the command line");
  return { ...result, json: args.includes("--json") ? JSON.parse(result.stdout) : null };
}
const stateOf = async () =>
  (
    await db.owner.query(
      `SELECT (SELECT failed_at IS NULL AND run_at <= now() AND attempts = 0 AND relayed_at IS NULL FROM outbox_job WHERE id = $1) AS job,
         (SELECT next_attempt_at <= now() FROM delivery WHERE id = $2) AS delivery`,
      [failedJob, failedDelivery],
    )
  ).rows[0];

test("an operator sees failed jobs and undelivered reports, by ids and codes alone", async () => {
  const { json } = await cli("jobs", "list", "--failed", "--json");
  assert.equal(json.total, 2);
  const byId = new Map(json.entries.map((entry: { id: string }) => [entry.id, entry]));
  const { since: _, ...job } = byId.get(failedJob) as Record<string, unknown>;
  assert.deepEqual(job, {
    id: failedJob,
    kind: "job",
    org: "lakeside",
    name: "report.store-documents",
    state: "failed",
    attempts: 1,
    error: "storage.corrupt",
  });
  const delivery = byId.get(failedDelivery) as Record<string, unknown>;
  assert.deepEqual(
    [delivery.kind, delivery.name, delivery.state, delivery.attempts, delivery.error],
    ["delivery", "lakeside-main", "failed", 7, "association-rejected"],
  );
  const { stdout } = await cli("jobs", "list", "--failed");
  assert.match(
    stdout,
    new RegExp(`${failedJob}  job report.store-documents of lakeside: failed, 1 tries, storage.corrupt`),
  );
  const open = (await cli("jobs", "list", "--json")).json;
  assert.ok(open.total > 2, "without --failed also what merely waits");
});

test("one is tried again by its id, then all of the rest, and the hospital has it on record", async () => {
  assert.deepEqual(await stateOf(), { job: false, delivery: false });
  assert.deepEqual((await cli("jobs", "retry", failedJob, "--json")).json, { retried: { jobs: 1, deliveries: 0 } });
  assert.deepEqual(await stateOf(), { job: true, delivery: false });
  assert.ok(
    (await dueJobs()).some(({ id }) => id === failedJob),
    "the relay will carry it",
  );
  assert.deepEqual((await cli("jobs", "retry", "--all", "--json")).json, { retried: { jobs: 0, deliveries: 1 } });
  assert.deepEqual(await stateOf(), { job: true, delivery: true });
  const { rows } = await db.owner.query(
    "SELECT action, details FROM audit_event WHERE actor_name = 'cli' AND action IN ('job.retry', 'report.deliver') ORDER BY seq",
  );
  assert.deepEqual(rows, [
    { action: "job.retry", details: { retried: 1, id: failedJob, name: "report.store-documents" } },
    { action: "report.deliver", details: { retried: 1, id: failedDelivery, name: "delivery" } },
  ]);
});

test("an id that names nothing failed, or none at all, is said so", async () => {
  assert.equal((await cli("jobs", "retry", randomUUID())).code, 1);
  assert.equal((await cli("jobs", "retry")).code, 2);
  assert.equal((await cli("jobs", "retry", failedJob, "--all")).code, 2);
  assert.equal((await cli("jobs", "retry", "x")).code, 2);
});
