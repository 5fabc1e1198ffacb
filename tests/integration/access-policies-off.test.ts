import "../support/policies-off/register.ts";
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Tenants } from "../access/tenants.ts";

const { useTenants } = await import("../access/tenants.ts");
const walks = await import("../access/walks.ts");
const { makePolicy } = await import("#server/domain/authorize.ts");
const { imagingScope } = await import("#server/domain/image-access.ts");

/** The walks of access-matrix.test.ts in a process that loaded the product without its policies: the database's wall stands alone. */
let tenants: Tenants;
before(async () => {
  tenants = await useTenants();
});
after(() => tenants.close());

test("without any policy the database alone keeps the tenants apart", async () => {
  const { actor } = tenants.strangers[0]!;
  const nobody = makePolicy<"x">({ x: { people: [] } }, { see: [], notFound: "case.not-found" });
  assert.ok(nobody.can(actor, "x", null), "this process has no table of roles");
  assert.equal(imagingScope(actor, "study.read", tenants.faraway.orgSlug).kind, "all", "nor one for images");

  const before = await walks.digestOfFaraway(tenants);
  await walks.walkProcedures(tenants, "policies off");
  // Without policies a role decides nothing: one caller of each organisation stands for all of its people.
  const people = tenants.strangers.filter(({ role }) => role === "technologist");
  await walks.walkRoutes(tenants, "policies off", people);
  await walks.askForDocuments(tenants);
  await walks.askForQuarantined(tenants);
  assert.deepEqual(await walks.digestOfFaraway(tenants), before);
});
