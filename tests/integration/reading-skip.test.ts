import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import { skipReasons } from "@overread/shared/skip-reasons";
import type { UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { claimCase, listCases, nextCase, skipCase } from "#server/domain/reading/index.ts";
import type { useTestDatabase } from "../database.ts";
import { useDemoPeople } from "../demo-people.ts";
import { makeArrivingCase, makeUnreadCase } from "../factories/studies.ts";

let db: Awaited<ReturnType<typeof useTestDatabase>>;
let solheim: UserActor;
let mensah: UserActor;
let lead: UserActor;
let tech: UserActor;
let first: { caseId: string };
let second: { caseId: string };

before(async () => {
  ({ db, solheim, mensah, lead, tech } = await useDemoPeople());
  first = await makeUnreadCase(db.owner);
  second = await makeUnreadCase(db.owner);
  await db.owner.query("UPDATE reading_case SET priority_score = 100 WHERE id = $1", [first.caseId]);
  await db.owner.query("UPDATE reading_case SET priority_score = 50 WHERE id = $1", [second.caseId]);
});
after(() => db.drop());

const skip = (actor: UserActor, caseId: string, reason: string = skipReasons[0]) =>
  withTenant(actor, (ctx) => skipCase(ctx, { caseId, reason }));
const next = (actor: UserActor) => withTenant(actor, (ctx) => nextCase(ctx));
const skips = async (actor: UserActor) => (await withTenant(actor, (ctx) => listCases(ctx, {}))).skips;
const refusedWith = (code: string) => (error: unknown) => error instanceof DomainError && error.code === code;
const minutesFromNow = (at: string) => Math.round((new Date(at).getTime() - Date.now()) / 60_000);

test("a skipped case goes to the end of the reader's own list, with a reason, and comes back by itself", async () => {
  assert.equal((await next(solheim))?.caseId, first.caseId);
  const { skippedUntil } = await skip(solheim, first.caseId);
  assert.equal(minutesFromNow(skippedUntil), 60);
  assert.equal((await next(solheim))?.caseId, second.caseId);
  assert.equal((await next(mensah))?.caseId, first.caseId, "a colleague is offered it as before");
  await skip(solheim, second.caseId, "  My own words here ");
  assert.equal((await next(solheim))?.caseId, first.caseId, "when everything is skipped, nothing is hidden");

  await db.owner.query("UPDATE case_skip SET skipped_until = now() - interval '1 s' WHERE case_id = $1", [
    first.caseId,
  ]);
  assert.deepEqual(
    (await skips(solheim)).map(({ caseId }) => caseId),
    [second.caseId],
  );
});

test("the group sees who skips what, until when and why; the hospital does not", async () => {
  await skip(solheim, first.caseId, skipReasons[1]);
  for (const actor of [solheim, mensah, lead]) {
    const seen = (await skips(actor)).find(({ caseId }) => caseId === first.caseId);
    assert.equal(seen?.by, "Dr Ingrid Solheim");
    assert.equal(seen?.reason, skipReasons[1]);
    assert.equal(minutesFromNow(seen?.until ?? ""), 60);
  }
  assert.deepEqual(await skips(tech), []);
  const { rows } = await db.owner.query(
    "SELECT actor_id, details FROM audit_event WHERE action = 'case.skip' AND case_id = $1 ORDER BY seq",
    [first.caseId],
  );
  assert.equal(rows.length, 2, "every skip is on the trail, also one that took the place of another");
  assert.equal(rows[1].actor_id, solheim.userId);
  assert.equal(rows[1].details.reason, skipReasons[1]);
  assert.equal(rows[1].details.priority, "routine");
});

test("a STAT is not skipped in silence: it asks for own words, and comes back soon", async () => {
  // One that is left, so that "next" has something else to offer.
  await makeUnreadCase(db.owner);
  const stat = await makeUnreadCase(db.owner);
  await db.owner.query("UPDATE reading_case SET priority = 'stat', priority_score = 900 WHERE id = $1", [stat.caseId]);
  for (const reason of [...skipReasons, skipReasons[0].toUpperCase(), "too short", "   not my   "])
    await assert.rejects(skip(solheim, stat.caseId, reason), refusedWith("case.skip-reason"), reason);
  assert.equal((await next(solheim))?.caseId, stat.caseId);
  const { skippedUntil } = await skip(solheim, stat.caseId, "I am in the angiography suite, ask Dr Mensah.");
  assert.equal(minutesFromNow(skippedUntil), 10);
  assert.notEqual((await next(solheim))?.caseId, stat.caseId);
});

test("only a reader skips, and only what waits to be read", async () => {
  for (const actor of [lead, tech]) await assert.rejects(skip(actor, second.caseId), refusedWith("auth.forbidden"));
  const arriving = await makeArrivingCase(db.owner);
  await assert.rejects(skip(solheim, arriving.caseId), refusedWith("case.illegal-move"));
  await withTenant(mensah, (ctx) => claimCase(ctx, { caseId: second.caseId }));
  await assert.rejects(skip(solheim, second.caseId), refusedWith("case.already-claimed"));
});
