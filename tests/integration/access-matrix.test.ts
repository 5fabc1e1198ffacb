import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { withTenant } from "#server/db/with-tenant.ts";
import { dicomwebRoutes } from "#server/dicomweb/index.ts";
import { setPolicyEnforcementForTest } from "#server/domain/authorize.ts";
import { openQuarantined } from "#server/domain/imaging/index.ts";
import { openReportPdf } from "#server/domain/reporting/index.ts";
import { toDomainError } from "#server/errors.ts";
import { appRouter } from "#server/trpc/root.ts";
import { answersEmpty, onCallerAlone, procedures, routes } from "../access/lines.ts";
import { addressOf, type Caller, call, canary, isRefusal, type Tenants, useTenants } from "../access/tenants.ts";

/**
 * Every procedure and every DICOMweb route, called by every role of two hospitals and two reading groups with the
 * ids of a third hospital that is none of their business: once as built, once with all policies switched off, so that
 * the database's wall is seen to stand alone. A procedure or route without a line in `tests/access/lines.ts` fails.
 */
let tenants: Tenants;
before(async () => {
  tenants = await useTenants();
});
after(() => tenants.close());

/** Everything the foreign hospital and its group own, as one digest: changes with any row added, changed or removed. */
async function digestOfFaraway(): Promise<Record<string, string>> {
  const { rows: tables } = await tenants.owner.query<{ table_name: string; columns: string[] }>(
    `SELECT table_name, array_agg(column_name::text) AS columns FROM information_schema.columns
     WHERE table_schema = 'public' AND column_name IN ('org_id', 'reader_org_id', 'actor_org_id') GROUP BY table_name`,
  );
  const ids = await tenants.owner.query<{ id: string }>(
    "SELECT id FROM organization WHERE slug IN ('faraway', 'daybreak')",
  );
  const digest: Record<string, string> = {};
  for (const { table_name, columns } of tables) {
    const where = columns.map((column) => `t.${column} = ANY($1)`).join(" OR ");
    const { rows } = await tenants.owner.query(
      `SELECT coalesce(md5(string_agg(t::text, ',' ORDER BY t::text)), '') AS digest FROM ${table_name} t WHERE ${where}`,
      [ids.rows.map(({ id }) => id)],
    );
    digest[table_name] = rows[0].digest;
  }
  return digest;
}

/** Nothing of the foreign tenant's may stand in an answer: no name, no text, no id, no UID that is its alone. */
function assertNoTrace(answer: string, what: string): void {
  const { studyInstanceUid: _shared, ...ids } = tenants.faraway;
  for (const secret of [canary, ...Object.values(ids)]) assert.ok(!answer.includes(secret), `${what} shows ${secret}`);
}

async function walkProcedures(what: string): Promise<void> {
  for (const caller of tenants.strangers)
    for (const [procedure, { reach }] of Object.entries(procedures)) {
      // These act on the caller alone, and would end the sessions this walk needs.
      if (procedure === "session.signOutEverywhere" || onCallerAlone.has(procedure)) continue;
      const outcome = await call(caller, procedure, reach?.(tenants.faraway));
      const name = `${what}: ${procedure} by ${caller.name}`;
      if ("answer" in outcome) {
        assert.ok(!reach || answersEmpty.has(procedure), `${name} was answered`);
        assertNoTrace(outcome.answer, name);
      } else assert.ok(isRefusal(outcome), `${name}: ${outcome.code}`);
    }
}

async function walkRoutes(what: string, people: Caller[]): Promise<void> {
  const callers = [
    ...people.map(({ name, cookie, actor }) => ({ name, headers: { cookie }, slug: actor.orgSlug })),
    ...tenants.tokens.map((token) => ({
      name: "a token",
      headers: { authorization: `Bearer ${token}` },
      slug: "lakeside",
    })),
  ];
  for (const { name, headers, slug } of callers)
    for (const route of dicomwebRoutes) {
      const kind = routes[route.name];
      const address = addressOf(route.pattern, tenants.faraway);
      // Under its own root, and the foreign UIDs under the caller's root or one they read for.
      for (const root of new Set([tenants.faraway.orgSlug, slug, "lakeside"])) {
        if (kind === "store" && root !== tenants.faraway.orgSlug) continue;
        const response = await fetch(`${tenants.origin}/dicomweb/${root}${address}`, {
          method: route.method,
          headers: {
            ...headers,
            ...(kind === "store" ? { "content-type": 'multipart/related; type="application/dicom"; boundary=b' } : {}),
          },
          ...(kind === "store" ? { body: "--b\r\nContent-Type: application/dicom\r\n\r\nx\r\n--b--\r\n" } : {}),
        });
        const text = await response.text();
        const line = `${what}: ${route.method} ${root}${route.pattern} by ${name}: ${response.status}`;
        assertNoTrace(text, line);
        if (root === tenants.faraway.orgSlug) assert.ok([401, 403, 404].includes(response.status), line);
        // The UID that two hospitals share is answered from the caller's own study; what is below it is foreign.
        else if (kind === "study" && route.pattern.includes("{series}"))
          assert.ok([200, 204, 401, 403, 404].includes(response.status), line);
      }
    }
}

