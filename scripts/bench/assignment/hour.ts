import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { withTenant } from "#server/db/with-tenant.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { listCases } from "#server/domain/reading/index.ts";
import { signedIn } from "#tests/actors.ts";
import { aRule } from "#tests/factories/assignment.ts";
import { copyUnreadCase, makeUnreadCase } from "#tests/factories/studies.ts";
import { bin, root } from "../../lib/paths.mjs";
import { say } from "../../lib/say.mjs";
import { type Ground, onOwnGround } from "../ground.ts";

const quietMs = 20_000;

/**
 * So many cases an hour into a group that has a queue in hand already, for some minutes, with one worker process as it runs in production: each
 * second some arrive and ask for a run, and as many are signed. Whether the worker keeps up is how long a case waits to be given to somebody;
 * beside it what the list of a reader costs while nothing happens, and meanwhile.
 */
export async function hour({
  queue,
  readers,
  perHour,
  minutes,
}: {
  queue: number;
  readers: number;
  perHour: number;
  minutes: number;
}): Promise<void> {
  await onOwnGround(async (ground) => {
    const { db } = ground;
    await seedDemo({ password: "not for anybody" });
    const { actor } = await signedIn("radiologist@nightshift.example");
    const template = await aGroupAtWork(ground, actor.orgId, readers);
    await arrive(db, template, actor.orgId, queue);
    await db.owner.query("ANALYZE");
    const list = async () => {
      const started = performance.now();
      await withTenant(actor, (ctx) => listCases(ctx, { filter: { list: "all" } }));
      return performance.now() - started;
    };
    const worker = spawn(bin("node"), [path.join(root, "src/workers/main.ts")], {
      cwd: root,
      env: ground.env,
      stdio: ["ignore", "ignore", "inherit"],
    });
    try {
      const begun = performance.now();
      while ((await waiting(db)) > 0) await pause(200);
      say(`\n${queue} cases given out by a worker that starts: ${((performance.now() - begun) / 1000).toFixed(1)} s`);
      const quiet = await sampled(list, quietMs, async () => {});
      const since = new Date();
      const cpu = cpuOf(worker);
      let due = 0;
      let arrived = 0;
      const busy = await sampled(list, minutes * 60_000, async (elapsedMs) => {
        due = Math.floor((elapsedMs / 3_600_000) * perHour);
        if (due === arrived) return;
        await sign(db, due - arrived);
        await arrive(db, template, actor.orgId, due - arrived);
        arrived = due;
      });
      const left = await waiting(db);
      const cpuMs = cpuOf(worker) - cpu;
      const { rows } = await db.owner.query<{ p50: number; p95: number; most: number; given: number }>(
        `SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY d) AS p50, percentile_cont(0.95) WITHIN GROUP (ORDER BY d) AS p95, max(d) AS most,
           count(*)::int AS given FROM (SELECT extract(epoch FROM given_at - unread_at)::float AS d FROM reading_case
           WHERE unread_at > $1 AND given_at IS NOT NULL) x`,
        [since],
      );
      const { rows: runs } = await db.owner.query<{ runs: number; p50: number; p95: number }>(
        `SELECT count(*)::int AS runs, percentile_cont(0.5) WITHIN GROUP (ORDER BY took_ms) AS p50,
           percentile_cont(0.95) WITHIN GROUP (ORDER BY took_ms) AS p95 FROM assignment_run WHERE at > $1`,
        [since],
      );
      const [wait, run] = [rows[0], runs[0]];
      if (!wait?.given || !run?.runs) throw new Error("nothing was given out");
      say(
        `${arrived} cases in ${minutes} min (${perHour} an hour) into a queue of ${queue}, ${readers} readers: ${wait.given} given, ${left} wait at the end; from arrival to a reader p50 ${wait.p50.toFixed(1)} s, p95 ${wait.p95.toFixed(1)} s, at most ${wait.most.toFixed(1)} s`,
      );
      say(
        `${run.runs} runs that changed something: p50 ${run.p50.toFixed(0)} ms, p95 ${run.p95.toFixed(0)} ms; ${((cpuMs / (minutes * 60_000)) * 100).toFixed(0)} % of one processor for the worker`,
      );
      say(
        `a reader's list: quiet p50 ${at(quiet, 0.5)} ms, p95 ${at(quiet, 0.95)} ms; meanwhile p50 ${at(busy, 0.5)} ms, p95 ${at(busy, 0.95)} ms (${busy.length} lists)`,
      );
    } finally {
      const ended = new Promise((resolve) => worker.once("exit", resolve));
      worker.kill("SIGTERM");
      await ended;
    }
  });
}

