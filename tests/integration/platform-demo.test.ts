import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { actorFromRequest } from "#server/auth/actor-from-request.ts";
import { createApiToken } from "#server/auth/api-token.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { demoAccounts, seedDemo } from "#server/demo/seed.ts";
import { signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";

let db: Awaited<ReturnType<typeof useTestDatabase>>;
before(async () => {
  db = await useTestDatabase();
  assert.deepEqual(await seedDemo({ password: "correct horse", edgeAet: "EDGE1" }), { loaded: true });
});
after(() => db.drop());

test("loading the demo organisations twice changes nothing", async () => {
  const counts = "SELECT (SELECT count(*) FROM user_account) AS users, (SELECT count(*) FROM audit_event) AS events";
  const count = async () => (await db.owner.query(counts)).rows[0];
  const earlier = await count();
  assert.deepEqual(await seedDemo({ password: "another one" }), { loaded: false });
  assert.deepEqual(await count(), earlier);
});

test("a demo that is started with another AE title answers to that one too", async () => {
  const facility = async () =>
    (await db.owner.query("SELECT called_ae_titles, config_version FROM facility WHERE slug = 'lakeside-main'"))
      .rows[0];
  assert.deepEqual((await facility()).called_ae_titles, ["OVERREAD", "OVERREAD_PRIOR", "EDGE1"]);
  for (let i = 0; i < 2; i++) await seedDemo({ password: "x", edgeAet: "EDGE2" });
  assert.deepEqual(await facility(), {
    called_ae_titles: ["OVERREAD", "OVERREAD_PRIOR", "EDGE1", "EDGE2"],
    config_version: 2,
  });
});

test("every demo account can be signed in and has its role", async () => {
  for (const [slug, accounts] of Object.entries(demoAccounts))
    for (const account of accounts) {
      const { actor, cookie } = await signedIn(account.email);
      assert.equal(actor.orgSlug, slug);
      assert.deepEqual(actor.roles, account.roles);
      assert.deepEqual(await actorFromRequest({ headers: { cookie } }), actor);
      assert.deepEqual(await actorFromRequest({ headers: new Headers({ cookie }) }), actor);
    }
});

test("a hospital sees its own facilities and staff, the reading group sees the facilities it reads for", async () => {
  const see = async (email: string) =>
    withTenant((await signedIn(email)).actor, async ({ tx }) => ({
      facilities: (await tx.facility.findMany({ orderBy: { slug: "asc" } })).map((f) => f.slug),
      users: await tx.user.count(),
    }));
  assert.deepEqual(await see("admin@lakeside.example"), { facilities: ["lakeside-main", "lakeside-north"], users: 3 });
  assert.deepEqual(await see("admin@harbor.example"), { facilities: ["harbor-general"], users: 1 });
  assert.deepEqual(await see("lead@nightshift.example"), {
    facilities: ["harbor-general", "lakeside-main", "lakeside-north"],
    users: 3,
  });
  assert.deepEqual(await see("operator@overread.example"), { facilities: [], users: 1 });
});

test("a token is known by its text and carries its organisation and scopes", async () => {
  const { token, tokenId } = await createApiToken("harbor", ["dicomweb:read"], "viewer");
  const actor = await actorFromRequest({ headers: { authorization: `Bearer ${token}` } });
  assert.ok(actor?.kind === "token");
  assert.deepEqual(
    [actor.tokenId, actor.orgSlug, actor.scopes, actor.edgeId],
    [tokenId, "harbor", ["dicomweb:read"], null],
  );
  assert.equal(await actorFromRequest({ headers: { authorization: `Bearer ${token}x` } }), null);
  assert.equal(await actorFromRequest({ headers: { authorization: "Basic abc" } }), null);
  await assert.rejects(createApiToken("nowhere", ["metrics"], "x"), { code: "org.not-found" });
});
