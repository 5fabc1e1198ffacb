import { randomUUID } from "node:crypto";
import type { Actor, Ctx } from "#server/domain/context.ts";
import { prisma } from "./clients.ts";

/**
 * The only way to a tenant's rows: opens a transaction in which the database shows the actor's
 * organisation and nothing else (row-level security on `app.org_id`), and runs `fn` in it.
 * Anything thrown rolls back; a verb does no network I/O while it is open.
 *
 * @param requestId ties audit events and log lines of one request together.
 */
export async function withTenant<A extends Actor, T>(
  actor: A,
  fn: (ctx: Ctx<A>) => Promise<T>,
  { requestId = randomUUID(), timeoutMs = 10_000 }: { requestId?: string; timeoutMs?: number } = {},
): Promise<T> {
  return prisma("overread_app").$transaction(
    async (tx) => {
      const [row] = await tx.$queryRaw<
        [{ now: Date }]
      >`SELECT set_config('app.org_id', ${actor.orgId}, true), now() AS now`;
      return fn({ actor, tx, now: row.now, requestId });
    },
    { timeout: timeoutMs, maxWait: 10_000 },
  );
}
