import { request } from "node:http";
import { createClient } from "redis";
import { waitingReads } from "#server/audit/index.ts";
import { config } from "#server/config.ts";
import { pool } from "#server/db/clients.ts";
import { workerHeartbeatKey } from "#server/jobs/worker-heartbeat.ts";
import { objectStore } from "#server/storage/open-store.ts";

export type Readiness = { ok: boolean; dependencies: Record<Dependency, { ok: boolean }> };
type Dependency = "audit" | "database" | "redis" | "storage" | "web" | "worker";

const checkTimeoutMs = 2_000;
/** Reads are chained within a second; an older waiting one means that no writer is running. */
const auditLateSeconds = 60;
/** Probes may come often and from several sides; the last result is reused for this long. */
const believedMs = 500;

/** Whether all dependencies answer. Booleans only, so that no authentication is needed. */
export class Health {
  readonly #redis = createClient({
    url: config().redis.url,
    disableOfflineQueue: true,
    socket: { reconnectStrategy: (retries) => Math.min(100 * 2 ** retries, 1000), connectTimeout: checkTimeoutMs },
  });
  #last: { at: number; answer: Promise<Readiness> } | undefined;

  constructor() {
    this.#redis.on("error", () => {});
  }

  /** Connects now or whenever Redis is available. */
  start(): void {
    void this.#redis.connect().catch(() => {});
  }

  ready(): Promise<Readiness> {
    if (!this.#last || Date.now() - this.#last.at > believedMs) this.#last = { at: Date.now(), answer: this.#ask() };
    return this.#last.answer;
  }

  close(): void {
    this.#redis.destroy();
  }

  async #ask(): Promise<Readiness> {
    const checks: Record<Dependency, () => Promise<boolean>> = {
      audit: async () => (await waitingReads()).oldestSeconds < auditLateSeconds,
      database: async () => (await pool("overread_app").query("SELECT 1")).rowCount === 1,
      redis: async () => (await this.#redis.ping()) === "PONG",
      storage: () =>
        objectStore()
          .ensureRoom(1)
          .then(() => true),
      web: () => webAnswers(config().http.webPort),
      worker: async () => (await this.#redis.exists(workerHeartbeatKey)) === 1,
    };
    const names = Object.keys(checks) as Dependency[];
    const found = await Promise.all(names.map((name) => within(checkTimeoutMs, checks[name])));
    const dependencies = Object.fromEntries(
      names.map((name, i) => [name, { ok: found[i]! }]),
    ) as Readiness["dependencies"];
    return { ok: found.every(Boolean), dependencies };
  }
}

async function within(timeoutMs: number, check: () => Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, false);
  });
  try {
    return await Promise.race([check().catch(() => false), late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

/** Any answer will do; next-auth's CSRF route needs neither database nor page. */
function webAnswers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const req = request(
      { host: "127.0.0.1", port, path: "/api/auth/csrf", timeout: checkTimeoutMs, headers: { host: "localhost" } },
      (res) => {
        res.resume();
        resolve((res.statusCode ?? 500) < 500);
      },
    );
    req.once("timeout", () => req.destroy());
    req.once("error", () => resolve(false));
    req.end();
  });
}
