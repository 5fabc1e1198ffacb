import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { schemaDiffSql } from "#server/db/migrate.ts";
import { useTestDatabase } from "../database.ts";

let db: Awaited<ReturnType<typeof useTestDatabase>>;
before(async () => {
  db = await useTestDatabase();
});
after(() => db.drop());

/** Indexes that Prisma's schema cannot say (a GIN over an expression) or cannot read back (an operator class). */
const beyondPrisma = ["study_text", "study_org_id_patient_name_search_idx"];

test("the migrations make the very tables that the schema files describe", async () => {
  const statements = (await schemaDiffSql(db.ownerUrl))
    .split(";")
    .map((statement) => statement.replace(/^\s*--.*$/gm, "").trim())
    .filter((statement) => statement !== "" && !beyondPrisma.some((name) => statement.includes(`INDEX "${name}"`)));
  assert.deepEqual(statements, []);

  await db.owner.query("ALTER TABLE study ADD COLUMN forgotten text");
  assert.match(await schemaDiffSql(db.ownerUrl), /DROP COLUMN "forgotten"/, "and a difference is seen");
});
