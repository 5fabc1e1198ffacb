import assert from "node:assert/strict";
import { withTenant } from "#server/db/with-tenant.ts";
import { dicomwebRoutes } from "#server/dicomweb/index.ts";
import { openQuarantined } from "#server/domain/imaging/index.ts";
import { openReportPdf } from "#server/domain/reporting/index.ts";
import { toDomainError } from "#server/errors.ts";
import { answersEmpty, onCallerAlone, procedures, routes } from "./lines.ts";
import { addressOf, type Caller, call, canary, isRefusal, type Tenants } from "./tenants.ts";

/** A digest over all rows of the foreign hospital and its group: changes with any row added, changed or removed. */
export async function digestOfFaraway(tenants: Tenants): Promise<Record<string, string>> {
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

/** No answer may contain anything of the foreign tenant: no name, no text, no id, no UID that only it has. */
export function assertNoTrace(tenants: Tenants, answer: string, what: string): void {
  const { studyInstanceUid: _shared, ...ids } = tenants.faraway;
  for (const secret of [canary, ...Object.values(ids)]) assert.ok(!answer.includes(secret), `${what} shows ${secret}`);
}

export async function walkProcedures(tenants: Tenants, what: string): Promise<void> {
  for (const caller of tenants.strangers)
    for (const [procedure, { reach }] of Object.entries(procedures)) {
      // These act on the caller only, and would end the sessions this walk needs.
      if (procedure === "session.signOutEverywhere" || onCallerAlone.has(procedure)) continue;
      const outcome = await call(caller, procedure, reach?.(tenants.faraway));
      const name = `${what}: ${procedure} by ${caller.name}`;
      if ("answer" in outcome) {
        assert.ok(!reach || answersEmpty.has(procedure), `${name} was answered`);
        assertNoTrace(tenants, outcome.answer, name);
      } else assert.ok(isRefusal(outcome), `${name}: ${outcome.code}`);
    }
}

export async function walkRoutes(tenants: Tenants, what: string, people: Caller[]): Promise<void> {
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
        assertNoTrace(tenants, text, line);
        if (root === tenants.faraway.orgSlug) assert.ok([401, 403, 404].includes(response.status), line);
        // A UID that two hospitals share is answered from the caller's own study; series below it are foreign.
        else if (kind === "study" && route.pattern.includes("{series}"))
          assert.ok([200, 204, 401, 403, 404].includes(response.status), line);
      }
    }
}

/** The documents of the foreign hospital's signed report, requested by every stranger. */
export async function askForDocuments(tenants: Tenants): Promise<void> {
  for (const { actor, name } of tenants.strangers)
    await assert.rejects(
      withTenant(actor, (ctx) => openReportPdf(ctx, { reportVersionId: tenants.faraway.reportVersionId })),
      (error) => toDomainError(error).code === "report.not-found",
      name,
    );
}

/** The foreign hospital's quarantined image, requested by every stranger. */
export async function askForQuarantined(tenants: Tenants): Promise<void> {
  for (const { actor, name } of tenants.strangers)
    await assert.rejects(
      withTenant(actor, (ctx) => openQuarantined(ctx, { instanceId: tenants.faraway.quarantinedId })),
      (error) => toDomainError(error).code === "instance.not-found",
      name,
    );
}
