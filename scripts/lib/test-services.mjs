import { mkdtempSync, openSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { freePort } from "./ports.mjs";
import { startPostgres } from "./postgres.mjs";
import { startRedis } from "./redis.mjs";

/**
 * A Postgres and a Redis for one run of tests, scores or benchmarks, on free ports and in a temporary folder.
 *
 * @param {{ durable?: boolean }} options not durable by default; a benchmark needs the product's durability.
 * @returns {Promise<{ workDir: string, env: Record<string, string>, dispose(): Promise<void> }>} `env` is for the
 * processes that test.
 */
export async function startTestServices({ durable = false } = {}) {
  const workDir = mkdtempSync(path.join(os.tmpdir(), "overread-test-"));
  const postgres = await startPostgres({
    dataDir: path.join(workDir, "postgres"),
    port: await freePort(),
    log: openSync(path.join(workDir, "postgres.log"), "a"),
    flags: durable ? [] : ["fsync=off", "synchronous_commit=off", "full_page_writes=off"],
  });
  const redis = await startRedis({
    dataDir: path.join(workDir, "redis"),
    port: await freePort(),
    password: "test",
    durable,
  });
  return {
    workDir,
    env: {
      ...process.env,
      NODE_ENV: "test",
      OVERREAD_TEST_DATABASE_URL: postgres.url,
      OVERREAD_TEST_REDIS_URL: redis.url,
      NODE_OPTIONS: "--disable-warning=ExperimentalWarning",
      // Every file is a process, and many start others: each module is compiled once for all of them.
      NODE_COMPILE_CACHE: path.join(workDir, "compiled"),
    },
    async dispose() {
      await redis.stop();
      await postgres.dispose();
      rmSync(workDir, { recursive: true, force: true });
    },
  };
}