test("every procedure and every route has its line in the matrix, and no line is left over", () => {
  assert.deepEqual(Object.keys(appRouter._def.procedures).sort(), Object.keys(procedures).sort());
  assert.deepEqual(dicomwebRoutes.map(({ name }) => name).sort(), Object.keys(routes).sort());
});

test("with another hospital's ids nobody reads or writes anything, through any procedure", async () => {
  const before = await digestOfFaraway();
  await walkProcedures("policies on");
  assert.deepEqual(await digestOfFaraway(), before);
});

test("with another hospital's ids nobody reads or writes anything, through any DICOMweb route", async () => {
  const before = await digestOfFaraway();
  await walkRoutes("policies on", tenants.strangers);
  assert.deepEqual(await digestOfFaraway(), before);
});

test("another hospital's report documents are not there for anybody", async () => {
  for (const { actor, name } of tenants.strangers)
    await assert.rejects(
      withTenant(actor, (ctx) => openReportPdf(ctx, { reportVersionId: tenants.faraway.reportVersionId })),
      (error) => toDomainError(error).code === "report.not-found",
      name,
    );
});

test("another hospital's images that were set aside are not there for anybody", async () => {
  for (const { actor, name } of tenants.strangers)
    await assert.rejects(
      withTenant(actor, (ctx) => openQuarantined(ctx, { instanceId: tenants.faraway.quarantinedId })),
      (error) => toDomainError(error).code === "instance.not-found",
      name,
    );
});

test("with every policy switched off the database alone keeps the tenants apart", async () => {
  const before = await digestOfFaraway();
  setPolicyEnforcementForTest(false);
  try {
    await walkProcedures("policies off");
    // Without policies a role decides nothing: one caller of each organisation stands for all of its people.
    await walkRoutes(
      "policies off",
      tenants.strangers.filter(({ role }) => role === "technologist"),
    );
    for (const { actor, name } of tenants.strangers)
      await assert.rejects(
        withTenant(actor, (ctx) => openReportPdf(ctx, { reportVersionId: tenants.faraway.reportVersionId })),
        (error) => toDomainError(error).code === "report.not-found",
        name,
      );
    for (const { actor, name } of tenants.strangers)
      await assert.rejects(
        withTenant(actor, (ctx) => openQuarantined(ctx, { instanceId: tenants.faraway.quarantinedId })),
        (error) => toDomainError(error).code === "instance.not-found",
        name,
      );
  } finally {
    setPolicyEnforcementForTest(true);
  }
  assert.deepEqual(await digestOfFaraway(), before);
});

test("a refused attempt is on record with whoever tried, and nothing of what it reached for", async () => {
  const { rows } = await tenants.owner.query<{ details: { procedure?: string } }>(
    "SELECT details FROM audit_event WHERE action = 'access.refused' AND outcome = 'refused'",
  );
  const refused = new Set(rows.map(({ details }) => details.procedure));
  for (const procedure of ["worklist.claim", "report.sign", "referral.get", "edge.revoke"])
    assert.ok(refused.has(procedure), procedure);
  assertNoTrace(JSON.stringify(rows), "the trail of the refused");
});

test("policies cannot be switched off outside a test", async () => {
  const { execFile } = await import("node:child_process");
  const script = `import { setPolicyEnforcementForTest } from "#server/domain/authorize.ts"; setPolicyEnforcementForTest(false);`;
  const failed = await new Promise<string>((resolve) =>
    execFile(
      process.execPath,
      ["--input-type=module", "-e", script],
      { env: { ...process.env, NODE_ENV: "production", OVERREAD_SECRET: "a-secret-of-sixteen" } },
      (error, _stdout, stderr) => resolve(error ? stderr : ""),
    ),
  );
  assert.match(failed, /policies are enforced outside tests/);
});
