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
      // A connection costs more to make than to keep, and its reads are guarded by those that follow on it (read-stream.ts).
      idleTimeoutMillis: 600_000,
      // Statements go out without waiting for the answer to the one before (with-tenant-sql.ts); who awaits each notices nothing.
      pipeline: role === "overread_app",
      allowExitOnIdle: true,
    });
    // A server that restarts kills idle connections; the pool replaces them, and the process must live on.
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
