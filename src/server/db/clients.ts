import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import { config } from "#server/config.ts";
import { PrismaClient } from "./generated/client.ts";
import type { DbRole } from "./roles.ts";

/** One pool per role and process. Prisma and hand-written SQL share it, so limits hold for both. */
const pools = new Map<DbRole, pg.Pool>();
const poolSize: Record<DbRole, number> = { overread_app: 12, overread_auth: 4, overread_maintenance: 3 };

export function pool(role: DbRole): pg.Pool {
  let existing = pools.get(role);
  if (!existing) {
    existing = new pg.Pool({
      connectionString: config().database.roleUrl(role),
      max: poolSize[role],
      connectionTimeoutMillis: 10_000,
      // A connection is expensive to open, and the numbering of its reads continues while it lives (read-stream.ts).
      idleTimeoutMillis: 600_000,
      // Pipelines statements (with-tenant-sql.ts); code that awaits each one is unaffected.
      pipeline: role === "overread_app",
      allowExitOnIdle: true,
    });
    // A server restart closes idle connections; the pool replaces them, and the process must not crash.
    existing.on("error", () => {});
    pools.set(role, existing);
  }
  return existing;
}

const clients = new Map<DbRole, PrismaClient>();
export function prisma(role: DbRole): PrismaClient {
  let existing = clients.get(role);
  if (!existing) {
    existing = new PrismaClient({ adapter: new PrismaPg(pool(role)) });
    clients.set(role, existing);
  }
  return existing;
}

/** Closes every connection of this process. */
export async function closeDatabase(): Promise<void> {
  await Promise.all([...clients.values()].map((client) => client.$disconnect()));
  await Promise.all([...pools.values()].map((p) => p.end()));
  clients.clear();
  pools.clear();
}
