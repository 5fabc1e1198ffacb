import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { actorFromRequest } from "#server/auth/actor-from-request.ts";
import { authenticate } from "#server/auth/authenticate.ts";
import { ownSignInPage } from "#server/auth/own-sign-in-page.ts";
import { prove } from "#server/auth/proof/index.ts";
import { signInLimits, sourceOf } from "#server/auth/rate-limit.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { createCaller } from "#server/trpc/caller.ts";
import { signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";
import { CookieJar, serveNextAuth, submitSignIn } from "../next-auth-server.ts";

const password = "correct horse battery";
let db: Awaited<ReturnType<typeof useTestDatabase>>;
let portal: Awaited<ReturnType<typeof serveNextAuth>>;
before(async () => {
  db = await useTestDatabase();
  await seedDemo({ password });
  portal = await serveNextAuth();
});
after(async () => {
  await portal.close();
  await db.drop();
});

const forgetFailures = () => db.owner.query("DELETE FROM sign_in_attempt");
const auditActions = async (orgSlug: string) =>
  (
    await db.owner.query<{ action: string; outcome: string; details: Record<string, unknown> }>(
      "SELECT e.action, e.outcome, e.details FROM audit_event e JOIN organization o ON o.id = e.org_id WHERE o.slug = $1 ORDER BY seq",
      [orgSlug],
    )
  ).rows.filter((row) => row.action.startsWith("session."));

test("a radiologist signs in with the form alone and is known by the cookie", async () => {
  const { location, jar } = await submitSignIn(portal.url, {
    email: "Radiologist@Nightshift.example ",
    password,
    callbackUrl: "/worklist",
  });
  assert.equal(location, "/worklist");
  const attributes = jar.attributes.get("next-auth.session-token") ?? "";
  assert.match(attributes, /HttpOnly/);
  assert.match(attributes, /SameSite=Lax/i);
  const actor = await actorFromRequest({ headers: { cookie: jar.header } });
  assert.ok(actor?.kind === "user");
  assert.equal(actor.email, "radiologist@nightshift.example");
  const session = (await (await jar.fetch(`${portal.url}/api/auth/session`)).json()) as { user: { email: string } };
  assert.equal(session.user.email, "radiologist@nightshift.example");
  const last = (await auditActions("nightshift")).at(-1);
  assert.deepEqual(
    [last?.action, last?.outcome, last?.details.sessionId],
    ["session.sign-in", "success", actor.sessionId],
  );
});

test("a sign-in does not lead off this origin", async () => {
  for (const callbackUrl of ["https://evil.example/", "//evil.example/x", "/\\evil.example"]) {
    const { location } = await submitSignIn(portal.url, { email: "lead@nightshift.example", password, callbackUrl });
    const target = new URL(location || "/", portal.url);
    assert.equal(target.host, new URL(portal.url).host, `${callbackUrl} → ${location}`);
  }
});

test("without the csrf token nobody is signed in", async () => {
  const jar = new CookieJar();
  await jar.fetch(`${portal.url}/api/auth/callback/credentials`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ email: "lead@nightshift.example", password }),
  });
  assert.equal(jar.values.has("next-auth.session-token"), false);
});

test("an unknown address and a wrong password get the same answer and cost the same work", async () => {
  await forgetFailures();
  const answers = [];
  for (const email of ["tech@lakeside.example", "nobody@lakeside.example"]) {
    const started = performance.now();
    const { status, location, jar } = await submitSignIn(portal.url, { email, password: "wrong" });
    answers.push({ status, location, session: jar.values.has("next-auth.session-token") });
    assert.ok(performance.now() - started > 5, "an argon2id verification takes its time");
  }
  assert.deepEqual(answers[0], answers[1]);
  assert.equal(answers[0]?.session, false);
  assert.match(answers[0]?.location ?? "", /error=CredentialsSignin/);
  assert.equal(ownSignInPage(answers[0]!.location), "/sign-in?error=CredentialsSignin");
  const refused = (await auditActions("lakeside")).filter((row) => row.outcome === "refused");
  assert.deepEqual(
    refused.map((row) => row.details.reason),
    ["password"],
  );
});

