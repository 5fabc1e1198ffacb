import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { dicomwebRoutes } from "#server/dicomweb/index.ts";
import { appRouter } from "#server/trpc/root.ts";
import { procedures, routes } from "../access/lines.ts";
import { type Tenants, useTenants } from "../access/tenants.ts";
import {
  askForDocuments,
  askForQuarantined,
  assertNoTrace,
  digestOfFaraway,
  walkProcedures,
  walkRoutes,
} from "../access/walks.ts";

/**
 * Every procedure and every DICOMweb route, called by every role of two hospitals and two reading groups with the
 * ids of a third hospital that is none of their business. (Once more without any policy: access-policies-off.test.ts.) A procedure or route without a line in `tests/access/lines.ts` fails.
 */
let tenants: Tenants;
before(async () => {
  tenants = await useTenants();
});
after(() => tenants.close());

test("every procedure and every route has its line in the matrix, and no line is left over", () => {
  assert.deepEqual(Object.keys(appRouter._def.procedures).sort(), Object.keys(procedures).sort());
  assert.deepEqual(dicomwebRoutes.map(({ name }) => name).sort(), Object.keys(routes).sort());
});

test("with another hospital's ids nobody reads or writes anything, through any procedure", async () => {
  const before = await digestOfFaraway(tenants);
  await walkProcedures(tenants, "policies on");
  assert.deepEqual(await digestOfFaraway(tenants), before);
});

test("with another hospital's ids nobody reads or writes anything, through any DICOMweb route", async () => {
  const before = await digestOfFaraway(tenants);
  await walkRoutes(tenants, "policies on", tenants.strangers);
  assert.deepEqual(await digestOfFaraway(tenants), before);
});

test("another hospital's report documents are not there for anybody", () => askForDocuments(tenants));

test("another hospital's images that were set aside are not there for anybody", () => askForQuarantined(tenants));

test("a refused attempt is on record with whoever tried, and nothing of what it reached for", async () => {
  const { rows } = await tenants.owner.query<{ details: { procedure?: string } }>(
    "SELECT details FROM audit_event WHERE action = 'access.refused' AND outcome = 'refused'",
  );
  const refused = new Set(rows.map(({ details }) => details.procedure));
  for (const procedure of ["worklist.claim", "report.sign", "referral.get", "edge.revoke"])
    assert.ok(refused.has(procedure), procedure);
  assertNoTrace(tenants, JSON.stringify(rows), "the trail of the refused");
});
