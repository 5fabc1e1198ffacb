import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";
import pg from "pg";
import { useTestDatabase } from "../database.ts";
import { type Statement, sqlStatements } from "../support/sql-statements.ts";

/**
 * Hand-written SQL is text with a type that the code merely believes. Here Postgres is asked of each statement which columns it
 * answers with and of which types, without running it, and the type is held against that. Whether a column may be null Postgres does
 * not tell, and is not looked at.
 */
let db: Awaited<ReturnType<typeof useTestDatabase>>;
let client: pg.Client;
const types = new Map<number, { name: string; kind: string; element: number }>();
before(async () => {
  db = await useTestDatabase();
  client = new pg.Client({ connectionString: db.ownerUrl });
  await client.connect();
  const { rows } = await client.query(
    "SELECT oid::int, typname AS name, typtype AS kind, typelem::int AS element FROM pg_type",
  );
  for (const { oid, ...type } of rows) types.set(oid, type);
});
after(async () => {
  await client.end();
  await db.drop();
});

type Column = { name: string; dataTypeID: number };
type Described = { columns: Column[] } | { error: string };

/** Parse and Describe of the extended protocol (PostgreSQL, 54.2.3): the columns of a statement that is not run. */
class Description implements pg.Submittable {
  readonly answer: Promise<Described>;
  readonly #text: string;
  #described: Described = { columns: [] };
  #resolve: (answer: Described) => void = () => undefined;
  constructor(text: string) {
    this.#text = text;
    this.answer = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }
  // biome-ignore lint/suspicious/noExplicitAny: the driver's types know no messages of the protocol
  submit(connection: any): void {
    connection.parse({ text: this.#text, name: "", types: [] });
    connection.describe({ type: "S", name: "" });
    connection.sync();
  }
  handleRowDescription({ fields }: { fields: Column[] }): void {
    this.#described = { columns: fields };
  }
  handleError({ message }: Error): void {
    this.#resolve({ error: message });
  }
  handleReadyForQuery(): void {
    this.#resolve(this.#described);
  }
}
const describe = (text: string): Promise<Described> => client.query(new Description(text)).answer;

const scalars: Record<string, Record<Statement["driver"], string>> = {
  int2: { prisma: "number", pg: "number" },
  int4: { prisma: "number", pg: "number" },
  float4: { prisma: "number", pg: "number" },
  float8: { prisma: "number", pg: "number" },
  int8: { prisma: "bigint", pg: "string" },
  numeric: { prisma: "Decimal", pg: "string" },
  bool: { prisma: "boolean", pg: "boolean" },
  date: { prisma: "Date", pg: "Date" },
  timestamp: { prisma: "Date", pg: "Date" },
  timestamptz: { prisma: "Date", pg: "Date" },
  bytea: { prisma: "Uint8Array", pg: "Uint8Array" },
  json: { prisma: "json", pg: "json" },
  jsonb: { prisma: "json", pg: "json" },
};

function decoded(oid: number, driver: Statement["driver"]): string {
  const type = types.get(oid);
  if (!type) return `type ${oid}`;
  if (type.name.startsWith("_")) return `${decoded(type.element, driver)}[]`;
  return scalars[type.name]?.[driver] ?? "string";
}

function faults({ where, row, driver }: Statement, described: Described): string[] {
  if ("error" in described) return [`${where}: ${described.error}`];
  const columns = new Map(described.columns.map(({ name, dataTypeID }) => [name, decoded(dataTypeID, driver)]));
  const wrong: string[] = [];
  for (const [name, { text, kinds }] of row) {
    const kind = columns.get(name);
    if (kind === undefined) wrong.push(`${where}: ${name} is not among the columns`);
    else if (!fits(kind, kinds)) wrong.push(`${where}: ${name} is ${kind} in the database and ${text} in the code`);
  }
  // Called for what it does.
  columns.delete("set_config");
  for (const name of columns.keys()) if (!row.has(name)) wrong.push(`${where}: the column ${name} is used by nobody`);
  return wrong;
}

/** Columns, tables or rows that depend on what is asked; integration tests run each of their forms. */
const composedWhileRunning = [
  "src/server/backup/backup.ts",
  "src/server/domain/assignment/rules/recorded-events.ts",
  "src/server/domain/imaging/search.ts",
  "src/server/domain/reading/case-views.ts",
  "src/server/domain/reading/list-cases.ts",
  "src/server/domain/reading/move-case.ts",
  "src/server/domain/worklists/match-watches.ts",
];

/** JSON is whatever was put in; a fault in that is a fault of what wrote it. */
const fits = (kind: string, kinds: Set<string>): boolean => kind === "json" || kinds.size === 0 || kinds.has(kind);

test("what hand-written SQL answers is what its type says", { timeout: 300_000 }, async () => {
  const { statements, untold } = sqlStatements(path.resolve(import.meta.dirname, "../.."));
  assert.ok(statements.length > 80, `only ${statements.length} statements were found`);
  const wrong: string[] = [];
  for (const statement of statements)
    for (const text of statement.texts) wrong.push(...faults(statement, await describe(text)));
  assert.deepEqual([...new Set(wrong)], []);
  const composed = [...new Set(untold.map((where) => where.replace(/:\d+$/, "")))].sort();
  assert.deepEqual(composed, composedWhileRunning, "no further statement is put together where nobody can look at it");
});
