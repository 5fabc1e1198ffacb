import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import { withMaintenance } from "#server/db/maintenance.ts";
import { purgeRuns, replayRun } from "#server/domain/assignment/index.ts";
import { claimCase } from "#server/domain/reading/index.ts";
import { as, assignmentDesk, offered } from "../assignment-desk.ts";
import { aRule } from "../factories/assignment.ts";

/** The runs themselves: what asks for one, two at once, what is kept of them. */
const desk = assignmentDesk();
const refusedWith = (code: string) => (error: unknown) => error instanceof DomainError && error.code === code;

test("the time of an offer is planned as a run of its own, once", async () => {
  await desk.rule(offered);
  const { caseId } = await desk.unread();
  for (const what of ["with the offer itself", "and not again"]) {
    await desk.run();
    const { rows } = await desk.db.owner.query(
      `SELECT o.run_at = c.given_until + interval '1 ms' AS "atItsEnd" FROM outbox_job o, reading_case c
       WHERE o.name = 'assignment.run' AND o.run_at > now() AND o.done_at IS NULL AND c.id = $1`,
      [caseId],
    );
    assert.deepEqual(rows, [{ atItsEnd: true }], what);
  }
});

test("a run that is played again answers the same, byte for byte", async () => {
  await desk.rule(offered, aRule({ id: "rest", mode: { kind: "draw" } }));
  for (let n = 0; n < 5; n++) await desk.unread();
  const { runId } = await desk.run();
  assert.ok(runId);
  const replay = await withMaintenance((tx) => replayRun(tx, runId));
  assert.ok(replay.same && replay.kept === replay.replayed && replay.cases === 5);
  await assert.rejects(
    withMaintenance((tx) => replayRun(tx, randomUUID())),
    refusedWith("assignment-run.not-found"),
  );
});

test("two who run the same group at once, and one who is killed, give each case once", async () => {
  await desk.rule(offered);
  const cases: string[] = [];
  for (let n = 0; n < 12; n++) cases.push((await desk.unread({ requestedPriority: "STAT" })).caseId);
  const killed = desk.db.owner.connect();
  const client = await killed;
  // A worker that has decided and is gone before it commits.
  await client.query("BEGIN");
  await client.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [
    `assignment ${desk.people.solheim.orgId}`,
  ]);
  await client.query(
    "UPDATE reading_case SET given_to_id = $2, given_as = 'assignment', given_at = now() WHERE id = $1",
    [cases[0], desk.people.mensah.userId],
  );
  const runs = Array.from({ length: 6 }, desk.run);
  client.release(new Error("killed"));
  const reports = await Promise.all(runs);
  assert.equal(
    reports.reduce((sum, { changes }) => sum + changes, 0),
    12,
  );
  const { rows } = await desk.db.owner.query(
    "SELECT case_id, count(*)::int AS n FROM audit_event WHERE action = 'case.offer' AND case_id = ANY($1) GROUP BY 1",
    [cases],
  );
  assert.equal(rows.length, 12);
  assert.ok(rows.every(({ n }) => n === 1));
});

test("of a claim and an offer that happen together one decides", async () => {
  await desk.rule(offered);
  for (let round = 0; round < 10; round++) {
    const { caseId } = await desk.unread();
    const [claimed] = await Promise.allSettled([
      as(desk.people.solheim, (ctx) => claimCase(ctx, { caseId })),
      desk.run(),
    ]);
    const { to } = await desk.handOf(caseId);
    if (claimed?.status === "fulfilled")
      assert.ok(to === null || to === desk.people.solheim.userId, "nobody else has what he claimed");
    else assert.equal(to, desk.people.mensah.userId);
    await desk.db.owner.query("UPDATE reading_case SET state = 'final', completed_at = now() WHERE id = $1", [caseId]);
  }
});

test("runs are kept for 30 days, to the day", async () => {
  await desk.db.owner.query("DELETE FROM assignment_run");
  const keep = (ago: string) =>
    desk.db.owner.query(
      `INSERT INTO assignment_run (org_id, at, rules_version, cases, readers, changes, took_ms, snapshot, outcome)
       VALUES ($1, now() - $2::interval, 1, 0, 0, 1, 1, '', '')`,
      [desk.people.solheim.orgId, ago],
    );
  for (const ago of ["29 days 23 hours", "30 days 1 hour", "31 days", "0"]) await keep(ago);
  assert.equal(await withMaintenance(purgeRuns), 2);
  const { rows } = await desk.db.owner.query(
    "SELECT count(*)::int AS n FROM assignment_run WHERE at > now() - interval '30 days'",
  );
  assert.deepEqual(rows, [{ n: 2 }]);
  assert.equal(await withMaintenance(purgeRuns), 0);
});
