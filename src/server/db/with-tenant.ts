import { randomUUID } from "node:crypto";
import type { Actor, Ctx } from "#server/context.ts";
import { runWithDeferred } from "./at-commit.ts";
import { retryRolledBack } from "./busy.ts";
import { prisma } from "./clients.ts";
import { beginReads, type ReadPlaceRow } from "./read-stream.ts";

/**
 * The only way to a tenant's rows: opens a transaction in which row-level security shows the actor's organisation
 * (`app.org_id`) and what is lent to the person (`app.user_id`), nothing else, and runs `fn` in it. Anything thrown rolls back. A verb does no network I/O, so a
 * transaction that was rolled back in favour of another (deadlock, serialisation failure) is run again, up to a limit.
 *
 * @param idempotent for what only reads: also retried when the database was busy.
 * @param requestId correlates audit events and log lines of one request.
 */
export async function withTenant<A extends Actor, T>(
  actor: A,
  fn: (ctx: Ctx<A>) => Promise<T>,
  {
    requestId = randomUUID(),
    timeoutMs = 10_000,
    idempotent = false,
  }: { requestId?: string; timeoutMs?: number; idempotent?: boolean } = {},
): Promise<T> {
  const once = () =>
    prisma("overread_app").$transaction(
      async (tx) => {
        // Prisma enforces its timeout between statements only; one that waits for a lock is ended by the database.
        const [row] = await tx.$queryRaw<[ReadPlaceRow]>`
          SELECT set_config('app.org_id', ${actor.orgId}, true), set_config('app.user_id', ${actor.kind === "user" ? actor.userId : ""}, true), set_config('statement_timeout', ${String(timeoutMs)}, true), now() AS now,
            current_setting('audit.stream', true) AS stream, current_setting('audit.stream_n', true) AS "streamN"`;
        beginReads(tx)(row);
        return runWithDeferred(tx, () => fn({ actor, tx, now: row.now, requestId }));
      },
      { timeout: timeoutMs, maxWait: 10_000 },
    );
  return retryRolledBack(once, { idempotent });
}
