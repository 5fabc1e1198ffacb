import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ingestPart10 } from "#server/archive/index.ts";
import type { TokenActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { confirmInstances } from "#server/domain/imaging/index.ts";
import { facilityId, orgId } from "../actors.ts";
import { type TestArchive, useTestArchive } from "../archive.ts";
import { tinyInstance } from "../factories/tiny-instance.ts";

let archive: TestArchive;
let main: TokenActor;
let north: TokenActor;
before(async () => {
  archive = await useTestArchive();
  const org = await orgId("lakeside");
  const edgeOf = async (slug: string): Promise<TokenActor> => ({
    kind: "token",
    tokenId: crypto.randomUUID(),
    orgId: org,
    orgSlug: "lakeside",
    scopes: ["dicomweb:read", "dicomweb:write"],
    name: slug,
    edgeId: crypto.randomUUID(),
    facilityId: await facilityId(slug),
  });
  [main, north] = await Promise.all([edgeOf("lakeside-main"), edgeOf("lakeside-north")]);
});
after(() => archive.close());

test("the edge of one facility adds nothing to another's study, and learns of none of its images", async () => {
  const first = tinyInstance();
  const taken = await ingestPart10(main, first.part10, { source: "stow" });
  assert.equal(taken.outcome, "stored");
  const count = async () => (await archive.owner.query("SELECT count(*)::int AS n FROM instance")).rows[0].n as number;
  const before = await count();

  // Further images, the same ones, and the same UID with other bytes.
  const further = tinyInstance({ study: first.study });
  const other = tinyInstance({ study: first.study, instance: first.instance });
  for (const { part10 } of [further, first, other]) {
    const result = await ingestPart10(north, part10, { source: "stow" });
    assert.deepEqual([result.outcome, "code" in result && result.code], ["refused", "study.not-found"]);
  }
  assert.equal(await count(), before);

  assert.ok(taken.outcome === "stored");
  const digest = { sopInstanceUid: first.instance, dataSetSha256: taken.dataSetSha256 };
  const ask = (actor: TokenActor) => withTenant(actor, (ctx) => confirmInstances(ctx, [digest]));
  assert.deepEqual(await ask(north), { held: [], missing: [digest] });
  assert.deepEqual(await ask(main), { held: [digest], missing: [] });

  assert.equal((await ingestPart10(main, further.part10, { source: "stow" })).outcome, "stored");
  assert.equal((await ingestPart10(north, tinyInstance().part10, { source: "stow" })).outcome, "stored");
});
