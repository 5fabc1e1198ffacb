// Breaks of one kind; see scripts/mutate.mjs. `red` is the test that has to notice.
export const types = [
  {
    what: "a query answers a column under another name than the code reads",
    file: "src/server/domain/reporting/start-draft-anew.ts",
    from: 'RETURNING version, updated_at AS "updatedAt"',
    to: 'RETURNING version, updated_at AS "savedAt"',
    test: "tests/integration/sql-types.test.ts",
    red: "what hand-written SQL answers is what its type says",
  },
  {
    what: "a query answers text where the code believes a number",
    file: "src/server/domain/reporting/list-referrals.ts",
    from: "FILTER (WHERE unread)::int AS unread",
    to: "FILTER (WHERE unread) AS unread",
    test: "tests/integration/sql-types.test.ts",
    red: "what hand-written SQL answers is what its type says",
  },
  {
    what: "a column that the schema names is in no migration",
    file: "prisma/schema/reading.prisma",
    from: '@map("claimed_until")',
    to: '@map("claimed_till")',
    test: "tests/integration/schema-and-migrations.test.ts",
    red: "the migrations make the very tables that the schema files describe",
  },
];
