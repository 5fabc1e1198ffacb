import { randomUUID } from "node:crypto";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { fillSnapshot } from "#server/domain/assignment/fill-snapshot.ts";
import { type Rule, runAssignment } from "#server/domain/assignment/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { copyUnreadCase, makeUnreadCase } from "#tests/factories/studies.ts";
import { say } from "../../lib/say.mjs";
import { median, onOwnGround } from "../ground.ts";

/**
 * The engine with its database: a queue of this many cases in a group of this many readers. How long a snapshot and a whole run take, and how many of the
 * hour's cases one worker gives out in a minute: each batch arrives, is given out, and is signed.
 */
export async function wired({ cases, readers, hour }: { cases: number; readers: number; hour: number }): Promise<void> {
  await onOwnGround(async ({ db }) => {
    await seedDemo({ password: "not for anybody" });
    const first = await makeUnreadCase(db.owner);
    const { rows } = await db.owner.query<{ group: string }>(
      'SELECT reader_org_id AS "group" FROM reading_case WHERE id = $1',
      [first.caseId],
    );
    const group = rows[0]?.group ?? "";
    await db.owner.query(
      `WITH people AS (INSERT INTO user_account (org_id, email, display_name, person_name, roles, facility_ids, referrer_names)
         SELECT $1, 'bench' || n || '@nightshift.example', 'Reader ' || n, 'Reader^' || n, '{radiologist}', '{}', '{}' FROM generate_series(1, $2::int) n RETURNING id)
       INSERT INTO session (user_id, org_id, expires_at) SELECT id, $1, now() + interval '1 day' FROM people`,
      [group, readers],
    );
    await copyUnreadCase(db.owner, first.caseId, { count: cases - 1, modality: "CT" });
    await db.owner.query("ANALYZE");
    const system = systemActor(group, "bench");
    const filling: Cost[] = [];
    for (let n = 0; n < 8; n++) {
      const fill = await costOf(() =>
        withTenantSql(system, ({ tx }) => fillSnapshot(tx, group), { timeoutMs: 60_000 }),
      );
      if (n > 1) filling.push(fill);
    }
    say(
      `\n${cases} open cases, ${readers} readers: a snapshot in ${medianCost(filling)} (median of ${filling.length})`,
    );

    const rule: Rule = {
      id: randomUUID(),
      when: [],
      readers: { readerIds: [], groupIds: [] },
      schedule: null,
      subspecialty: "preferred",
      caps: { openCases: null, openWorkUnits: null },
      mode: { kind: "push", acceptSeconds: null },
      exclusive: false,
    };
    await db.owner.query(
      `INSERT INTO assignment_rule_set (org_id, version, sheet, saved_by_id) SELECT $1, 1, $2, id FROM user_account WHERE org_id = $1 LIMIT 1`,
      [group, JSON.stringify([{ name: "give", on: true, rule }])],
    );
    const run = () => withTenantSql(system, runAssignment, { timeoutMs: 60_000 });
    const whole = await costOf(run);
    say(`the whole queue given out at once: ${whole.result.changes} cases in ${medianCost([whole])}`);
    await db.owner.query("ANALYZE");
    // Twenty seconds of the hour at a time.
    const batch = Math.max(1, Math.round(hour / 180));
    const times: Cost[] = [];
    let given = 0;
    for (let n = 0; n < 10; n++) {
      await copyUnreadCase(db.owner, first.caseId, { count: batch, modality: "MR" });
      await db.owner.query(
        "UPDATE reading_case SET given_to_id = NULL, given_as = NULL, given_at = NULL, given_rule_id = NULL WHERE id IN (SELECT id FROM reading_case WHERE state = 'unread' ORDER BY created_at DESC, id DESC LIMIT $1)",
        [batch],
      );
      const each = await costOf(run);
      given += each.result.changes;
      times.push(each);
    }
    const each = median(times.map(({ ms }) => ms));
    say(
      `${batch} new cases in a queue of ${cases}: a run in ${medianCost(times)}, ${given} given in 10 runs; at ${hour} cases an hour a run each second takes ${(each / 10).toFixed(0)} % of one worker`,
    );
    const { rows: kept } = await db.owner.query<{ whole: number; short: number }>(
      `SELECT round(avg(length(snapshot) + length(outcome)) FILTER (WHERE follows_id IS NULL) / 1024)::int AS whole,
         round(avg(length(snapshot) + length(outcome)) FILTER (WHERE follows_id IS NOT NULL) / 1024)::int AS short FROM assignment_run`,
    );
    say(`a kept run: ${kept[0]?.whole} KiB whole, ${kept[0]?.short} KiB where it follows another`);
  });
}

type Cost = { ms: number; cpuMs: number };

/** By the clock, and of this process alone: what others do to the machine is in the first only. */
async function costOf<T>(work: () => Promise<T>): Promise<Cost & { result: T }> {
  const [started, before] = [performance.now(), process.cpuUsage()];
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return { result, ms: performance.now() - started, cpuMs: (user + system) / 1000 };
}

const medianCost = (costs: readonly Cost[]): string =>
  `${median(costs.map(({ ms }) => ms)).toFixed(0)} ms (${median(costs.map(({ cpuMs }) => cpuMs)).toFixed(0)} ms of the process's CPU)`;
