import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import { withMaintenance } from "#server/db/maintenance.ts";
import { purgeRuns, replayRun } from "#server/domain/assignment/index.ts";
import { claimCase } from "#server/domain/reading/index.ts";
import { as, assignmentDesk, given, offered } from "../assignment-desk.ts";
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

test("of a run is kept what is other than in the run before, and each plays again the same", async () => {
  await desk.rule(given);
  const { owner } = desk.db;
  const kept = async (runId: string | null) => {
    const { rows } = await owner.query(
      "SELECT follows_id AS follows, base_id AS base, length(snapshot) AS size FROM assignment_run WHERE id = $1",
      [runId],
    );
    return rows[0];
  };
  const playsAgain = async (runId: string | null, cases: number) => {
    assert.ok(runId);
    const replay = await withMaintenance((tx) => replayRun(tx, runId));
    assert.ok(replay.same, `${runId} does not play again`);
    assert.equal(replay.cases, cases);
  };
  // Of the runs of earlier tests nothing is left to follow.
  await owner.query("DELETE FROM assignment_run");
  const cases: string[] = [];
  for (let n = 0; n < 8; n++) cases.push((await desk.unread()).caseId);
  assert.equal((await kept((await desk.run()).runId)).follows, null);
  // Since then every case has become somebody's: where most has changed there is nothing to save.
  const first = await desk.unread().then(desk.run);
  const { rows: open } = await owner.query("SELECT count(*)::int AS n FROM reading_case WHERE completed_at IS NULL");
  const before: number = open[0].n;
  assert.equal((await kept(first.runId)).follows, null);
  await desk.unread();
  await owner.query("UPDATE reading_case SET state = 'final', completed_at = now() WHERE id = $1", [cases[0]]);
  const second = await desk.run();
  const third = await desk.unread().then(desk.run);
  assert.deepEqual(
    [await kept(second.runId), await kept(third.runId)].map(({ follows, base }) => [follows, base]),
    [
      [first.runId, first.runId],
      [second.runId, first.runId],
    ],
  );
  for (const [run, n] of [
    [first, before],
    [second, before],
    [third, before + 1],
  ] as const)
    await playsAgain(run.runId, n);

  // What a younger run builds upon is kept as long as that.
  await owner.query("UPDATE assignment_run SET at = at - interval '31 days' WHERE id <> $1", [third.runId]);
  assert.equal(await withMaintenance(purgeRuns), 1, "the first, upon which nothing builds");
  await playsAgain(third.runId, before + 1);
  await owner.query("UPDATE assignment_run SET at = at - interval '31 days'");
  assert.equal(await withMaintenance(purgeRuns), 3);

  // A run of which nothing is left, as if it had been rolled back, is followed by none.
  await desk.unread();
  const after = await desk.run();
  assert.equal((await kept(after.runId)).follows, null);
  await playsAgain(after.runId, before + 2);
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