test("guessing at an account is stopped, with a clear answer, and the right password does not help until the time is over", async () => {
  await forgetFailures();
  const email = "referrer@lakeside.example";
  const limit = signInLimits["account-source"];
  const guesses = await Promise.all(
    Array.from({ length: limit + 4 }, () =>
      authenticate(email, "wrong", "192.0.2.1").then(
        () => "in",
        (error) => error.code as string,
      ),
    ),
  );
  assert.equal(guesses.filter((code) => code === "auth.invalid-credentials").length, limit);
  assert.equal(guesses.filter((code) => code === "auth.rate-limited").length, 4);
  await assert.rejects(authenticate(email, password, "192.0.2.1"), { code: "auth.rate-limited" });
  for (let i = 0; i < limit; i++) await submitSignIn(portal.url, { email, password: "wrong" });
  const { location } = await submitSignIn(portal.url, { email, password });
  assert.match(location, /error=auth.rate-limited/);
  assert.equal(ownSignInPage(location), "/sign-in?error=auth.rate-limited");
  // An account that does not exist is limited just the same.
  for (let i = 0; i < limit; i++)
    await assert.rejects(authenticate("ghost@lakeside.example", "x", "192.0.2.2"), {
      code: "auth.invalid-credentials",
    });
  await assert.rejects(authenticate("ghost@lakeside.example", "x", "192.0.2.2"), { code: "auth.rate-limited" });

  await db.owner.query("UPDATE sign_in_attempt SET window_start = now() - interval '16 minutes'");
  assert.equal((await authenticate(email, password, "192.0.2.1")).email, email);
});

test("a right password buys no new guesses: the failures before it stay until their time is over", async () => {
  await forgetFailures();
  const email = "referrer@lakeside.example";
  const wrong = (guess: string) => authenticate(email, guess, "192.0.2.77");
  for (let i = 0; i < signInLimits["account-source"] - 1; i++)
    await assert.rejects(wrong("wrong"), { code: "auth.invalid-credentials" });
  assert.equal((await authenticate(email, password, "192.0.2.77")).email, email);
  await assert.rejects(wrong("wrong"), { code: "auth.invalid-credentials" });
  await assert.rejects(wrong("wrong"), { code: "auth.rate-limited" });
});

test("guessing at many accounts from one address is stopped", async () => {
  await forgetFailures();
  for (let i = 0; i < signInLimits.address; i++)
    await assert.rejects(authenticate(`user${i}@x.example`, "x", "192.0.2.9"));
  await assert.rejects(authenticate("lead@nightshift.example", password, "192.0.2.9"), { code: "auth.rate-limited" });
  assert.ok(await authenticate("lead@nightshift.example", password, "192.0.2.10"));
});

test("a signature asks for the password again, and wrong ones count against that session alone", async () => {
  await forgetFailures();
  const { actor } = await signedIn("radiologist@nightshift.example");
  await prove(actor, { password });
  for (let i = 0; i < signInLimits.session; i++)
    await assert.rejects(prove(actor, { password: "wrong" }), { code: "auth.reauthentication-failed" });
  await assert.rejects(prove(actor, { password }), { code: "auth.rate-limited" });
  assert.ok(await authenticate(actor.email, password, "192.0.2.1"));
  await prove((await signedIn(actor.email)).actor, { password });
});

test("a stranger who knows an e-mail stops neither the owner's sign-in nor a signature", async () => {
  await forgetFailures();
  const email = "radiologist@nightshift.example";
  const owner = await authenticate(email, password, "198.51.100.7");
  // From one source, then from so many that the account as a whole is being guessed at.
  const sources = signInLimits.account / signInLimits["account-source"] + 2;
  for (let source = 1; source <= sources; source++)
    await Promise.all(
      Array.from({ length: signInLimits["account-source"] + 1 }, () =>
        assert.rejects(authenticate(email, "wrong", `192.0.2.${source}`)),
      ),
    );
  await prove(owner, { password });
  assert.equal((await authenticate(email, password, "198.51.100.7")).userId, owner.userId);
  await assert.rejects(authenticate(email, password, "192.0.2.200"), { code: "auth.rate-limited" });
  // The account's other organisations and other people are as before.
  assert.ok(await authenticate("radiologist2@nightshift.example", password, "198.51.100.8"));
});

test("a guesser with one IPv6 subscription has one source, however many addresses", () => {
  assert.equal(sourceOf("2001:db8:1:2::9"), sourceOf("2001:0DB8:1:2:aaaa:bbbb:cccc:dddd"));
  assert.notEqual(sourceOf("2001:db8:1:2::9"), sourceOf("2001:db8:1:3::9"));
  assert.equal(sourceOf("::ffff:192.0.2.1"), "192.0.2.1");
  assert.equal(sourceOf("unknown"), "unknown");
});

