import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import { authenticate } from "#server/auth/authenticate.ts";
import { assertGoodPassword } from "#server/auth/new-password.ts";
import { hashPassword } from "#server/auth/password.ts";
import { prove } from "#server/auth/proof/index.ts";
import { pool } from "#server/db/clients.ts";
import { withMaintenance } from "#server/db/maintenance.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { insertAccount } from "#server/domain/tenancy/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { createCaller } from "#server/trpc/caller.ts";
import { orgId, signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";

const demoPassword = "correct horse battery";
const chosen = "harmonica gravel tuesday kiosk";
let db: Awaited<ReturnType<typeof useTestDatabase>>;
before(async () => {
  db = await useTestDatabase();
  await seedDemo({ password: demoPassword });
});
after(() => db.drop());

const code = (appCode: string) => (error: { cause?: { code?: string }; code?: string }) =>
  (error.cause?.code ?? error.code) === appCode;
const reasonOf = (password: string, more: Parameters<typeof assertGoodPassword>[1] = {}) => {
  try {
    assertGoodPassword(password, more);
    return null;
  } catch (error) {
    return error instanceof DomainError ? error.details.reason : error;
  }
};

test("a password that is soon guessed, cannot be typed again or is the present one is refused", () => {
  const refused: [string, string][] = [
    ["passwordpassword", "guessable"],
    ["aaaaaaaaaaaaaaaa", "guessable"],
    ["abcabcabcabcabc", "guessable"],
    ["qwertyuiopasdfgh", "guessable"],
    ["123456789012345", "guessable"],
    ["P@ssw0rd12345", "guessable"],
    ["solheimingrid1", "guessable"],
    ["            ", "too-short"],
    ["  short      ", "too-short"],
    [`harmonica${String.fromCodePoint(0)}gravel kiosk`, "characters"],
    [`harmonica gravel${String.fromCodePoint(0x202e)}kiosk`, "characters"],
    [`harmonica${String.fromCodePoint(9)}gravel kiosk`, "characters"],
    ["harmonica gravel ".repeat(20), "too-long"],
  ];
  for (const [password, reason] of refused)
    assert.equal(reasonOf(password, { about: ["Dr Ingrid Solheim"] }), reason, JSON.stringify(password));
  assert.equal(reasonOf(chosen, { present: chosen }), "same");
  assert.equal(reasonOf("ﬁddle gravel tuesday kiosk", { present: "fiddle gravel tuesday kiosk" }), "same");
  assert.equal(reasonOf(chosen), null);
  assert.equal(reasonOf("größe über Köln im Herbst"), null);
});

test("a person whose keyboard composes otherwise signs in all the same", async () => {
  const email = "umlaut@nightshift.example";
  const { invitation } = await createCaller((await signedIn("admin@lakeside.example")).actor).user.create({
    email,
    displayName: "Uma Laut",
    roles: ["technologist"],
  });
  const password = "größe über Köln im Herbst";
  await createCaller(null).user.acceptInvitation({ token: invitation.token, password: password.normalize("NFD") });
  assert.ok(await authenticate(email, password.normalize("NFC"), "192.0.2.1"));
});

test("an invitation link works once, in time, for its account alone, and lets only its holder set the password", async () => {
  const admin = createCaller((await signedIn("admin@lakeside.example")).actor);
  const guest = createCaller(null);
  const person = { email: "invited@lakeside.example", displayName: "Ines Vite", roles: ["technologist" as const] };
  const { userId, invitation: first } = await admin.user.create(person);
  assert.equal((await admin.user.list()).items.find((item) => item.userId === userId)?.invited, true);
  for (const password of ["", "invited@lakeside.example", chosen])
    await assert.rejects(authenticate(person.email, password, "192.0.2.1"), { code: "auth.invalid-credentials" });

  const { token } = await admin.user.invite({ userId });
  const accept = (secret: string, password = chosen) => guest.user.acceptInvitation({ token: secret, password });
  await assert.rejects(accept(first.token), code("user.invitation-invalid"));
  assert.equal((await guest.user.invitation({ token })).email, person.email);
  await assert.rejects(accept(token, "passwordpassword"), code("user.password-weak"));
  await db.owner.query("UPDATE invitation SET expires_at = now() - interval '1 second' WHERE used_at IS NULL");
  await assert.rejects(accept(token), code("user.invitation-invalid"));
  await db.owner.query("UPDATE invitation SET expires_at = now() + interval '1 hour' WHERE used_at IS NULL");
  const race = await Promise.allSettled([accept(token), accept(token, "another gravel tuesday kiosk")]);
  assert.deepEqual(race.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  await assert.rejects(accept(token), code("user.invitation-invalid"));

  const { rows } = await db.owner.query("SELECT count(*)::int AS n FROM invitation WHERE token_sha256 = $1", [token]);
  assert.equal(rows[0].n, 0, "only the hash is kept");
  // Who has a password of their own is not invited again, by nobody.
  await assert.rejects(admin.user.invite({ userId }), code("user.invitation-invalid"));
  const stranger = createCaller((await signedIn("admin@harbor.example")).actor);
  await assert.rejects(stranger.user.invite({ userId }), code("user.not-found"));
});

test("no tenant's transaction is open while a person proves who they are", async () => {
  const { actor } = await signedIn("radiologist@nightshift.example");
  const busy: number[] = [];
  const caller = createCaller(actor, async (...proof) => {
    busy.push(pool("overread_app").totalCount - pool("overread_app").idleCount);
    await prove(...proof);
  });
  const signature = { caseId: crypto.randomUUID(), claimToken: "1", version: 1, password: demoPassword };
  await assert.rejects(caller.report.sign(signature), code("case.not-found"));
  await assert.rejects(
    caller.session.changePassword({ password: demoPassword, newPassword: "short" }),
    code("user.password-weak"),
  );
  assert.deepEqual(busy, [0, 0]);
});

test("a first password that an operator gave signs nothing until the person has changed it", async () => {
  const org = await orgId("nightshift");
  const given = "given by the operator 7";
  const email = "fresh@nightshift.example";
  await withMaintenance(async (tx) =>
    insertAccount(tx, systemActor(org, "cli"), org, {
      email,
      displayName: "Fay Resh",
      roles: ["radiologist"],
      passwordHash: await hashPassword(given),
      mustChange: true,
    }),
  );
  const actor = await authenticate(email, given, "192.0.2.1");
  const caller = createCaller(actor, prove);
  const signature = { caseId: crypto.randomUUID(), claimToken: "1", version: 1 };
  await assert.rejects(caller.report.sign({ ...signature, password: given }), code("auth.password-change-required"));
  await assert.rejects(
    caller.report.addendum({ caseId: signature.caseId, text: "x", password: given }),
    code("auth.password-change-required"),
  );
  await assert.rejects(
    caller.session.changePassword({ password: given, newPassword: given }),
    code("user.password-weak"),
  );
  await caller.session.changePassword({ password: given, newPassword: chosen });
  await assert.rejects(caller.report.sign({ ...signature, password: chosen }), code("case.not-found"));
});
