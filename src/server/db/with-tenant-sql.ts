import { randomUUID } from "node:crypto";
import type { Duplex } from "node:stream";
import { DomainError } from "@overread/shared/errors";
import type pg from "pg";
import type { Actor, SqlCtx, SqlTx } from "#server/context.ts";
import { collectDeferred } from "./at-commit.ts";
import { pool } from "./clients.ts";
import { Prisma } from "./generated/client.ts";
import { beginReads, type ReadPlaceRow, readPlaceColumns } from "./read-stream.ts";

/** How a transaction is opened. */
export type SqlOptions = {
  requestId?: string;
  timeoutMs?: number;
  /**
   * The verb's first statements are sent with the opening: `ctx.now` is unknown before one of them has been answered.
   */
  pipelineOpening?: boolean;
  /**
   * The same, and nothing is written, audit events included: the answer does not wait for the end of the transaction.
   */
  readOnly?: boolean;
};

/**
 * `withTenant` for verbs that use SQL only: the same row-level security, role and transaction, without Prisma.
 * Statements are prepared once per connection and pipelined: statements sent at once run in the order sent, and after
 * an error none of the rest. Audit events are sent with the commit. For time-critical paths such as ingest.
 *
 * @throws {DomainError} `storage.unavailable` when the database cannot be reached or disconnects; whether it committed
 * is then unknown.
 */
export async function withTenantSql<A extends Actor, T>(
  actor: A,
  fn: (ctx: SqlCtx<A>) => Promise<T>,
  { requestId = randomUUID(), timeoutMs = 10_000, pipelineOpening = false, readOnly = false }: SqlOptions = {},
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
  const release = (): void => {
    client.off("error", onLost);
    client.release(lost);
  };
  const tx = new PipelinedTx(client);
  let behind = false;
  try {
    const { opened, now } = open(client, tx, { actor, timeoutMs, readOnly });
    if (!pipelineOpening && !readOnly) await opened;
    const ctx = {
      actor,
      tx,
      requestId,
      get now() {
        return now();
      },
    };
    const { result, ends } = await collectDeferred(tx, () => fn(ctx));
    await opened;
    const committed = commit(client, tx, ends);
    if (readOnly) {
      behind = true;
      void committed.catch(onLost).finally(release);
    } else await committed;
    return result;
  } catch (error) {
    if (!tx.over) {
      // After whatever the verb has sent without waiting; statements of unfinished work are refused from here on.
      tx.over = true;
      await client.query("ROLLBACK").catch(onLost);
    }
    throw lost ? new DomainError("storage.unavailable", { cause: error }) : error;
  } finally {
    if (!behind) release();
  }
}

type Opening = { actor: Actor; timeoutMs: number; readOnly: boolean };

/**
 * Sends one message: BEGIN, the tenant, and the statement timeout. If it fails, the following statements see no
 * tenant's rows and write none.
 */
function open(client: pg.PoolClient, tx: PipelinedTx, { actor, timeoutMs, readOnly }: Opening) {
  const setPlace = beginReads(tx);
  let now: Date | undefined;
  together(client);
  const opened = client
    .query(
      `BEGIN${readOnly ? " READ ONLY" : ""}; SELECT set_config('app.org_id', ${client.escapeLiteral(actor.orgId)}, true),
       set_config('app.user_id', ${client.escapeLiteral(actor.kind === "user" ? actor.userId : "")}, true),
       set_config('transaction_timeout', '${Math.ceil(timeoutMs)}', true), ${readPlaceColumns}`,
    )
    .then((results) => {
      const [, { rows }] = results as unknown as [pg.QueryResult, pg.QueryResult<ReadPlaceRow>];
      const row = rows[0] as ReadPlaceRow;
      now = row.now;
      setPlace(row);
    });
  // Awaited at the end; until then the statements behind it fail because of it.
  opened.catch(() => {});
  return {
    opened,
    now: (): Date => {
      if (!now) throw new DomainError("internal");
      return now;
    },
  };
}

