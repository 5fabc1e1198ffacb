import "../support/policies-off/register.ts";
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Tenants } from "../access/tenants.ts";

const { systemActor } = await import("#server/system-actor.ts");
const { closeDatabase, pool } = await import("#server/db/clients.ts");
const { withTenant } = await import("#server/db/with-tenant.ts");
const { withTenantSql } = await import("#server/db/with-tenant-sql.ts");
const { canary, useTenants } = await import("../access/tenants.ts");
const { orgId } = await import("../actors.ts");

/**
 * Row-level security alone, with every check of the application switched off: each table read as the application's role for
 * each organisation that has nothing to do with the foreign hospital, and many tenants' requests on few connections.
 */
const requests = 200;
const connections = 5;

let tenants: Tenants;
/** Of everybody who asks, by slug. */
const orgs = new Map<string, string>();
before(async () => {
  tenants = await useTenants();
  for (const slug of ["lakeside", "harbor", "nightshift", "idle", "overread", "faraway", "daybreak"])
    orgs.set(slug, await orgId(slug));
});
after(() => tenants.close());

/** Every table of the application's role, with the columns it may read. */
async function readableTables(): Promise<{ name: string; columns: string[] }[]> {
  const { rows } = await tenants.owner.query<{ name: string; columns: string[] }>(
    `SELECT c.relname AS name, array_agg(quote_ident(a.attname::text)) AS columns
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v')
       AND has_column_privilege('overread_app', c.oid, a.attnum, 'SELECT')
     GROUP BY c.relname`,
  );
  return rows;
}

test("the application's role owns nothing, passes by no wall, and every table has its wall up for the owner too", async () => {
  const { rows: open } = await tenants.owner.query(
    `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
       AND (relowner = 'overread_app'::regrole
         OR (NOT (relrowsecurity AND relforcerowsecurity) AND has_any_column_privilege('overread_app', oid, 'SELECT')))`,
  );
  assert.deepEqual(open, []);
  const { rows: roles } = await tenants.owner.query(
    `SELECT rolname FROM pg_roles WHERE rolname = 'overread_app' AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb)
     UNION ALL SELECT roleid::regrole::name FROM pg_auth_members WHERE member = 'overread_app'::regrole`,
  );
  assert.deepEqual(roles, []);
});

test("no table shows a row of a hospital to an organisation that has nothing to do with it", async () => {
  const { studyInstanceUid: _shared, orgSlug: _slug, ...things } = tenants.faraway;
  const foreign = [canary, orgs.get("faraway")!, orgs.get("daybreak")!, ...Object.values(things)];
  const tables = await readableTables();
  assert.ok(tables.length > 15, `${tables.length} tables`);
  for (const slug of ["lakeside", "harbor", "nightshift", "idle", "overread"])
    for (const { name, columns } of tables) {
      const seen = await withTenantSql(systemActor(orgs.get(slug)!, "test"), ({ tx }) =>
        tx.$queryRawUnsafe<{ row: string }[]>(`SELECT row(${columns.join(", ")})::text AS row FROM "${name}"`),
      );
      const leaked = seen.filter(({ row }) => foreign.some((secret) => row.includes(secret)));
      assert.deepEqual(leaked, [], `${name} for ${slug}`);
    }
});

test(`${requests} requests of all tenants on ${connections} connections, some of them failing: each sees its own`, async () => {
  const of = async (slug: string): Promise<string[]> => {
    const { rows } = await tenants.owner.query<{ id: string }>(
      `SELECT id FROM study WHERE org_id = $1 OR reader_org_id = $1
       UNION ALL SELECT id FROM reading_case WHERE org_id = $1 OR reader_org_id = $1`,
      [orgs.get(slug)],
    );
    return rows.map(({ id }) => id).sort();
  };
  const slugs = ["lakeside", "faraway", "harbor", "idle", "nightshift", "daybreak"];
  const own = new Map<string, string[]>();
  for (const slug of slugs) own.set(slug, await of(slug));
  assert.ok(own.get("lakeside")!.length > 0 && own.get("faraway")!.length > 0);

  await closeDatabase();
  pool("overread_app").options.max = connections;
  let waited = 0;
  const ask = async (at: number): Promise<void> => {
    const slug = slugs[at % slugs.length]!;
    const actor = systemActor(orgs.get(slug)!, "test");
    const fails = at % 7 === 0;
    const stop = new Error("in the middle");
    let seen: string[] = [];
    const rowsOf = (rows: { id: string }[]): void => {
      seen = [...seen, ...rows.map(({ id }) => id)];
    };
    const asked =
      at % 2 === 0
        ? withTenant(actor, async ({ tx }) => {
            rowsOf(await tx.study.findMany({ select: { id: true } }));
            if (fails) throw stop;
            rowsOf(await tx.readingCase.findMany({ select: { id: true } }));
          })
        : withTenantSql(actor, async ({ tx }) => {
            rowsOf(await tx.$queryRaw<{ id: string }[]>`SELECT id FROM study`);
            // An error of the database itself leaves the transaction aborted.
            if (fails) await tx.$queryRaw`SELECT 1 / 0`;
            rowsOf(await tx.$queryRaw<{ id: string }[]>`SELECT id FROM reading_case`);
          });
    waited = Math.max(waited, pool("overread_app").waitingCount);
    if (fails) {
      await assert.rejects(asked);
      for (const id of seen) assert.ok(own.get(slug)!.includes(id), `${slug} saw ${id}`);
    } else {
      await asked;
      assert.deepEqual(seen.sort(), own.get(slug), slug);
    }
  };
  await Promise.all(Array.from({ length: requests }, (_, at) => ask(at)));
  assert.ok(waited > 0, "requests had to share connections");
  assert.ok(pool("overread_app").totalCount <= connections);
  // What is left on the connections is nobody's.
  const left = await Promise.all(
    Array.from({ length: connections }, () => pool("overread_app").query("SELECT id FROM study")),
  );
  for (const { rowCount } of left) assert.equal(rowCount, 0);
});
