import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import type { UserActor } from "#server/context.ts";
import { isBusyDatabase } from "#server/db/busy.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { claimCase, expireClaim, getCase, listCases, releaseClaim, renewClaim } from "#server/domain/reading/index.ts";
import { getReport, saveDraft, signReport } from "#server/domain/reporting/index.ts";
import { systemActor } from "#server/system-actor.ts";
import type { useTestDatabase } from "../database.ts";
import { useDemoPeople } from "../demo-people.ts";
import { lapseClaim, makeUnreadCase } from "../factories/studies.ts";

let db: Awaited<ReturnType<typeof useTestDatabase>>;
let solheim: UserActor;
let mensah: UserActor;
let lead: UserActor;
before(async () => {
  ({ db, solheim, mensah, lead } = await useDemoPeople());
});
after(() => db.drop());

const claim = (actor: UserActor, caseId: string) => withTenant(actor, (ctx) => claimCase(ctx, { caseId }));
const sections = (impression: string) => [
  { key: "findings", title: "Findings", text: "Clear." },
  { key: "impression", title: "Impression", text: impression },
];
const refusedWith = (code: string) => (error: unknown) => error instanceof DomainError && error.code === code;

test("of two radiologists who click many times together one wins, and the other is told who was first", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  const attempts = await Promise.allSettled(
    Array.from({ length: 40 }, (_, n) => claim(n % 2 ? solheim : mensah, caseId)),
  );
  const winners = attempts.filter((a) => a.status === "fulfilled").map((a) => a.value.claimToken);
  const losers = attempts.filter((a) => a.status === "rejected").map((a) => a.reason);
  assert.equal(winners.length, 20, "the winner's other windows join the claim");
  assert.deepEqual([...new Set(winners)], ["1"], "one claim, one token");
  assert.equal(losers.length, 20);
  const winner = (await db.owner.query("SELECT claimed_by_id FROM reading_case WHERE id = $1", [caseId])).rows[0]
    .claimed_by_id;
  const name = winner === solheim.userId ? "Dr Ingrid Solheim" : "Dr Kwame Mensah";
  for (const error of losers) {
    assert.ok(error instanceof DomainError && error.code === "case.already-claimed", String(error));
    assert.equal(error.details.claimedByName, name);
    assert.ok(Number(error.details.claimedSecondsAgo) >= 0);
  }
});

test("of 200 radiologists who claim one case at once exactly one gets it", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  const people = await db.owner.query<{ id: string }>(
    `INSERT INTO user_account (org_id, email, display_name, person_name, roles, facility_ids, referrer_names)
     SELECT $1, 'reader' || n || '@nightshift.example', 'Reader ' || n, 'Reader^' || n, '{radiologist}', '{}', '{}'
     FROM generate_series(1, 200) n RETURNING id`,
    [solheim.orgId],
  );
  /** Who is told that the database is busy, as on a machine with other work, asks again. */
  const answered = async (actor: UserActor): Promise<string> => {
    for (;;)
      try {
        await claim(actor, caseId);
        return "claimed";
      } catch (error) {
        if (error instanceof DomainError) return error.code;
        if (!isBusyDatabase(error)) throw error;
      }
  };
  const answers = await Promise.all(people.rows.map(({ id }) => answered({ ...solheim, userId: id })));
  assert.equal(answers.filter((answer) => answer === "claimed").length, 1);
  assert.deepEqual([...new Set(answers)].sort(), ["case.already-claimed", "claimed"]);
  const { rows } = await db.owner.query(
    "SELECT count(*)::int AS n FROM audit_event WHERE case_id = $1 AND action = 'case.claim'",
    [caseId],
  );
  assert.equal(rows[0].n, 1, "one claim on record");
  const jobs = await db.owner.query(
    "SELECT count(*)::int AS n FROM outbox_job WHERE name = 'claim.expire' AND payload->>'caseId' = $1",
    [caseId],
  );
  assert.equal(jobs.rows[0].n, 1, "one lease to watch");
});

