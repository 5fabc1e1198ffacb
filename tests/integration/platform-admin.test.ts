import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { authenticate } from "#server/auth/authenticate.ts";
import { signInLimits } from "#server/auth/rate-limit.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { createCaller } from "#server/trpc/caller.ts";
import { orgId, signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";

let db: Awaited<ReturnType<typeof useTestDatabase>>;
before(async () => {
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse" });
});
after(() => db.drop());

const caller = async (email: string) => createCaller((await signedIn(email)).actor);
const code = (expected: string) => (error: { cause?: { code?: string } }) => {
  assert.equal(error.cause?.code, expected);
  return true;
};

test("the portal knows who is there and shows each role its rooms only", async () => {
  const rooms = async (email: string) => {
    const { can } = await (await caller(email)).session.me();
    return Object.keys(can).filter((room) => can[room as keyof typeof can]);
  };
  assert.deepEqual(await rooms("radiologist@nightshift.example"), [
    "worklist",
    "cases",
    "hold",
    "sign",
    "ownReader",
    "discrepancies",
  ]);
  assert.deepEqual(await rooms("referrer@lakeside.example"), ["referrals"]);
  assert.deepEqual(await rooms("admin@lakeside.example"), [
    "worklist",
    "techCheck",
    "orders",
    "edges",
    "facilities",
    "serviceLevels",
    "users",
    "setAside",
    "damaged",
    "identity",
    "audit",
    "webhook",
  ]);
  assert.deepEqual(await rooms("operator@overread.example"), ["audit", "platform"]);
  const me = await (await caller("radiologist@nightshift.example")).session.me();
  assert.deepEqual(
    [me.user.name, me.org.slug, me.org.kind, me.roles],
    ["Dr Ingrid Solheim", "nightshift", "reading_group", ["radiologist"]],
  );
});

/** A password that a person chooses. */
const chosen = "harmonica gravel tuesday kiosk";
const accept = ({ token }: { token: string }, password = chosen) =>
  createCaller(null).user.acceptInvitation({ token, password });

test("a site administrator makes an account for their hospital, and the person sets its password by the link", async () => {
  const admin = await caller("admin@lakeside.example");
  const { userId, invitation } = await admin.user.create({
    email: "New.Tech@lakeside.example",
    displayName: "Nia Okafor",
    roles: ["technologist"],
    facilitySlugs: ["lakeside-north"],
  });
  await accept(invitation);
  const actor = await authenticate("new.tech@lakeside.example", chosen, "t");
  assert.deepEqual([actor.userId, actor.roles, actor.facilityIds.length], [userId, ["technologist"], 1]);
  const { items, assignableRoles } = await admin.user.list();
  assert.deepEqual(items.find((item) => item.userId === userId)?.facilitySlugs, ["lakeside-north"]);
  assert.deepEqual(assignableRoles, ["site_admin", "technologist", "referring_physician"]);
  const can = (email: string) => items.find((item) => item.email === email)?.can;
  assert.deepEqual(can("new.tech@lakeside.example"), { invite: false, resetLink: true, close: true });
  assert.deepEqual(can("admin@lakeside.example"), { invite: false, resetLink: false, close: false }, "not oneself");
  assert.equal(
    items.some((item) => item.email.endsWith("harbor.example")),
    false,
  );
});

test("an administrator gives only what their organisation can give", async () => {
  const admin = await caller("admin@lakeside.example");
  const account = { email: "x@lakeside.example", displayName: "X Y" };
  await assert.rejects(admin.user.create({ ...account, roles: ["radiologist"] }), code("auth.forbidden"));
  await assert.rejects(admin.user.create({ ...account, roles: ["platform_operator"] }), code("auth.forbidden"));
  await assert.rejects(
    admin.user.create({ ...account, roles: ["technologist"], facilitySlugs: ["harbor-general"] }),
    code("facility.not-found"),
  );
  await assert.rejects(
    admin.user.create({ ...account, email: "tech@lakeside.example", roles: ["technologist"] }),
    code("user.email-taken"),
  );
  for (const email of ["tech@lakeside.example", "radiologist@nightshift.example", "operator@overread.example"])
    await assert.rejects((await caller(email)).user.list(), code("auth.forbidden"));
});

test("making an account tells nobody whether the address has one in another organisation", async () => {
  const admin = await caller("admin@lakeside.example");
  const wish = { displayName: "Pat Locum", roles: ["technologist" as const] };
  const shape = (answer: object) =>
    JSON.stringify(Object.entries(answer).map(([key, value]) => [key, typeof value, String(value).length]));
  const unknown = await admin.user.create({ ...wish, email: "nobody.yet@locum.example" });
  const elsewhere = await admin.user.create({ ...wish, email: "admin@harbor.example" });
  assert.equal(shape(elsewhere), shape(unknown));
  // Twice in one's own list is another matter: the administrator sees that list anyway.
  await assert.rejects(admin.user.create({ ...wish, email: "Admin@harbor.example" }), code("user.email-taken"));

  // One sign-in page: the password says which account is meant, and the other keeps working as before.
  await accept(elsewhere.invitation);
  const here = await authenticate("admin@harbor.example", chosen, "t");
  assert.deepEqual([here.orgSlug, here.userId, here.roles], ["lakeside", elsewhere.userId, ["technologist"]]);
  const there = await authenticate("admin@harbor.example", "correct horse", "t");
  assert.deepEqual([there.orgSlug, there.roles], ["harbor", ["site_admin"]]);

  // An account made here buys no guesses at the one over there: what was wrong stays counted.
  const email = "admin@harbor.example";
  for (let n = 0; n < signInLimits["account-source"] - 1; n++)
    await assert.rejects(authenticate(email, "wrong", "t"), { code: "auth.invalid-credentials" });
  assert.ok(await authenticate(email, chosen, "t"));
  await assert.rejects(authenticate(email, "wrong", "t"), { code: "auth.invalid-credentials" });
  await assert.rejects(authenticate(email, "wrong", "t"), { code: "auth.rate-limited" });
  await db.owner.query("DELETE FROM sign_in_attempt");

  // Ending the one does not touch the other.
  await admin.user.deactivate({ userId: elsewhere.userId });
  await assert.rejects(authenticate(email, chosen, "t"), { code: "auth.invalid-credentials" });
  assert.equal((await authenticate(email, "correct horse", "t")).userId, there.userId);
});

test("who has the same password in two organisations comes to the one used last, or to the one named", async () => {
  const password = "copper lantern twice at dusk";
  const email = "both@locum.example";
  const make = async (admin: string) => {
    const { invitation } = await (await caller(admin)).user.create({
      email,
      displayName: "Pat Both",
      roles: ["technologist"],
    });
    await accept(invitation, password);
  };
  await make("admin@lakeside.example");
  await make("admin@harbor.example");
  assert.equal((await authenticate(email, password, "t", { orgSlug: "harbor" })).orgSlug, "harbor");
  assert.equal((await authenticate(email, password, "t")).orgSlug, "harbor");
  assert.equal((await authenticate(email, password, "t", { orgSlug: "lakeside" })).orgSlug, "lakeside");
  assert.equal((await authenticate(email, password, "t")).orgSlug, "lakeside");
  await assert.rejects(authenticate(email, password, "t", { orgSlug: "nightshift" }), {
    code: "auth.invalid-credentials",
  });
});

test("nobody deactivates themselves or anybody of another organisation", async () => {
  const admin = await signedIn("admin@lakeside.example");
  const stranger = await signedIn("admin@harbor.example");
  const users = createCaller(admin.actor).user;
  await assert.rejects(users.deactivate({ userId: admin.actor.userId }), code("auth.forbidden"));
  await assert.rejects(users.deactivate({ userId: stranger.actor.userId }), code("user.not-found"));
});

test("an administrator of one facility neither sees nor changes the others", async () => {
  const north = await createCaller((await signedIn("admin@lakeside.example")).actor).user.create({
    email: "north@lakeside.example",
    displayName: "Ola Nord",
    roles: ["site_admin"],
    facilitySlugs: ["lakeside-north"],
  });
  await accept(north.invitation);
  const admin = createCaller(await authenticate("north@lakeside.example", chosen, "t"));
  assert.deepEqual(
    (await admin.facility.list()).map((facility) => facility.slug),
    ["lakeside-north"],
  );
  await admin.facility.update({ facilitySlug: "lakeside-north", quietSeconds: 20 });
  await assert.rejects(
    admin.facility.update({ facilitySlug: "lakeside-main", quietSeconds: 20 }),
    code("facility.not-found"),
  );
  await assert.rejects(admin.edge.issueCode({ facilitySlug: "lakeside-main" }), code("facility.not-found"));
  const account = { email: "wide@lakeside.example", displayName: "W", roles: ["site_admin" as const] };
  await assert.rejects(admin.user.create(account), code("auth.forbidden"));
  await assert.rejects(
    admin.user.create({ ...account, facilitySlugs: ["lakeside-north", "lakeside-main"] }),
    code("auth.forbidden"),
  );
  const chief = await signedIn("admin@lakeside.example");
  await assert.rejects(admin.user.deactivate({ userId: chief.actor.userId }), code("auth.forbidden"));
});

test("settings of a facility are shown to who may change them, its name to those who work with it", async () => {
  const own = await (await caller("admin@lakeside.example")).facility.list();
  assert.equal(own.find(({ slug }) => slug === "lakeside-main")?.settings?.localPacs?.aeTitle, "LOCALPACS");
  const group = await (await caller("radiologist@nightshift.example")).facility.list();
  assert.deepEqual(
    group.map(({ slug, settings }) => [slug, settings]),
    [
      ["harbor-general", null],
      ["lakeside-main", null],
      ["lakeside-north", null],
    ],
  );
  const admin = await caller("admin@lakeside.example");
  for (const bad of [
    { timeZone: "Moon/Crater" },
    { calledAeTitles: [] },
    { calledAeTitles: ["SEVENTEEN_LETTERS"] },
    { localPacs: { aeTitle: "A\\B", host: "h", port: 104 } },
  ])
    await assert.rejects(
      admin.facility.update({ facilitySlug: "lakeside-north", ...bad }),
      (error: { code: string }) => error.code === "BAD_REQUEST",
    );
});

test("with a new password the other sessions end, and the change is on record", async () => {
  const here = await signedIn("radiologist2@nightshift.example");
  const there = await signedIn("radiologist2@nightshift.example");
  const { prove } = await import("#server/auth/proof/index.ts");
  const session = createCaller(here.actor, prove).session;
  await assert.rejects(
    session.changePassword({ password: "wrong", newPassword: "walnut ferry unkempt drizzle" }),
    code("auth.reauthentication-failed"),
  );
  await session.changePassword({ password: "correct horse", newPassword: "walnut ferry unkempt drizzle" });
  const { actorFromRequest } = await import("#server/auth/actor-from-request.ts");
  assert.ok(await actorFromRequest({ headers: { cookie: here.cookie } }));
  assert.equal(await actorFromRequest({ headers: { cookie: there.cookie } }), null);
  assert.ok(await authenticate("radiologist2@nightshift.example", "walnut ferry unkempt drizzle", "t"));
  const { rows } = await db.owner.query(
    "SELECT details FROM audit_event WHERE action = 'session.revoke' AND org_id = $1",
    [await orgId("nightshift")],
  );
  assert.equal(rows.at(-1).details.passwordChanged, true);
});