/** Sends the deferred statements, and the commit right behind them. */
async function commit(client: pg.PoolClient, tx: PipelinedTx, ends: (() => Promise<void>)[]): Promise<void> {
  together(client);
  const sent: Promise<void>[] = [];
  for (const run of ends) {
    const before = tx.sent;
    const running = run();
    sent.push(running);
    // A statement that has to wait first must still precede the commit.
    if (tx.sent === before) await running;
  }
  tx.over = true;
  const committed = client.query("COMMIT");
  const [last, ...outcomes] = await Promise.allSettled([committed, ...sent]);
  for (const outcome of [...outcomes, last]) if (outcome.status === "rejected") throw outcome.reason;
  // The server answers ROLLBACK where a statement had failed that nobody awaited.
  if (last.status === "fulfilled" && last.value.command !== "COMMIT") throw new DomainError("internal");
}

/** Everything sent in this turn of the event loop goes out as one packet. */
function together(client: pg.PoolClient): void {
  const { stream } = (client as unknown as { connection: { stream: Duplex } }).connection;
  stream.cork();
  process.nextTick(() => stream.uncork());
}

/** Hand-written SQL on one connection; each statement is sent when it is called. */
class PipelinedTx implements SqlTx {
  readonly #client: pg.PoolClient;
  /** Statements so far. */
  sent = 0;
  /** Commit or rollback has been sent: a later statement would belong to no transaction. */
  over = false;

  constructor(client: pg.PoolClient) {
    this.#client = client;
  }

  async $queryRaw<T>(parts: TemplateStringsArray, ...values: unknown[]): Promise<T> {
    const statement = statementOf(parts, values);
    return (await this.#run(statement.text, statement.values, statement.name)).rows as T;
  }

  async $executeRaw(parts: TemplateStringsArray, ...values: unknown[]): Promise<number> {
    const statement = statementOf(parts, values);
    return (await this.#run(statement.text, statement.values, statement.name)).rowCount ?? 0;
  }

  async $queryRawUnsafe<T>(text: string, ...values: unknown[]): Promise<T> {
    return (await this.#run(text, values)).rows as T;
  }

  async $executeRawUnsafe(text: string, ...values: unknown[]): Promise<number> {
    return (await this.#run(text, values)).rowCount ?? 0;
  }

  #run(text: string, values: unknown[], name?: string): Promise<pg.QueryResult> {
    if (this.over) return Promise.reject(new DomainError("internal"));
    this.sent++;
    together(this.#client);
    return this.#client.query({ ...(name ? { name } : {}), text, values });
  }
}

/** Statements written as templates: each is one place in the code, so they are few and constant. */
const statements = new WeakMap<TemplateStringsArray, { name: string; text: string }>();
/** Names of those that have fragments in them, by their text. A list of values as a fragment has a text for each length. */
const composed = new Map<string, string>();
/** Further ones are not prepared: a connection keeps each statement for as long as it lives. */
const composedLimit = 100;
let counted = 0;
const nextName = (): string => `overread-${++counted}`;

/**
 * The text of a statement written as a template, and the name under which a connection keeps it prepared. Fragments (`Prisma.sql`) among
 * the values become part of the text, as Prisma itself takes them.
 */
export function statementOf(
  parts: TemplateStringsArray,
  values: unknown[],
): { name?: string; text: string; values: unknown[] } {
  if (values.some((value) => value instanceof Prisma.Sql)) {
    const whole = Prisma.sql(parts, ...values);
    if (composed.size < composedLimit && !composed.has(whole.text)) composed.set(whole.text, nextName());
    const name = composed.get(whole.text);
    return { ...(name ? { name } : {}), text: whole.text, values: whole.values };
  }
  let known = statements.get(parts);
  if (!known) {
    const text = parts.reduce((before, part, index) => `${before}$${index}${part}`);
    known = { name: nextName(), text };
    statements.set(parts, known);
  }
  return { ...known, values };
}