test("a reader who was frozen past the lease cannot sign after another took over, and the draft is kept", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  const first = await claim(solheim, caseId);
  const saved = await withTenant(solheim, (ctx) =>
    saveDraft(ctx, { caseId, claimToken: first.claimToken, version: 0, sections: sections("Nodule.") }),
  );
  await lapseClaim(db.owner, caseId);
  const second = await claim(mensah, caseId);
  assert.ok(BigInt(second.claimToken) > BigInt(first.claimToken), "the token grows");

  await assert.rejects(
    withTenant(solheim, (ctx) => signReport(ctx, { caseId, claimToken: first.claimToken, version: saved.version })),
    (error) =>
      error instanceof DomainError &&
      error.code === "case.claim-expired" &&
      error.details.claimedByName === "Dr Kwame Mensah",
  );
  await assert.rejects(
    withTenant(solheim, (ctx) =>
      saveDraft(ctx, { caseId, claimToken: first.claimToken, version: saved.version, sections: sections("Late.") }),
    ),
    refusedWith("case.claim-expired"),
  );
  const report = await withTenant(mensah, (ctx) => getReport(ctx, { caseId }));
  assert.equal(report.state, "drafted");
  assert.deepEqual(report.sections, sections("Nodule."), "the colleague goes on from the draft");
  assert.equal(report.draft?.savedBy, "Dr Ingrid Solheim");
});

test("a lapsed lease shuts its holder out even when nobody took over, and claiming again opens the case", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  const first = await claim(solheim, caseId);
  await lapseClaim(db.owner, caseId);
  await assert.rejects(
    withTenant(solheim, (ctx) => renewClaim(ctx, { caseId, claimToken: first.claimToken })),
    refusedWith("case.claim-expired"),
  );
  await assert.rejects(
    withTenant(solheim, (ctx) =>
      saveDraft(ctx, { caseId, claimToken: first.claimToken, version: 0, sections: sections("x") }),
    ),
    refusedWith("case.claim-expired"),
  );
  const again = await claim(solheim, caseId);
  assert.notEqual(again.claimToken, first.claimToken);
  await assert.rejects(
    withTenant(solheim, (ctx) =>
      saveDraft(ctx, { caseId, claimToken: first.claimToken, version: 0, sections: sections("x") }),
    ),
    refusedWith("case.claim-expired"),
    "the old token stays shut out",
  );
});

test("two windows of one person share a claim, and renewing moves its end", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  const one = await claim(solheim, caseId);
  const two = await claim(solheim, caseId);
  assert.equal(two.claimToken, one.claimToken);
  const renewed = await withTenant(solheim, (ctx) => renewClaim(ctx, { caseId, claimToken: one.claimToken }));
  assert.ok(renewed.claimedUntil >= two.claimedUntil);
  await assert.rejects(
    withTenant(mensah, (ctx) => renewClaim(ctx, { caseId, claimToken: one.claimToken })),
    refusedWith("case.claim-expired"),
  );
  await assert.rejects(
    withTenant(solheim, (ctx) => renewClaim(ctx, { caseId, claimToken: "99" })),
    refusedWith("case.not-claimed"),
  );
});

test("the expiry job gives a vanished reader's case back, leaves a renewed one alone and looks again", async () => {
  const vanished = await makeUnreadCase(db.owner);
  const system = systemActor(vanished.orgId, "worker");
  await claim(solheim, vanished.caseId);
  await lapseClaim(db.owner, vanished.caseId);
  await withTenant(system, (ctx) => expireClaim(ctx, vanished));
  await withTenant(system, (ctx) => expireClaim(ctx, vanished));
  const item = await withTenant(mensah, (ctx) => getCase(ctx, vanished));
  assert.deepEqual([item.state, item.claimedBy, item.can.claim], ["unread", null, true]);
  const expiries = await db.owner.query(
    "SELECT count(*)::int AS n FROM audit_event WHERE case_id = $1 AND action = 'case.expire'",
    [vanished.caseId],
  );
  assert.equal(expiries.rows[0].n, 1, "running it twice expires once");

  const reading = await makeUnreadCase(db.owner);
  await claim(solheim, reading.caseId);
  await withTenant(system, (ctx) => expireClaim(ctx, reading));
  assert.equal((await withTenant(mensah, (ctx) => getCase(ctx, reading))).state, "claimed");
  const jobs = await db.owner.query(
    "SELECT run_at FROM outbox_job WHERE name = 'claim.expire' AND payload->>'caseId' = $1 ORDER BY created_at",
    [reading.caseId],
  );
  assert.equal(jobs.rows.length, 2);
  assert.ok(jobs.rows[1].run_at > new Date(), "at the end of the running lease");
});

