import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type pg from "pg";
import { pool } from "#server/db/clients.ts";
import { dbRoles } from "#server/db/roles.ts";
import { type Tenants, useTenants } from "../access/tenants.ts";
import { orgId } from "../actors.ts";

/** Functions that run with the owner's rights, or that policies call: nothing of the caller's may come between them and the tables. */
let tenants: Tenants;
let lakeside: string;
let nightshift: string;
let faraway: string;
before(async () => {
  tenants = await useTenants();
  [lakeside, nightshift, faraway] = (await Promise.all(["lakeside", "nightshift", "faraway"].map(orgId))) as [
    string,
    string,
    string,
  ];
});
after(() => tenants.close());

type Fn = { oid: number; signature: string; name: string; settings: string[] | null; definer: boolean; source: string };
async function functions(): Promise<Fn[]> {
  const { rows } = await tenants.owner.query<Fn>(
    `SELECT p.oid, p.oid::regprocedure::text AS signature, p.proname AS name, p.proconfig AS settings, p.prosecdef AS definer, p.prosrc AS source FROM pg_proc p
     WHERE p.pronamespace = 'public'::regnamespace AND p.prolang IN (SELECT oid FROM pg_language WHERE lanname IN ('sql', 'plpgsql'))
       AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')`,
  );
  return rows;
}
const tableNames = async (): Promise<string[]> =>
  (
    await tenants.owner.query<{ name: string }>(
      "SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'",
    )
  ).rows.map(({ name }) => name);

/** Runs `work` as the application with a tenant, and undoes it. */
async function asTenant<T>(tenant: string | null, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool("overread_app").connect();
  try {
    await client.query("BEGIN");
    if (tenant) await client.query("SELECT set_config('app.org_id', $1, true)", [tenant]);
    return await work(client);
  } finally {
    await client.query("ROLLBACK");
    client.release();
  }
}

test("no role makes temporary tables, schemas or functions", async () => {
  for (const role of dbRoles) {
    const { rows } = await tenants.owner.query(
      `SELECT has_database_privilege($1, current_database(), 'TEMPORARY') AS temporary, has_database_privilege($1, current_database(), 'CREATE') AS schemas,
         has_schema_privilege($1, 'public', 'CREATE') AS functions`,
      [role],
    );
    assert.deepEqual(rows[0], { temporary: false, schemas: false, functions: false }, role);
  }
});

test("every function of the owner's rights fixes where it looks, and every function names tables with their schema", async () => {
  const tables = await tableNames();
  const all = await functions();
  assert.ok(all.some(({ definer }) => definer));
  for (const { signature, settings, definer, source } of all) {
    if (definer) assert.ok(settings?.includes("search_path=pg_catalog, public, pg_temp"), `${signature}: ${settings}`);
    for (const table of tables)
      assert.doesNotMatch(
        source,
        new RegExp(`\\b(FROM|JOIN|INTO|UPDATE)\\s+${table}\\b`, "i"),
        `${signature} reads ${table} without its schema`,
      );
  }
});

test("what lets rows be seen asks no function about each row, which a list of ten thousand would feel", async () => {
  const { rows } = await tenants.owner.query<{ table: string; rule: string }>(
    `SELECT tablename AS table, qual AS rule FROM pg_policies WHERE cmd IN ('SELECT', 'ALL') AND qual IS NOT NULL AND 'overread_app' = ANY (roles)`,
  );
  assert.ok(rows.length > 20);
  // One without arguments is asked once a statement, or stands for the setting that it reads.
  for (const { table, rule } of rows) assert.doesNotMatch(rule, /\w\([^)]/, `${table}: ${rule}`);
});

/**
 * The privilege is given back for this, as a database made from a copy has it: the functions have to stand without it too.
 */
