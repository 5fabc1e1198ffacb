import pg from "pg";

/** Owner of the product's tables and functions; no superuser. Used by migrations, role set-up and backup only. */
const owner = "overread_schema";

/**
 * Makes sure that the database `name` exists and belongs to an owner that is no superuser. A database from when the
 * superuser owned everything is transferred, with all its objects.
 *
 * @param superUrl login of the cluster's superuser.
 * @param password the owner's password from now on.
 * @returns {Promise<string>} the owner's URL of the database.
 */
export async function ensureDatabase(superUrl, name, password) {
  const identifier = pg.escapeIdentifier(name);
  await withClient(superUrl, async (client) => {
    const role = await client.query("SELECT 1 FROM pg_roles WHERE rolname = $1", [owner]);
    if (role.rowCount === 0)
      await client.query(`CREATE ROLE ${owner} LOGIN NOSUPERUSER NOCREATEDB CREATEROLE NOBYPASSRLS`);
    await client.query(`ALTER ROLE ${owner} PASSWORD ${pg.escapeLiteral(password)}`);
    const database = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [name]);
    if (database.rowCount === 0) await client.query(`CREATE DATABASE ${identifier} OWNER ${owner}`);
  });
  const url = new URL(superUrl);
  url.pathname = `/${name}`;
  await withClient(url.href, (client) => handOver(client, identifier));
  url.username = owner;
  url.password = password;
  return url.href;
}

/** Transfers everything of the product's in this database to the owner. Does nothing where that has been done. */
async function handOver(client, identifier) {
  await client.query("BEGIN");
  await client.query(`ALTER DATABASE ${identifier} OWNER TO ${owner}`);
  await client.query(`ALTER SCHEMA public OWNER TO ${owner}`);
  await client.query(`DO $$
    DECLARE r record;
    BEGIN
      -- Roles made by the superuser: whoever sets their passwords must be allowed to.
      FOR r IN SELECT rolname FROM pg_roles WHERE rolname IN ('overread_app', 'overread_auth', 'overread_maintenance')
               AND NOT pg_has_role('${owner}', oid, 'MEMBER WITH ADMIN OPTION') LOOP
        EXECUTE format('GRANT %I TO ${owner} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE', r.rolname);
      END LOOP;
      FOR r IN SELECT c.oid::regclass AS name, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
               AND c.relowner <> '${owner}'::regrole
               AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('e', 'a', 'i')) LOOP
        EXECUTE format('ALTER %s %s OWNER TO ${owner}', CASE r.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
                       WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END, r.name);
      END LOOP;
      FOR r IN SELECT p.oid::regprocedure AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
               WHERE n.nspname = 'public' AND p.prokind = 'f' AND p.proowner <> '${owner}'::regrole
               AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e') LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO ${owner}', r.name);
      END LOOP;
      FOR r IN SELECT t.oid::regtype AS name FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
               WHERE n.nspname = 'public' AND t.typtype IN ('e', 'd') AND t.typowner <> '${owner}'::regrole
               AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = t.oid AND d.deptype = 'e') LOOP
        EXECUTE format('ALTER TYPE %s OWNER TO ${owner}', r.name);
      END LOOP;
      FOR r IN SELECT polname, polrelid::regclass AS relation FROM pg_policy
               WHERE polname = 'owner' AND NOT ('${owner}'::regrole = ANY (polroles)) LOOP
        EXECUTE format('ALTER POLICY owner ON %s TO ${owner}', r.relation);
      END LOOP;
    END $$`);
  await client.query("COMMIT");
}

async function withClient(connectionString, work) {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
