import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, readFileSync, truncateSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import pg from "pg";
import { freePort } from "./ports.mjs";
import { startPostgres } from "./postgres.mjs";

test("a cluster whose password was not on the disk when the power went starts again, with its data", async () => {
  const dataDir = mkdtempSync(path.join(os.tmpdir(), "overread-pg-"));
  const start = async () => startPostgres({ dataDir, port: await freePort() });
  const query = async ({ url }, sql) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  };
  let server = await start();
  try {
    await query(server, "CREATE TABLE kept AS SELECT 7 AS n");
    await server.stop();
    // What ext4 leaves of a file that was written and not synced.
    for (const name of ["owner-password", "cluster-user"]) truncateSync(path.join(dataDir, name), 0);
    server = await start();
    assert.deepEqual(await query(server, "SELECT n FROM kept"), [{ n: 7 }]);
    const open = await query(
      server,
      "SELECT count(*)::int AS n FROM pg_stat_activity WHERE backend_type = 'client backend'",
    );
    assert.deepEqual(open, [{ n: 1 }], "no connection of the wait is left");
  } finally {
    await server.dispose();
  }
});

test("the database's own log keeps no value of a row that it refused", async () => {
  const dataDir = mkdtempSync(path.join(os.tmpdir(), "overread-pg-"));
  const file = path.join(dataDir, "server.log");
  const log = openSync(file, "a");
  const server = await startPostgres({ dataDir, port: await freePort(), log });
  const client = new pg.Client({ connectionString: server.url });
  try {
    await client.connect();
    await client.query("CREATE TABLE patient (name text PRIMARY KEY); INSERT INTO patient VALUES ('Canary^Carla')");
    await assert.rejects(client.query("INSERT INTO patient VALUES ('Canary^Carla')"), /duplicate key/);
    await assert.rejects(client.query("SELECT 'Canary^Carla'::uuid"), /invalid input syntax/);
    const text = readFileSync(file, "utf8");
    assert.match(text, /ready to accept connections/, "it is the log that is looked at");
    assert.doesNotMatch(text, /Canary/);
  } finally {
    await client.end();
    await server.dispose();
    closeSync(log);
  }
});