test("sign-ins are on record with their source, refused ones of unknown addresses too", async () => {
  await forgetFailures();
  const { actor } = { actor: await authenticate("lead@nightshift.example", password, "203.0.113.5") };
  const signIn = (await auditActions("nightshift")).at(-1);
  assert.deepEqual(signIn?.details, { sessionId: actor.sessionId, address: "203.0.113.5" });
  await assert.rejects(authenticate(actor.email, "wrong", "203.0.113.6"));
  assert.equal((await auditActions("nightshift")).at(-1)?.details.address, "203.0.113.6");
  await assert.rejects(authenticate("my-secret-password", "wrong", "203.0.113.7"));
  const unknown = (await auditActions("overread")).at(-1);
  assert.deepEqual(
    [unknown?.action, unknown?.outcome, unknown?.details.address],
    ["session.sign-in-refused", "refused", "203.0.113.7"],
  );
  assert.equal(JSON.stringify(unknown).includes("my-secret-password"), false);
});

test("a session ends after fifteen idle minutes, and twelve hours after sign-in whatever happens", async () => {
  const idle = await signedIn("radiologist@nightshift.example");
  await db.owner.query("UPDATE session SET last_seen_at = now() - interval '14 minutes' WHERE id = $1", [
    idle.actor.sessionId,
  ]);
  const request = { headers: { cookie: idle.cookie } };
  assert.ok(await actorFromRequest(request, { touch: false }), "still inside the limit");
  assert.ok(await actorFromRequest(request));
  await db.owner.query("UPDATE session SET last_seen_at = last_seen_at - interval '14 minutes' WHERE id = $1", [
    idle.actor.sessionId,
  ]);
  assert.ok(await actorFromRequest(request), "activity moved the limit");
  await db.owner.query("UPDATE session SET last_seen_at = now() - interval '15 minutes 1 second' WHERE id = $1", [
    idle.actor.sessionId,
  ]);
  assert.equal(await actorFromRequest(request), null);

  const old = await signedIn("radiologist@nightshift.example");
  const { rows } = await db.owner.query(
    "SELECT expires_at - created_at = interval '12 hours' AS twelve FROM session WHERE id = $1",
    [old.actor.sessionId],
  );
  assert.equal(rows[0].twelve, true);
  await db.owner.query("UPDATE session SET expires_at = now() - interval '1 second' WHERE id = $1", [
    old.actor.sessionId,
  ]);
  assert.equal(await actorFromRequest({ headers: { cookie: old.cookie } }), null);
});

test("signing out ends the session itself, not only the cookie", async () => {
  await forgetFailures();
  const { jar } = await submitSignIn(portal.url, { email: "tech@lakeside.example", password });
  const stolen = jar.header;
  assert.ok(await actorFromRequest({ headers: { cookie: stolen } }));
  const { csrfToken } = (await (await jar.fetch(`${portal.url}/api/auth/csrf`)).json()) as { csrfToken: string };
  await jar.fetch(`${portal.url}/api/auth/signout`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ csrfToken }),
  });
  assert.equal(await actorFromRequest({ headers: { cookie: stolen } }), null);
  assert.deepEqual(await (await fetch(`${portal.url}/api/auth/session`, { headers: { cookie: stolen } })).json(), {});
  assert.equal((await auditActions("lakeside")).at(-1)?.action, "session.sign-out");
});

test("signing out everywhere ends every session of that person and nobody else's", async () => {
  const here = await signedIn("radiologist@nightshift.example");
  const there = await signedIn("radiologist@nightshift.example");
  const colleague = await signedIn("radiologist2@nightshift.example");
  await createCaller(here.actor).session.signOutEverywhere();
  assert.equal(await actorFromRequest({ headers: { cookie: here.cookie } }), null);
  assert.equal(await actorFromRequest({ headers: { cookie: there.cookie } }), null);
  assert.ok(await actorFromRequest({ headers: { cookie: colleague.cookie } }));
});

test("a deactivated person is out at once and does not come back", async () => {
  await forgetFailures();
  const admin = await signedIn("admin@lakeside.example");
  const tech = await signedIn("tech@lakeside.example");
  await createCaller(admin.actor).user.deactivate({ userId: tech.actor.userId });
  assert.equal(await actorFromRequest({ headers: { cookie: tech.cookie } }), null);
  await assert.rejects(authenticate("tech@lakeside.example", password, "192.0.2.1"), {
    code: "auth.invalid-credentials",
  });
});

test("a forged or altered cookie is nobody", async () => {
  const { cookie } = await signedIn("lead@nightshift.example");
  for (const bad of [`${cookie.slice(0, -3)}abc`, "next-auth.session-token=x", "next-auth.session-token=", "a=b"])
    assert.equal(await actorFromRequest({ headers: { cookie: bad } }), null);
});
