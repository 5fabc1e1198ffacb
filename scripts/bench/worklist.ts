import { parseArgs } from "node:util";
import { withTenant } from "#server/db/with-tenant.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { listCases } from "#server/domain/reading/index.ts";
import { signedIn } from "#tests/actors.ts";
import { say } from "../lib/say.mjs";
import { loadavg, median, onOwnGround } from "./ground.ts";

/** Of the cases of a hospital nine in ten were read; the open ones are spread over states, priorities and claims. */
const sizes = [1_000, 100_000, 1_000_000];
type Form = { name: string; input: (cursor: string | null) => Parameters<typeof listCases>[1] };
const forms: Form[] = [
  { name: "next", input: () => ({ filter: { list: "next" } }) },
  { name: "all", input: () => ({ filter: { list: "all" } }) },
  { name: "mine", input: () => ({ filter: { list: "mine" } }) },
  { name: "final", input: () => ({ filter: { list: "final" } }) },
  { name: "next page", input: (cursor) => ({ filter: { list: "all" }, cursor }) },
  { name: "by name", input: () => ({ filter: { list: "all", text: "rivers 12" } }) },
  { name: "no filter", input: () => ({}) },
];

/** `worklist.list` in its forms, 50 rows each, at a thousand, a hundred thousand and a million cases: p50, p95, and what each costs beside the smallest. */
export async function bench(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { most: { type: "string", default: "1000000" }, tries: { type: "string", default: "40" } },
  });
  const asked = sizes.filter((size) => size <= Number(values.most));
  await onOwnGround(async (ground) => {
    await seedDemo({ password: "not for anybody" });
    const reader = (await signedIn("radiologist@nightshift.example")).actor;
    const smallest = new Map<string, number>();
    let made = 0;
    for (const size of asked) {
      const client = await ground.db.owner.connect();
      await fillCases(client, made, size, reader.userId);
      client.release();
      made = size;
      const first = await withTenant(reader, (ctx) => listCases(ctx, { filter: { list: "all" } }));
      for (const { name, input } of forms) {
        const times: number[] = [];
        for (let n = 0; n < Number(values.tries) + 5; n++) {
          const started = performance.now();
          await withTenant(reader, (ctx) => listCases(ctx, input(first.nextCursor)));
          if (n >= 5) times.push(performance.now() - started);
        }
        const p50 = median(times);
        const p95 = times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.95)] ?? 0;
        smallest.set(name, smallest.get(name) ?? p50);
        const ratio = (p50 / (smallest.get(name) as number)).toFixed(2);
        say(`${size} cases, ${name}: p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, ratio ${ratio}`);
      }
    }
    say(`load ${loadavg()[0]?.toFixed(1)}`);
  });
}

/** Cases `from` to `to`, as the database itself makes them; every `openEvery`th waits to be read. */
export async function fillCases(
  client: { query: (sql: string) => Promise<unknown> },
  from: number,
  to: number,
  readerId: string,
  openEvery = 10,
): Promise<void> {
  const run = (sql: string) => client.query(sql);
  await run("SET synchronous_commit = off");
  // Without the triggers it is sooner done; the owner of a portal's tables may not leave them out.
  const withTriggers = await run("SET session_replication_role = replica").then(
    () => false,
    () => true,
  );
  await run(`CREATE TABLE IF NOT EXISTS bench_of AS
    SELECT o.id AS org, r.id AS reader, f.id AS facility FROM organization o, organization r, facility f
    WHERE o.slug = 'lakeside' AND r.slug = 'nightshift' AND f.slug = 'lakeside-main'`);
  // With the bits of a random one (RFC 9562): what is asked for by another id is refused.
  const idOf = (what: string) => `overlay(overlay(md5('${what}' || n) PLACING '4' FROM 13) PLACING '8' FROM 17)::uuid`;
  const ids = `${idOf("patient")} AS patient, ${idOf("study")} AS study, ${idOf("case")} AS the_case`;
  const numbers = `(SELECT n, ${ids}, b.* FROM generate_series(${from + 1}, ${to}) n, bench_of b) v`;
  const many = [
    `INSERT INTO patient (id, org_id, reader_org_id, patient_id) SELECT patient, org, reader, 'B' || n FROM ${numbers}`,
    `INSERT INTO study (id, org_id, reader_org_id, facility_id, patient_ref, study_instance_uid, patient_id, patient_name, patient_name_search,
       patient_birth_date, patient_sex, accession_number, study_date, study_time, study_description, modalities, body_parts, number_of_series,
       number_of_instances, has_pictures, acquired_modalities, completed_at)
     SELECT study, org, reader, facility, patient, '2.25.' || (1000000000 + n), 'B' || n, 'Rivers ' || n || '^Alder', 'rivers ' || n || ' alder=',
       '19690412', 'F', 'A' || n, '20261120', '101500', 'CT CHEST', '{CT}', '{CHEST}', 1, 200, true, '{CT}', now() FROM ${numbers}`,
    `INSERT INTO reading_case (id, org_id, reader_org_id, facility_id, study_ref, state, priority, priority_score, due_at, created_at, updated_at,
       unread_at, completed_at, claim_minutes, claimed_by_id, claimed_until, claim_token)
     SELECT the_case, org, reader, facility, study,
       (CASE WHEN n % ${openEvery} <> 0 OR n > ${openAtMost} THEN 'final' WHEN n % 100 = 0 THEN 'claimed' WHEN n % 70 = 0 THEN 'arriving' ELSE 'unread' END)::"CaseState",
       (CASE WHEN n % 50 = 0 THEN 'stat' WHEN n % 20 = 0 THEN 'urgent' ELSE 'routine' END)::"CasePriority",
       CASE WHEN n % ${openEvery} <> 0 OR n > ${openAtMost} THEN 0 ELSE 100 + n % 900 END, now() + make_interval(mins => n % 2000),
       now() - make_interval(secs => n), now(), now() - make_interval(secs => n),
       CASE WHEN n % ${openEvery} <> 0 OR n > ${openAtMost} THEN now() - make_interval(mins => n) END, 30,
       CASE WHEN n % 100 = 0 AND n <= ${openAtMost} THEN '${readerId}'::uuid END,
       CASE WHEN n % 100 = 0 AND n <= ${openAtMost} AND n % 300 = 0 THEN now() + interval '1 hour' WHEN n % 100 = 0 AND n <= ${openAtMost} THEN now() - interval '1 hour' END, 1
     FROM ${numbers}`,
  ];
  for (const sql of many) await run(sql);
  if (!withTriggers) await run("SET session_replication_role = origin");
  await run("ANALYZE patient; ANALYZE study; ANALYZE reading_case");
}

/** One in ten of so many is open: a group has 5,000 cases open at most, however many it ever read. */
const openAtMost = 50_000;
