import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { Secret, TOTP } from "otpauth";
import { authenticate } from "#server/auth/authenticate.ts";
import { prove } from "#server/auth/proof/index.ts";
import { signInLimits } from "#server/auth/rate-limit.ts";
import { findSession } from "#server/auth/session.ts";
import { pool } from "#server/db/clients.ts";
import type { Role } from "#server/db/generated/enums.ts";
import { withMaintenance } from "#server/db/maintenance.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { insertAccount, makeResetLinkAsOperator } from "#server/domain/tenancy/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { createCaller } from "#server/trpc/caller.ts";
import { handleTrpcRequest } from "#server/trpc/handle-request.ts";
import { facilityId, orgId, signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";

const password = "correct horse battery";
const chosen = "harmonica gravel tuesday kiosk";
const at = { admin: "198.51.100.7", person: "203.0.113.9" };
let db: Awaited<ReturnType<typeof useTestDatabase>>;
before(async () => {
  db = await useTestDatabase();
  await seedDemo({ password });
  await account("nightshift", "chief@nightshift.example", ["site_admin"]);
});
beforeEach(() => db.owner.query("DELETE FROM invitation; DELETE FROM sign_in_attempt"));
after(() => db.drop());

const code = (appCode: string) => (error: { cause?: { code?: string } }) => error.cause?.code === appCode;
const asAdmin = async (email: string) => createCaller((await signedIn(email)).actor, prove, at.admin).user;
const use = (token: string, totp?: string, newPassword = chosen) =>
  createCaller(null, prove, at.person).user.acceptInvitation({ token, password: newPassword, totp });
const setPassword = (userId: string) =>
  db.owner.query(
    `UPDATE credential SET password_hash = (SELECT c.password_hash FROM credential c JOIN user_account u ON u.id = c.user_id
       WHERE u.email = 'admin@harbor.example') WHERE user_id = $1`,
    [userId],
  );
async function account(slug: string, email: string, roles: Role[], facilityIds: string[] = []): Promise<string> {
  const org = await orgId(slug);
  const { id } = await withMaintenance((tx) =>
    insertAccount(tx, systemActor(org, "cli"), org, {
      email,
      displayName: email,
      roles,
      facilityIds,
      passwordHash: "x",
    }),
  );
  await setPassword(id);
  return id;
}
async function trail(action: string, userId: string) {
  const { rows } = await db.owner.query(
    "SELECT actor_name AS by, details FROM audit_event WHERE action = $1 AND details->>'userId' = $2 ORDER BY seq DESC LIMIT 1",
    [action, userId],
  );
  return rows[0];
}

test("who forgot the password sets a new one by a link, and everything that was open under the old one ends", async () => {
  const email = "radiologist@nightshift.example";
  const { actor } = await signedIn(email);
  const admin = await asAdmin("chief@nightshift.example");
  const { token, expiresAt } = await admin.resetLink({ userId: actor.userId, password });
  const hours = (expiresAt.getTime() - Date.now()) / 3_600_000;
  assert.ok(hours > 23 && hours <= 24.1, `${hours} h`);
  // Somebody else's click locks nobody out.
  assert.ok(await authenticate(email, password, at.person));
  assert.ok(await findSession(actor.sessionId));

  await assert.rejects(use(token, undefined, "passwordpassword"), code("user.password-weak"));
  assert.deepEqual(await createCaller(null).user.invitation({ token }), {
    email,
    displayName: actor.displayName,
    orgName: "Nightshift Radiology",
    resets: true,
    secondFactor: false,
  });
  const race = await Promise.allSettled([use(token), use(token)]);
  assert.deepEqual(race.map(({ status }) => status).sort(), ["fulfilled", "rejected"], "a link works once");
  await assert.rejects(use(token), code("user.invitation-invalid"));
  assert.equal(await findSession(actor.sessionId), null);
  await assert.rejects(authenticate(email, password, at.person), { code: "auth.invalid-credentials" });
  assert.ok(await authenticate(email, chosen, at.person));

  assert.deepEqual(await trail("user.reset-link", actor.userId), {
    by: (await signedIn("chief@nightshift.example")).actor.displayName,
    details: { userId: actor.userId, address: at.admin },
  });
  assert.deepEqual((await trail("user.reset-password", actor.userId)).details, {
    userId: actor.userId,
    address: at.person,
  });
  await setPassword(actor.userId);
});

test("making and use of a link are on record with the address that the front door saw, not one the caller wrote", async () => {
  const { userId } = (await signedIn("tech@lakeside.example")).actor;
  const { cookie } = await signedIn("admin@lakeside.example");
  const post = async (procedure: string, input: unknown, from: string) => {
    const response = await handleTrpcRequest(
      new Request(`http://localhost:3000/api/trpc/${procedure}`, {
        method: "POST",
        headers: { cookie, "content-type": "application/json", "x-forwarded-for": `192.0.2.66, ${from}` },
        body: JSON.stringify(input),
      }),
    );
    assert.equal(response.status, 200, procedure);
    return (await response.json()).result.data;
  };
  const { token } = await post("user.resetLink", { userId, password }, at.admin);
  await post("user.acceptInvitation", { token, password: chosen }, at.person);
  assert.equal((await trail("user.reset-link", userId)).details.address, at.admin);
  assert.equal((await trail("user.reset-password", userId)).details.address, at.person);
  await setPassword(userId);
});

test("a link that is out of date, replaced, or older than the person's own change of the password opens nothing", async () => {
  const { actor } = await signedIn("radiologist2@nightshift.example");
  const { userId } = actor;
  const admin = await asAdmin("chief@nightshift.example");
  const first = await admin.resetLink({ userId, password });
  const second = await admin.resetLink({ userId, password });
  await assert.rejects(use(first.token), code("user.invitation-invalid"));
  await db.owner.query("UPDATE invitation SET expires_at = now() WHERE used_at IS NULL");
  await assert.rejects(use(second.token), code("user.invitation-invalid"));
  const third = await admin.resetLink({ userId, password });
  await createCaller(actor, prove).session.changePassword({ password, newPassword: chosen });
  await assert.rejects(use(third.token), code("user.invitation-invalid"));
  const fourth = await admin.resetLink({ userId, password });
  await db.owner.query("UPDATE user_account SET deactivated_at = now() WHERE id = $1", [userId]);
  await assert.rejects(use(fourth.token), code("user.invitation-invalid"));
  await assert.rejects(admin.resetLink({ userId, password }), code("user.invitation-invalid"));
  await db.owner.query("UPDATE user_account SET deactivated_at = NULL WHERE id = $1", [userId]);
  await setPassword(userId);
});

test("a link does not stand in for the second factor: without a code of the app or a recovery code the old password stays", async () => {
  const email = "lead@nightshift.example";
  const { actor } = await signedIn(email);
  const { secondFactor } = createCaller(actor, prove).session;
  const app = new TOTP({ secret: Secret.fromBase32((await secondFactor.begin({ password })).secret) });
  const { recoveryCodes } = await secondFactor.confirm({ code: app.generate() });
  const admin = await asAdmin("chief@nightshift.example");
  const { token } = await admin.resetLink({ userId: actor.userId, password });
  assert.equal((await createCaller(null).user.invitation({ token })).secondFactor, true);
  await assert.rejects(use(token), code("auth.second-factor-required"));
  await assert.rejects(use(token, "nonsense"), code("auth.second-factor-invalid"));
  assert.deepEqual((await trail("session.sign-in-refused", actor.userId)).details, {
    userId: actor.userId,
    reason: "second-factor",
    address: at.person,
  });
  assert.ok(await findSession(actor.sessionId), "nothing has changed");
  await use(token, recoveryCodes[0]);
  await assert.rejects(authenticate(email, chosen, at.person), { code: "auth.second-factor-required" });

  // A new link gives no new guesses.
  const again = await admin.resetLink({ userId: actor.userId, password });
  await Promise.all(
    Array.from({ length: signInLimits.link - 1 }, (_, n) => assert.rejects(use(again.token, String(100_000 + n)))),
  );
  const other = await admin.resetLink({ userId: actor.userId, password });
  await assert.rejects(use(other.token, recoveryCodes[1]), code("auth.rate-limited"));
  await setPassword(actor.userId);
});

test("a link is for the administrator's own people: not for himself, an operator, a stranger, or who reaches further", async () => {
  const { actor: chief } = await signedIn("admin@lakeside.example");
  const admin = await asAdmin("admin@lakeside.example");
  const link = (users: typeof admin, userId: string) => users.resetLink({ userId, password });
  await assert.rejects(link(admin, chief.userId), code("auth.forbidden"));
  const stranger = (await signedIn("radiologist@nightshift.example")).actor;
  await assert.rejects(link(admin, stranger.userId), code("user.not-found"));
  await assert.rejects(
    link(await asAdmin("radiologist@nightshift.example"), stranger.userId),
    (error: { cause?: { code?: string } }) => ["auth.forbidden", "user.not-found"].includes(error.cause?.code ?? ""),
  );

  const operator = await account("lakeside", "operator@lakeside.example", ["platform_operator"]);
  await assert.rejects(link(admin, operator), code("auth.forbidden"));
  const north = await account(
    "lakeside",
    "north-chief@lakeside.example",
    ["site_admin"],
    [await facilityId("lakeside-main")],
  );
  const northern = await asAdmin("north-chief@lakeside.example");
  await assert.rejects(link(northern, chief.userId), code("auth.forbidden"));
  assert.ok(await link(admin, north));
  await assert.rejects(
    admin.resetLink({ userId: north, password: "not the admin's own" }),
    code("auth.reauthentication-failed"),
    "a screen left open makes none",
  );
});

test("more links for one account than anybody needs are refused, also when made side by side", async () => {
  const { userId } = (await signedIn("tech@lakeside.example")).actor;
  const admin = await asAdmin("admin@lakeside.example");
  const made = await Promise.allSettled(Array.from({ length: 7 }, () => admin.resetLink({ userId, password })));
  const refused = made.filter((each) => each.status === "rejected");
  assert.equal(refused.length, 2);
  for (const { reason } of refused) assert.ok(code("user.too-many-links")(reason));
  const { rows } = await db.owner.query("SELECT count(*)::int AS n FROM invitation WHERE used_at IS NULL");
  assert.equal(rows[0].n, 1, "one link is open");
});

test("a person is told who made a link for the account, when, and from where it was used, and nobody can hide it", async () => {
  const email = "tech@lakeside.example";
  const { actor } = await signedIn(email);
  const told = async () => (await createCaller(await authenticate(email, chosen, at.person)).session.me()).resetLinks;
  const admin = await asAdmin("admin@lakeside.example");
  const { displayName } = (await signedIn("admin@lakeside.example")).actor;
  const { token } = await admin.resetLink({ userId: actor.userId, password });
  const [unused] = (await createCaller(actor).session.me()).resetLinks;
  assert.equal(unused?.madeBy, displayName);
  assert.equal(unused.state, "open");
  assert.equal(unused.news, true);

  await use(token);
  const [used] = await told();
  assert.deepEqual([used?.state, used?.usedFrom, used?.news], ["used", at.person, true]);
  assert.equal((await told())[0]?.news, true, "a second sign-in is told it too");
  const changed = await authenticate(email, chosen, at.person);
  await createCaller(changed, prove).session.changePassword({ password: chosen, newPassword: password });
  assert.equal((await createCaller(changed).session.me()).resetLinks[0]?.linkId, used?.linkId);

  // Who comes back after weeks is told of what was made since the last time.
  await db.owner.query(`UPDATE invitation SET created_at = now() - interval '20 days';
    UPDATE session SET created_at = now() - interval '30 days'`);
  const late = await authenticate(email, password, at.person);
  assert.equal((await createCaller(late).session.me()).resetLinks[0]?.news, true);
  const later = await authenticate(email, password, at.person);
  const [kept] = (await createCaller(later).session.me()).resetLinks;
  assert.equal(kept?.news, false, "said often enough; the account page goes on saying it");
  const neighbour = createCaller((await signedIn("admin@lakeside.example")).actor).session.me();
  assert.deepEqual((await neighbour).resetLinks, []);
});

test("the sign-in role changes no password but with a link in the same transaction", async () => {
  const { userId } = (await signedIn("tech@lakeside.example")).actor;
  const admin = await asAdmin("admin@lakeside.example");
  await use((await admin.resetLink({ userId, password })).token);
  const forged = await pool("overread_auth").query("UPDATE credential SET password_hash = 'x' WHERE user_id = $1", [
    userId,
  ]);
  assert.equal(forged.rowCount, 0);
  await setPassword(userId);
});

test("whoever has the command line of the server lets the last administrator in again, and that is on record", async () => {
  const org = await orgId("lakeside");
  const email = "admin@lakeside.example";
  const make = (address: string) =>
    withMaintenance((tx) => makeResetLinkAsOperator(tx, systemActor(org, "cli"), address));
  await assert.rejects(make("nobody@lakeside.example"), { code: "user.not-found" });
  const { token } = await make("  Admin@lakeside.example");
  await use(token);
  const actor = await authenticate(email, chosen, at.person);
  const [link] = (await createCaller(actor).session.me()).resetLinks;
  assert.deepEqual([link?.madeBy, link?.state], [null, "used"]);
  assert.equal((await trail("user.reset-link", actor.userId)).by, "cli");
  await setPassword(actor.userId);
});
