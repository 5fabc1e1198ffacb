import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type pg from "pg";
import { chainAllWaitingReads } from "#server/audit/writer.ts";
import { pool } from "#server/db/clients.ts";
import type { Role } from "#server/db/generated/enums.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { dicomwebRoutes } from "#server/dicomweb/index.ts";
import { listCases } from "#server/domain/reading/index.ts";
import { addImages, onCallerAlone, openImages, procedures, roles, routes, staff } from "../access/lines.ts";
import { addressOf, call, hire, isRefusal, one, type Tenants, useTenants } from "../access/tenants.ts";
import { orgId } from "../actors.ts";

/** The other half of the access matrix: what each office may do at home, and the entry that each reading leaves. */
let tenants: Tenants;
before(async () => {
  tenants = await useTenants();
});
after(() => tenants.close());

test("in one's own tenant an office may do what is its own and is refused the rest", async () => {
  const [lakesideId, nightshift] = await Promise.all(["lakeside", "nightshift"].map(orgId));
  for (const role of roles) {
    const reads = role === "radiologist" || role === "worklist_manager";
    const org = role === "platform_operator" ? await orgId("overread") : reads ? nightshift! : lakesideId!;
    const caller = await hire("own", org, role);
    // A referring physician's own are the studies that name this very person.
    if (role === "referring_physician")
      await tenants.owner.query("UPDATE study SET referrer_id = $1 WHERE id = ANY($2)", [
        caller.actor.userId,
        [tenants.lakeside.studyId, tenants.lakeside.signedStudyId],
      ]);
    for (const [procedure, { reach, may }] of Object.entries(procedures)) {
      if (onCallerAlone.has(procedure)) continue;
      const own = ["user.deactivate", "user.invite", "user.resetLink"].includes(procedure)
        ? { ...tenants.lakeside, userId: (await hire("own", lakesideId!, "technologist")).actor.userId }
        : tenants.lakeside;
      if (procedure === "user.resetLink")
        await tenants.owner.query("INSERT INTO credential (user_id, org_id, password_hash) VALUES ($1, $2, 'x')", [
          own.userId,
          lakesideId,
        ]);
      const outcome = await call(caller, procedure, reach?.(own));
      const code = "code" in outcome ? outcome.code : "answered";
      assert.equal(!isRefusal(outcome), may.includes(role), `${procedure} by ${role}: ${code}`);
    }
  }
});

test("in one's own tenant the same offices open images through DICOMweb as through the worklist", async () => {
  const [lakesideId, nightshift] = await Promise.all(["lakeside", "nightshift"].map(orgId));
  for (const role of roles) {
    const caller = await hire(
      "images",
      role === "radiologist" || role === "worklist_manager" ? nightshift! : lakesideId!,
      role,
    );
    if (role === "referring_physician")
      await tenants.owner.query("UPDATE study SET referrer_id = $1 WHERE id = $2", [
        caller.actor.userId,
        tenants.lakeside.studyId,
      ]);
    for (const route of dicomwebRoutes) {
      const stores = routes[route.name] === "store";
      const response = await fetch(`${tenants.origin}/dicomweb/lakeside${addressOf(route.pattern, tenants.lakeside)}`, {
        method: route.method,
        headers: { cookie: caller.cookie },
      });
      await response.arrayBuffer();
      const refused = response.status === 403 || (stores && response.status === 404);
      const may = (stores ? addImages : openImages).includes(role);
      assert.equal(!refused, may, `${route.name} by ${role}: ${response.status}`);
    }
    if (!staff.includes(role)) continue;
    const { items } = await withTenant(caller.actor, (ctx) => listCases(ctx, { limit: 200 }));
    const offered = items.find(({ caseId }) => caseId === tenants.lakeside.caseId)?.can.read;
    assert.equal(offered, openImages.includes(role), `the list's button for ${role}`);
    const opened = await call(caller, "study.open", { caseId: tenants.lakeside.caseId });
    assert.equal("answer" in opened, openImages.includes(role), `study.open by ${role}`);
  }
});

test("every read of patient data leaves its entry: one per call", async () => {
  const reads: [string, Role, string, string][] = [
    ["worklist.list", "radiologist", "nightshift", "case.list"],
    ["worklist.get", "worklist_manager", "nightshift", "case.read"],
    ["study.open", "radiologist", "nightshift", "case.read"],
    ["report.get", "radiologist", "nightshift", "report.read"],
    ["report.templates", "radiologist", "nightshift", "report.read"],
    ["referral.list", "referring_physician", "lakeside", "referral.list"],
    ["quarantine.list", "site_admin", "lakeside", "instance.list-quarantined"],
    ["identity.list", "site_admin", "lakeside", "identity.list"],
    ["audit.search", "site_admin", "lakeside", "audit.search"],
  ];
  for (const [procedure, role, slug, action] of reads) {
    const caller = tenants.strangers.find(({ actor, role: r }) => r === role && actor.orgSlug === slug)!;
    const count = async () => {
      await chainAllWaitingReads();
      return one<number>("SELECT count(*)::int AS value FROM audit_event WHERE actor_id = $1 AND action = $2", [
        caller.actor.userId,
        action,
      ]);
    };
    const before = await count();
    const outcome = await call(caller, procedure, procedures[procedure]!.reach?.(tenants.lakeside) ?? undefined);
    assert.ok("answer" in outcome, `${procedure}: ${JSON.stringify(outcome)}`);
    assert.equal((await count()) - before, 1, procedure);
  }
});

test("200 interleaved requests of three tenants on one pool: nobody sees a row of another's", async () => {
  const actors = ["lakeside", "harbor", "nightshift"].map(
    (slug) =>
      tenants.strangers.find(
        ({ actor, role }) =>
          actor.orgSlug === slug && role === (slug === "nightshift" ? "radiologist" : "technologist"),
      )!,
  );
  const seen = await Promise.all(
    Array.from({ length: 200 }, async (_, n) => {
      const { actor } = actors[n % 3]!;
      if (n % 10 === 9) {
        // A request that fails in the middle must not leave its tenant behind on the connection.
        await assert.rejects(withTenant(actor, ({ tx }) => tx.$queryRaw`SELECT 1 / 0`));
        const app: pg.Pool = pool("overread_app");
        const { rows } = await app.query("SELECT count(*)::int AS n FROM study");
        return { slug: "nobody", slugs: rows[0].n === 0 ? [] : ["leak"] };
      }
      const { items } = await withTenant(actor, (ctx) => listCases(ctx, { limit: 200 }));
      return { slug: actor.orgSlug, slugs: [...new Set(items.map(({ orgSlug }) => orgSlug))].sort() };
    }),
  );
  const expected: Record<string, string[]> = {
    lakeside: ["lakeside"],
    harbor: ["harbor"],
    nightshift: ["harbor", "lakeside"],
    nobody: [],
  };
  for (const { slug, slugs } of seen) assert.deepEqual(slugs, expected[slug], slug);
  assert.ok(tenants.harbor.caseId);
});
