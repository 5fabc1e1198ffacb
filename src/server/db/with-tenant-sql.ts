import { randomUUID } from "node:crypto";
import { DomainError } from "@overread/shared/errors";
import type pg from "pg";
import type { Actor, SqlCtx, SqlTx } from "#server/context.ts";
import { withEnd } from "./at-commit.ts";
import { pool } from "./clients.ts";
import { beginReads, type ReadPlaceRow } from "./read-stream.ts";

type Opened = ReadPlaceRow & { now: Date };

/**
 * `withTenant` for verbs that are SQL from end to end: the same wall, role and transaction, without the ORM between.
 * Statements are prepared once per connection. For the few paths where every millisecond of processor time counts,
 * such as taking in images.
 *
 * @throws {DomainError} `storage.unavailable` when the database cannot be reached or goes away; whether it committed
 *   is then unknown.
 */
export async function withTenantSql<A extends Actor, T>(
  actor: A,
  fn: (ctx: SqlCtx<A>) => Promise<T>,
  { requestId = randomUUID(), timeoutMs = 10_000 }: { requestId?: string; timeoutMs?: number } = {},
): Promise<T> {
  const client = await pool("overread_app")
    .connect()
    .catch((cause: unknown) => {
      throw new DomainError("storage.unavailable", { cause });
    });
  let lost: Error | undefined;
  const onLost = (error: Error): void => {
    lost = error;
  };
  client.on("error", onLost);
  try {
    // One message: a transaction, its tenant, and the longest it may take.
    const [, { rows }] = (await client.query(
      `BEGIN; SELECT set_config('app.org_id', ${client.escapeLiteral(actor.orgId)}, true),
       set_config('transaction_timeout', '${Math.ceil(timeoutMs)}', true), now() AS now,
       current_setting('audit.stream', true) AS stream, current_setting('audit.stream_n', true) AS "streamN"`,
    )) as unknown as [pg.QueryResult, pg.QueryResult<Opened>];
    const opened = rows[0] as Opened;
    const tx = sqlTx(client);
    beginReads(tx, opened);
    const result = await withEnd(tx, () => fn({ actor, tx, now: opened.now, requestId }));
    await client.query("COMMIT");
    return result;
  } catch (error) {
    await client.query("ROLLBACK").catch(onLost);
    throw lost ? new DomainError("storage.unavailable", { cause: error }) : error;
  } finally {
    client.off("error", onLost);
    client.release(lost);
  }
}

function sqlTx(client: pg.PoolClient): SqlTx {
  const run = (text: string, values: unknown[], name?: string) =>
    client.query({ ...(name ? { name } : {}), text, values });
  return {
    $queryRaw: async <T>(parts: TemplateStringsArray, ...values: unknown[]) => {
      const { name, text } = statementOf(parts);
      return (await run(text, values, name)).rows as T;
    },
    $executeRaw: async (parts, ...values) => {
      const { name, text } = statementOf(parts);
      return (await run(text, values, name)).rowCount ?? 0;
    },
    $queryRawUnsafe: async <T>(text: string, ...values: unknown[]) => (await run(text, values)).rows as T,
    $executeRawUnsafe: async (text, ...values) => (await run(text, values)).rowCount ?? 0,
  };
}

/** Statements written as templates: each is one place in the code, so they are few and stay the same. */
const statements = new WeakMap<TemplateStringsArray, { name: string; text: string }>();
let counted = 0;

function statementOf(parts: TemplateStringsArray): { name: string; text: string } {
  let known = statements.get(parts);
  if (!known) {
    const text = parts.reduce((before, part, index) => `${before}$${index}${part}`);
    known = { name: `overread-${++counted}`, text };
    statements.set(parts, known);
  }
  return known;
}
