import type { Tx } from "#server/context.ts";
import { runWithDeferred } from "./at-commit.ts";
import { retryRolledBack } from "./busy.ts";
import { prisma } from "./clients.ts";

/**
 * Work across tenants: operator commands, the outbox relay, sweeps. Uses its own role and connection; the caller audits
 * what it does to a tenant.
 */
export async function withMaintenance<T>(fn: (tx: Tx) => Promise<T>, { timeoutMs = 30_000 } = {}): Promise<T> {
  return retryRolledBack(() =>
    prisma("overread_maintenance").$transaction((tx) => runWithDeferred(tx, () => fn(tx)), {
      timeout: timeoutMs,
      maxWait: 10_000,
    }),
  );
}