/** Readers who are signed in and a rule that gives each case to one of them. @returns a held case to copy. */
async function aGroupAtWork({ db }: Ground, group: string, readers: number): Promise<string> {
  const { caseId } = await makeUnreadCase(db.owner);
  await db.owner.query(
    "UPDATE reading_case SET state = 'held', paused_from = 'unread', paused_at = now() WHERE id = $1",
    [caseId],
  );
  await db.owner.query("DELETE FROM reader_shift");
  await db.owner.query("UPDATE reader_profile SET off_roster = true, cap_open_cases = NULL");
  await db.owner.query(
    `WITH people AS (INSERT INTO user_account (org_id, email, display_name, person_name, roles, facility_ids, referrer_names)
       SELECT $1, 'bench' || n || '@nightshift.example', 'Reader ' || n, 'Reader^' || n, '{radiologist}', '{}', '{}' FROM generate_series(1, $2::int) n RETURNING id)
     INSERT INTO session (user_id, org_id, expires_at, last_seen_at) SELECT id, $1, now() + interval '1 day', now() + interval '1 day' FROM people`,
    [group, readers],
  );
  const sheet = [
    { name: "give", on: true, rule: aRule({ id: randomUUID(), mode: { kind: "push", acceptSeconds: null } }) },
  ];
  await db.owner.query(
    "INSERT INTO assignment_rule_set (org_id, version, sheet, saved_by_id) SELECT $1, 1, $2, id FROM user_account WHERE org_id = $1 LIMIT 1",
    [group, JSON.stringify(sheet)],
  );
  return caseId;
}

/** So many become readable in one moment, and ask for a run as `moveCases` does. */
async function arrive({ owner }: Ground["db"], template: string, group: string, count: number): Promise<void> {
  const ids = await copyUnreadCase(owner, template, { count, modality: "CT" });
  await owner.query(
    `WITH come AS (UPDATE reading_case SET state = 'unread', paused_from = NULL, paused_at = NULL, created_at = now(), unread_at = now(),
       due_at = now() + interval '4 hours', promised_from = now(), promised_at = now() + interval '4 hours' WHERE id = ANY($1::uuid[]) RETURNING id)
     INSERT INTO outbox_job (org_id, name, payload, collapse_key)
     SELECT $2::uuid, 'assignment.run', jsonb_build_object('orgId', $2::uuid), $2::text WHERE EXISTS (SELECT 1 FROM come)`,
    [ids, group],
  );
}

/** The oldest of those that somebody has are read. */
async function sign({ owner }: Ground["db"], count: number): Promise<void> {
  await owner.query(
    `UPDATE reading_case SET state = 'final', completed_at = now() WHERE id IN (
       SELECT id FROM reading_case WHERE state = 'unread' AND given_to_id IS NOT NULL ORDER BY given_at LIMIT $1)`,
    [count],
  );
}

async function waiting({ owner }: Ground["db"]): Promise<number> {
  const { rows } = await owner.query<{ n: number }>(
    "SELECT count(*)::int AS n FROM reading_case WHERE state = 'unread' AND given_to_id IS NULL",
  );
  return rows[0]?.n ?? 0;
}

/** Lists four times a second, and once a second lets something happen. */
async function sampled(
  list: () => Promise<number>,
  lastsMs: number,
  eachSecond: (elapsedMs: number) => Promise<void>,
): Promise<number[]> {
  const times: number[] = [];
  const begun = performance.now();
  for (let tick = 0; performance.now() - begun < lastsMs; tick++) {
    if (tick % 4 === 0) await eachSecond(performance.now() - begun);
    times.push(await list());
    const next = begun + (tick + 1) * 250;
    await pause(Math.max(0, next - performance.now()));
  }
  return times;
}

const at = (times: readonly number[], share: number): string =>
  (times.toSorted((a, b) => a - b)[Math.floor(times.length * share)] ?? 0).toFixed(1);

/** User and system time of the process so far, ms (Linux: ticks of 10 ms). */
function cpuOf({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