test("a temporary table in front of any table changes nothing that any function answers or writes", async () => {
  const database = (await tenants.owner.query("SELECT current_database() AS name")).rows[0].name;
  await tenants.owner.query(`GRANT TEMPORARY ON DATABASE "${database}" TO overread_app`);
  try {
    // With the columns' types alone: the application may not even look at some of them.
    const { rows: tables } = await tenants.owner.query<{ name: string; columns: string }>(
      `SELECT c.relname AS name, string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum) AS columns
       FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
       WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' GROUP BY c.relname`,
    );
    const shadow = async (client: pg.PoolClient) => {
      for (const { name, columns } of tables) await client.query(`CREATE TEMP TABLE "${name}" (${columns})`);
      await client.query(
        "INSERT INTO pg_temp.contract (id, org_id, reader_org_id) VALUES (gen_random_uuid(), $1, $2), (gen_random_uuid(), $2, $1)",
        [lakeside, faraway],
      );
      await client.query(
        `INSERT INTO pg_temp.user_account (id, org_id, email, display_name, person_name, roles, facility_ids, referrer_names)
         VALUES ($1, $2, 'x', 'Shadow', 'x', '{}', '{}', '{shadow}')`,
        [tenants.faraway.userId, lakeside],
      );
      await client.query("INSERT INTO pg_temp.audit_head (org_id, seq, hash) VALUES ($1, 900, $2)", [
        lakeside,
        "f".repeat(64),
      ]);
    };
    const uuids = [
      lakeside,
      nightshift,
      faraway,
      tenants.faraway.userId,
      tenants.faraway.studyId,
      tenants.faraway.caseId,
    ];
    const answers = async (client: pg.PoolClient): Promise<Record<string, unknown>> => {
      const found: Record<string, unknown> = {};
      for (const { signature, name } of await functions()) {
        if (/^audit_append/.test(name) || /^(guard_|refuse_|outbox_wake)/.test(name)) continue;
        const types = signature
          .slice(signature.indexOf("(") + 1, -1)
          .split(",")
          .filter(Boolean);
        for (const id of uuids) {
          const given = types.map((type) =>
            type === "uuid"
              ? `'${id}'::uuid`
              : type === "integer"
                ? "50"
                : type === "text"
                  ? "'shadow'"
                  : `NULL::public.${type}`,
          );
          await client.query("SAVEPOINT one");
          found[`${signature} ${id}`] = await client.query(`SELECT public.${name}(${given})::text AS answer`).then(
            ({ rows }) => rows,
            ({ code }: { code: string }) => code,
          );
          await client.query("ROLLBACK TO one");
        }
      }
      return found;
    };
    const plain = await asTenant(lakeside, answers);
    assert.ok(Object.keys(plain).length > 30);
    const shadowed = await asTenant(lakeside, async (client) => {
      await shadow(client);
      return answers(client);
    });
    assert.deepEqual(shadowed, plain);

    const seqOf = async () =>
      (await tenants.owner.query("SELECT seq::int AS seq FROM public.audit_head WHERE org_id = $1", [lakeside])).rows[0]
        .seq;
    const before = await seqOf();
    for (const append of ways) {
      const appended = await asTenant(lakeside, async (client) => {
        await shadow(client);
        const { rows } = await append(client, { org: lakeside, actor: lakeside });
        const beside = await client.query("SELECT 1 FROM pg_temp.audit_event");
        return { seq: Number(rows[0].seq), beside: beside.rowCount };
      });
      assert.deepEqual(appended, { seq: before + 1, beside: 0 });
    }
  } finally {
    await tenants.owner.query(`REVOKE TEMPORARY ON DATABASE "${database}" FROM overread_app`);
  }
});

type Event = { org: string; actor: string; name?: string };
/** One event by itself, and one in a list: what a transaction writes at its end. */
const ways = [
  (client: pg.PoolClient | pg.Pool, { org, actor, name = "x" }: Event) =>
    client.query(
      "SELECT audit_append($1, $2, 'system', 'x', $3, 'study.read', 'success', NULL, NULL, NULL, '{}', '')::text AS seq",
      [org, actor, name],
    ),
  (client: pg.PoolClient | pg.Pool, { org, actor, name = "x" }: Event) =>
    client.query("SELECT audit_append_many($1, $2)::text AS seq", [
      org,
      JSON.stringify([
        {
          org: actor,
          kind: "system",
          id: "x",
          name,
          action: "study.read",
          outcome: "success",
          details: {},
          request: "",
        },
      ]),
    ]),
];
const refused = { code: "42501" };

test("the trail is appended to by one who works there: one's own, or a partner's, and only with a tenant set", async () => {
  for (const append of ways) {
    await asTenant(lakeside, (client) => append(client, { org: lakeside, actor: lakeside }));
    await asTenant(nightshift, (client) => append(client, { org: lakeside, actor: nightshift }));
    await asTenant(lakeside, (client) => append(client, { org: nightshift, actor: lakeside }));
    await assert.rejects(
      asTenant(lakeside, (client) => append(client, { org: faraway, actor: lakeside })),
      refused,
      "no partner",
    );
    await assert.rejects(
      asTenant(lakeside, (client) => append(client, { org: lakeside, actor: nightshift })),
      refused,
      "as somebody else",
    );
    await assert.rejects(
      asTenant(null, (client) => append(client, { org: lakeside, actor: lakeside })),
      refused,
      "no tenant",
    );
    await assert.rejects(
      append(pool("overread_auth"), { org: lakeside, actor: nightshift }),
      refused,
      "sign-in for another",
    );
  }
  // A superuser who takes on the role is held to the same.
  for (const call of [
    `audit_append('${faraway}', '${faraway}', 'x', 'x', 'x', 'x', 'x', NULL, NULL, NULL, '{}', '')`,
    `audit_append_many('${faraway}', '[{"org":"${faraway}","kind":"x","id":"x","name":"x","action":"x","outcome":"x"}]')`,
  ])
    await assert.rejects(tenants.owner.query(`SET LOCAL ROLE overread_app; SELECT ${call}`), refused);
});

test("control characters cannot make one event look like another", async () => {
  for (const append of ways)
    await assert.rejects(
      asTenant(lakeside, (client) => append(client, { org: lakeside, actor: lakeside, name: "a\x1fb" })),
      { code: "22023" },
    );
  const { rows } = await tenants.owner.query(
    `WITH a AS (SELECT jsonb_populate_record(NULL::audit_event, '{"form":2,"actor_id":"a","actor_name":"b,1:c"}') AS e),
          b AS (SELECT jsonb_populate_record(NULL::audit_event, '{"form":2,"actor_id":"a,5:b","actor_name":"c"}') AS e)
     SELECT audit_canonical(a.e) = audit_canonical(b.e) AS same FROM a, b`,
  );
  assert.equal(rows[0].same, false);
});
