import type pg from "pg";
import type { SqlTx } from "#server/context.ts";
import { statementOf } from "./with-tenant-sql.ts";

/** Hand-written SQL on a pool: each statement is a transaction of its own, prepared once per connection. */
export function sqlOn(pool: pg.Pool): SqlTx {
  const run = (text: string, values: unknown[], name?: string) =>
    pool.query({ ...(name ? { name } : {}), text, values });
  return {
    $queryRaw: async <T>(parts: TemplateStringsArray, ...values: unknown[]) => {
      const statement = statementOf(parts, values);
      return (await run(statement.text, statement.values, statement.name)).rows as T;
    },
    $executeRaw: async (parts, ...values) => {
      const statement = statementOf(parts, values);
      return (await run(statement.text, statement.values, statement.name)).rowCount ?? 0;
    },
    $queryRawUnsafe: async <T>(text: string, ...values: unknown[]) => (await run(text, values)).rows as T,
    $executeRawUnsafe: async (text, ...values) => (await run(text, values)).rowCount ?? 0,
  };
}
