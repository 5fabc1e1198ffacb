import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createClient } from "redis";
import { freePort } from "../scripts/lib/ports.mjs";
import { patienceMs } from "./support/patience.ts";

export { freePort };

/** Waits for a condition; fails with what was waited for when it does not come. */
export async function eventually<T>(
  condition: () => Promise<T | false | undefined | null> | T | false | undefined | null,
  what: string,
  deadlineMs = patienceMs,
): Promise<T> {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${deadlineMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** A Redis server of this test file's own, which it may stop and start again. Sets REDIS_URL. */
export async function useTestRedis(): Promise<{
  url: string;
  stop(): Promise<void>;
  start(): Promise<void>;
  drop(): Promise<void>;
}> {
  const port = await freePort();
  const dir = mkdtempSync(path.join(tmpdir(), "overread-redis-"));
  const url = `redis://127.0.0.1:${port}`;
  let server: ChildProcess | undefined;
  const start = async () => {
    server = spawn(
      "redis-server",
      ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", dir],
      { stdio: "ignore" },
    );
    await eventually(async () => {
      const client = createClient({ url, socket: { reconnectStrategy: false } });
      client.on("error", () => {});
      try {
        await client.connect();
        return (await client.ping()) === "PONG";
      } catch {
        return false;
      } finally {
        client.destroy();
      }
    }, "redis-server answering");
  };
  const stop = async () => {
    const running = server;
    server = undefined;
    if (!running || running.exitCode !== null) return;
    const ended = new Promise((resolve) => running.once("exit", resolve));
    running.kill("SIGKILL");
    await ended;
  };
  await start();
  process.env.REDIS_URL = url;
  return {
    url,
    start,
    stop,
    async drop() {
      await stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
