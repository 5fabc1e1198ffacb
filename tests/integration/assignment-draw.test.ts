import assert from "node:assert/strict";
import { test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import { createSession, findSession } from "#server/auth/session.ts";
import type { UserActor } from "#server/context.ts";
import { claimByRules, drawCase, myHand } from "#server/domain/assignment/index.ts";
import { getCase, releaseClaim } from "#server/domain/reading/index.ts";
import { limitConcurrency } from "../../src/workers/batch-calls.ts";
import { as, assignmentDesk, drawn } from "../assignment-desk.ts";
import { aRule } from "../factories/assignment.ts";
import { copyUnreadCase } from "../factories/studies.ts";

/** Cases that nobody chooses. */
const desk = assignmentDesk();
const refusedWith = (code: string) => (error: unknown) => error instanceof DomainError && error.code === code;

test("a case is only ever drawn where a rule says so: browsing is refused, drawing claims the most urgent", async () => {
  await desk.rule(drawn);
  const later = await desk.unread();
  const stat = await desk.unread({ requestedPriority: "STAT" });
  await assert.rejects(
    as(desk.people.solheim, (ctx) => claimByRules(ctx, later)),
    refusedWith("case.drawn"),
    "also before a run has looked at it",
  );
  assert.equal(await as(desk.people.solheim, drawCase), null, "nothing was decided yet");
  await desk.run();
  assert.equal((await desk.handOf(later.caseId)).drawn, "draw");
  const item = await as(desk.people.solheim, (ctx) => getCase(ctx, later));
  assert.ok(item.drawn && !item.can.claim);
  await assert.rejects(
    as(desk.people.solheim, (ctx) => claimByRules(ctx, later)),
    refusedWith("case.drawn"),
  );
  assert.ok((await as(desk.people.solheim, myHand)).draws);
  const first = await as(desk.people.solheim, drawCase);
  assert.equal(first?.caseId, stat.caseId);
  const second = await as(desk.people.mensah, drawCase);
  assert.equal(second?.caseId, later.caseId);
  assert.equal(await as(desk.people.solheim, drawCase), null);
  // Back again, it is drawn as before, also by who gave it back.
  await as(desk.people.mensah, (ctx) =>
    releaseClaim(ctx, { caseId: later.caseId, claimToken: second?.claimToken ?? "" }),
  );
  assert.equal((await as(desk.people.solheim, drawCase))?.caseId, later.caseId);
});

test("200 readers who claim and draw 200 cases at once get each a case of his own", { timeout: 240_000 }, async () => {
  await desk.rule(
    aRule({ id: "half", when: [{ field: "modality", op: "any-of", values: ["MR"] }], mode: { kind: "draw" } }),
  );
  const people = await desk.db.owner.query<{ id: string }>(
    `INSERT INTO user_account (org_id, email, display_name, person_name, roles, facility_ids, referrer_names)
     SELECT $1, 'crowd' || n || '@nightshift.example', 'Reader ' || n, 'Reader^' || n, '{radiologist}', '{}', '{}'
     FROM generate_series(1, 200) n RETURNING id`,
    [desk.people.solheim.orgId],
  );
  const crowd: UserActor[] = [];
  for (const { id } of people.rows) {
    const actor = await findSession(await createSession(id, desk.people.solheim.orgId));
    if (actor) crowd.push(actor);
  }
  const first = await desk.unread({ modality: "CT" });
  const open = [first.caseId, ...(await copyUnreadCase(desk.db.owner, first.caseId, { count: 99, modality: "CT" }))];
  await copyUnreadCase(desk.db.owner, first.caseId, { count: 100, modality: "MR" });
  await desk.run();
  const started = performance.now();
  const inFlight = limitConcurrency(8);
  const got = await Promise.all(
    crowd.map((actor, n) =>
      inFlight(async () => {
        if (n % 2) return (await as(actor, drawCase))?.caseId ?? null;
        // Two want the same case; who comes second goes down the list.
        const from = Math.floor(n / 4) * 2;
        for (const caseId of [...open.slice(from), ...open.slice(0, from)]) {
          const claim = await as(actor, (ctx) => claimByRules(ctx, { caseId })).catch((error: unknown) => {
            if (error instanceof DomainError && error.code === "case.already-claimed") return null;
            throw error;
          });
          if (claim) return caseId;
        }
        return null;
      }),
    ),
  );
  console.log(`200 cases claimed and drawn in ${Math.round(performance.now() - started)} ms`);
  assert.ok(got.every(Boolean));
  assert.equal(new Set(got).size, 200);
  const { rows } = await desk.db.owner.query(
    "SELECT count(*)::int AS cases, count(DISTINCT claimed_by_id)::int AS readers FROM reading_case WHERE completed_at IS NULL AND claimed_by_id IS NOT NULL",
  );
  assert.deepEqual(rows, [{ cases: 200, readers: 200 }]);
});
