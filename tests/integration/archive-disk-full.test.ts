import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ingestPart10 } from "#server/archive/index.ts";
import { findToken } from "#server/auth/api-token.ts";
import type { TokenActor } from "#server/context.ts";
import { type TestArchive, useTestArchive } from "../archive.ts";
import { tinyInstance } from "../factories/tiny-instance.ts";

let archive: TestArchive;
before(async () => {
  // More than any disk has: to the archive this disk is full.
  archive = await useTestArchive({ reserveBytes: 2 ** 52 });
});
after(() => archive.close());

test("a full archive refuses before it reads, says when to come back, and keeps nothing by halves", async () => {
  const { part10 } = tinyInstance();
  const response = await archive.request("/studies", {
    method: "POST",
    headers: { "content-type": "application/dicom" },
    body: new Uint8Array(part10),
  });
  assert.equal(response.status, 507);
  assert.ok(Number(response.headers.get("retry-after")) > 0);
  assert.equal(((await response.json()) as { error: { code: string } }).error.code, "storage.full");
  for (const table of ["study", "series", "instance", "patient", "reading_case"])
    assert.equal((await archive.owner.query(`SELECT 1 FROM ${table}`)).rowCount, 0, table);
});

test("other doors get the same answer by its code", async () => {
  const sender = (await findToken(archive.tokens.lakeside)) as TokenActor;
  const result = await ingestPart10(sender, tinyInstance().part10, { source: "import" });
  assert.equal(result.outcome, "refused");
  assert.equal(result.outcome === "refused" && result.code, "storage.full");
});

test("searching goes on while the disk is full", async () => {
  assert.equal((await archive.request("/studies")).status, 204);
});
