import { mkdirSync } from "node:fs";
import path from "node:path";
import { useTestDatabase as ownDatabase } from "#tests/database.ts";
import { startTestServices } from "../lib/test-services.mjs";

type Database = Awaited<ReturnType<typeof ownDatabase>>;
export type Ground = { db: Database; redisUrl: string; env: NodeJS.ProcessEnv };

/**
 * A Postgres and a Redis for the benchmark, with the product's durability and an empty database; this process's
 * settings, and `env` for child processes, refer to them. Everything is deleted at the end.
 */
export async function onOwnGround(run: (ground: Ground) => Promise<void>): Promise<void> {
  const services = await startTestServices({ durable: true });
  try {
    Object.assign(process.env, services.env, {
      NODE_ENV: "production",
      REDIS_URL: services.env.OVERREAD_TEST_REDIS_URL,
      OVERREAD_DATA_DIR: path.join(services.workDir, "data"),
      OVERREAD_LOG_LEVEL: "error",
    });
    mkdirSync(path.join(services.workDir, "data"), { recursive: true });
    const db = await ownDatabase();
    try {
      await run({ db, redisUrl: services.env.OVERREAD_TEST_REDIS_URL as string, env: { ...process.env } });
    } finally {
      await db.drop();
    }
  } finally {
    await services.dispose();
  }
}

export const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/** The load by other work, printed beside every figure, since absolute figures mean little under load. */
export { loadavg } from "node:os";