test("a released case is unread again, a begun one stays begun, and a worklist manager may take a claim away", async () => {
  const untouched = await makeUnreadCase(db.owner);
  const a = await claim(solheim, untouched.caseId);
  assert.deepEqual(await withTenant(solheim, (ctx) => releaseClaim(ctx, { ...untouched, claimToken: a.claimToken })), {
    state: "unread",
  });

  const begun = await makeUnreadCase(db.owner);
  const b = await claim(solheim, begun.caseId);
  await withTenant(solheim, (ctx) =>
    saveDraft(ctx, { caseId: begun.caseId, claimToken: b.claimToken, version: 0, sections: sections("") }),
  );
  await assert.rejects(
    withTenant(mensah, (ctx) => releaseClaim(ctx, { caseId: begun.caseId })),
    refusedWith("auth.forbidden"),
  );
  assert.equal((await withTenant(lead, (ctx) => getCase(ctx, begun))).can.release, true);
  assert.deepEqual(await withTenant(lead, (ctx) => releaseClaim(ctx, { caseId: begun.caseId })), { state: "drafted" });
  const { rows } = await db.owner.query(
    "SELECT actor_name, details FROM audit_event WHERE case_id = $1 AND action = 'case.release'",
    [begun.caseId],
  );
  assert.equal(rows[0].actor_name, "Noor Haddad");
  assert.equal(rows[0].details.takenFrom, solheim.userId);
  await assert.rejects(
    withTenant(lead, (ctx) => releaseClaim(ctx, { caseId: begun.caseId })),
    refusedWith("case.not-claimed"),
  );
  await assert.rejects(
    withTenant(lead, (ctx) => claimCase(ctx, { caseId: begun.caseId })),
    refusedWith("auth.forbidden"),
  );
});

test("the worklist shows a second radiologist who reads, and offers the claim to nobody else", async () => {
  const { caseId } = await makeUnreadCase(db.owner, { patientName: "Whosit^Wanda" });
  await claim(solheim, caseId);
  const row = async (actor: UserActor) =>
    (await withTenant(actor, (ctx) => listCases(ctx, { filter: { text: "whosit" } }))).items[0];
  const theirs = await row(mensah);
  assert.equal(theirs?.claimedBy?.name, "Dr Ingrid Solheim");
  const may = (item: Awaited<ReturnType<typeof row>>) => {
    const { claim, release, read, sign } = item!.can;
    return { claim, release, read, sign };
  };
  assert.deepEqual(may(theirs), { claim: false, release: false, read: true, sign: false });
  assert.deepEqual(may(await row(solheim)), { claim: true, release: true, read: true, sign: true });
});

test("what a reader has open is free for a colleague as soon as the account is closed, and nothing is signed by it any more", async () => {
  const { caseId } = await makeUnreadCase(db.owner, { requestedPriority: "STAT" });
  const other = await makeUnreadCase(db.owner);
  const { claimToken } = await claim(mensah, caseId);
  await claim(solheim, other.caseId);
  await withTenant(mensah, (ctx) => saveDraft(ctx, { caseId, claimToken, version: 0, sections: sections("Clear.") }));
  await db.owner.query("UPDATE user_account SET deactivated_at = now() WHERE id = $1", [mensah.userId]);
  await assert.rejects(
    withTenant(mensah, (ctx) => signReport(ctx, { caseId, claimToken, version: 1 })),
    refusedWith("case.claim-expired"),
  );
  await claim(solheim, caseId);
  const { rows } = await db.owner.query("SELECT claimed_until > now() AS runs FROM reading_case WHERE id = $1", [
    other.caseId,
  ]);
  assert.deepEqual(rows, [{ runs: true }], "nobody else's");
  await db.owner.query("UPDATE user_account SET deactivated_at = NULL WHERE id = $1", [mensah.userId]);
});
