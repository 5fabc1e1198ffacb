import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Secret, TOTP } from "otpauth";
import { authenticate } from "#server/auth/authenticate.ts";
import { prove } from "#server/auth/proof/index.ts";
import { signInLimits } from "#server/auth/rate-limit.ts";
import { createSession, findSession, sessionsPerAccount } from "#server/auth/session.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { createCaller } from "#server/trpc/caller.ts";
import { signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";
import { serveNextAuth, submitSignIn } from "../next-auth-server.ts";

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

const code = (appCode: string) => (error: { cause?: { code?: string } }) => error.cause?.code === appCode;
/** The app's code as if this many steps had passed since the last one used: each is good once. */
const ahead = () => db.owner.query("UPDATE second_factor SET last_step = 0");

async function enrol(email: string) {
  const { actor } = await signedIn(email);
  const { secondFactor } = createCaller(actor, prove).session;
  const { secret, uri } = await secondFactor.begin({ password });
  assert.match(uri, /^otpauth:\/\/totp\/Overread/);
  const app = new TOTP({ secret: Secret.fromBase32(secret) });
  await assert.rejects(secondFactor.confirm({ code: "12345" }), code("auth.second-factor-invalid"));
  const { recoveryCodes } = await secondFactor.confirm({ code: app.generate() });
  await ahead();
  return { actor, app, recoveryCodes, secondFactor };
}

test("an account with an authenticator app signs in with its code and with nothing less, and each code once", async () => {
  const email = "radiologist@nightshift.example";
  const { app, recoveryCodes } = await enrol(email);
  const { location, jar } = await submitSignIn(portal.url, { email, password });
  assert.match(location, /error=auth.second-factor-required/);
  assert.equal(jar.values.has("next-auth.session-token"), false);

  const good = app.generate();
  const wrong = good === "000000" ? "000001" : "000000";
  await assert.rejects(authenticate(email, password, "192.0.2.1", { totp: wrong }), {
    code: "auth.second-factor-invalid",
  });
  const race = await Promise.allSettled(
    [good, good].map((totp) => authenticate(email, password, "192.0.2.1", { totp })),
  );
  assert.deepEqual(race.map(({ status }) => status).sort(), ["fulfilled", "rejected"], "a code is used up");
  await assert.rejects(authenticate(email, password, "192.0.2.1", { totp: good }), {
    code: "auth.second-factor-invalid",
  });
  await ahead();
  const form = await submitSignIn(portal.url, { email, password, totp: app.generate() });
  assert.equal(form.jar.values.has("next-auth.session-token"), true);

  const [recovery] = recoveryCodes;
  assert.ok(await authenticate(email, password, "192.0.2.1", { totp: recovery }));
  await assert.rejects(authenticate(email, password, "192.0.2.1", { totp: recovery }), {
    code: "auth.second-factor-invalid",
  });
  // A wrong password is answered as ever: nobody learns that the account has a second factor.
  await assert.rejects(authenticate(email, "wrong", "192.0.2.2", { totp: wrong }), {
    code: "auth.invalid-credentials",
  });
});

test("codes cannot be guessed side by side", async () => {
  await db.owner.query("DELETE FROM sign_in_attempt");
  const { app } = await enrol("radiologist2@nightshift.example");
  const guesses = Array.from({ length: signInLimits["account-source"] }, (_, n) =>
    assert.rejects(
      authenticate("radiologist2@nightshift.example", password, "192.0.2.3", { totp: String(n).padStart(6, "0") }),
    ),
  );
  await Promise.all(guesses);
  await assert.rejects(
    authenticate("radiologist2@nightshift.example", password, "192.0.2.3", { totp: app.generate() }),
    { code: "auth.rate-limited" },
  );
});

test("signing asks for the code where the account has one, and the code for that is good once too", async () => {
  const { actor, app, secondFactor } = await enrol("lead@nightshift.example");
  await assert.rejects(prove(actor, { password }), { code: "auth.second-factor-required" });
  const totp = app.generate();
  await prove(actor, { password, totp });
  await assert.rejects(prove(actor, { password, totp }), { code: "auth.second-factor-invalid" });
  await assert.rejects(secondFactor.begin({ password }), code("auth.second-factor-required"));
  await ahead();
  await secondFactor.remove({ password, totp: app.generate() });
  await prove(actor, { password });
});

test("the secret of an app is kept encrypted, and the application's role cannot read it", async () => {
  const { actor } = await enrol("tech@lakeside.example");
  const { rows } = await db.owner.query("SELECT secret FROM second_factor WHERE user_id = $1", [actor.userId]);
  assert.ok(rows[0].secret.length > 40);
  const { rows: grants } = await db.owner.query(
    "SELECT has_table_privilege('overread_app', 'second_factor', 'SELECT, INSERT, UPDATE, DELETE') AS may",
  );
  assert.equal(grants[0].may, false);
});

test("a person sees where they are signed in and ends what is not theirs; old sessions beyond the cap go", async () => {
  const here = await signedIn("admin@lakeside.example");
  const there = await authenticate("admin@lakeside.example", password, "203.0.113.9");
  const stranger = await signedIn("admin@harbor.example");
  const { session } = createCaller(here.actor);
  const listed = await session.list();
  assert.deepEqual(
    listed.map(({ sessionId, address, present }) => [sessionId, address, present]).sort(),
    [
      [here.actor.sessionId, "", true],
      [there.sessionId, "203.0.113.9", false],
    ].sort(),
  );
  assert.deepEqual(await session.end({ sessionId: stranger.actor.sessionId }), { sessions: 0 });
  assert.ok(await findSession(stranger.actor.sessionId));
  await session.end({ sessionId: there.sessionId });
  assert.equal(await findSession(there.sessionId), null);

  for (let n = 0; n < sessionsPerAccount + 5; n++) await createSession(here.actor.userId, here.actor.orgId);
  assert.equal((await createCaller(stranger.actor).session.list()).length, 1);
  const { rows } = await db.owner.query(
    "SELECT count(*)::int AS n FROM session WHERE user_id = $1 AND revoked_at IS NULL",
    [here.actor.userId],
  );
  assert.equal(rows[0].n, sessionsPerAccount);
  const last = await signedIn("admin@lakeside.example");
  await createCaller(last.actor).session.endOthers();
  assert.equal((await createCaller(last.actor).session.list()).length, 1);
});
