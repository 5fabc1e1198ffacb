import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import type { Actor, UserActor } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import { CaseState } from "#server/db/generated/enums.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { seedDemo } from "#server/demo/seed.ts";
import * as conditions from "#server/domain/reading/case-conditions.ts";
import { missingOf } from "#server/domain/reading/case-rows.ts";
import { caseMoves } from "#server/domain/reading/case-states.ts";
import { readCaseRow } from "#server/domain/reading/get-case.ts";
import { moveCase } from "#server/domain/reading/move-case.ts";
import { type MoveName, namedMoves } from "#server/domain/reading/named-moves.ts";
import { systemActor } from "#server/system-actor.ts";
import { signedIn } from "#tests/actors.ts";
import { useTestDatabase } from "#tests/database.ts";
import { makeUnreadCase } from "#tests/factories/studies.ts";

/** Every state of a case, with every claim that may stand there: what is asked of it, and where it goes. */

const refusedWith = (code: string) => (error: unknown) => error instanceof DomainError && error.code === code;
let db: Awaited<ReturnType<typeof useTestDatabase>>;
let reader: UserActor;
let colleague: UserActor;
let caseId: string;
let studyId: string;
let orgId: string;
const states = Object.values(CaseState);

before(async () => {
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse" });
  reader = (await signedIn("radiologist@nightshift.example")).actor;
  colleague = (await signedIn("radiologist2@nightshift.example")).actor;
  ({ caseId, studyId, orgId } = await makeUnreadCase(db.owner));
});
after(() => db.drop());

type Claim = "none" | "own" | "own, over" | "another's" | "another's, over";
const claims: Claim[] = ["none", "own", "own, over", "another's", "another's, over"];

/** Puts the case there, past every verb. */
type Standing = { missing?: number; readWithout?: number; kept?: "own" | "another's" | "stat" | undefined };
async function put(
  state: CaseState,
  claim: Claim,
  { missing = 0, readWithout = 0, kept }: Standing = {},
): Promise<void> {
  const holder = claim === "none" ? null : claim.startsWith("own") ? reader.userId : colleague.userId;
  await db.owner.query(
    `UPDATE reading_case SET state = $2::"CaseState", claimed_by_id = $3::uuid, claim_token = 7, read_without = $5, paused_reason = NULL,
       completed_at = CASE WHEN $2 IN ('final', 'amended') THEN now() END,
       paused_from = CASE WHEN $2 IN ('held', 'cancelled') THEN 'unread'::"CaseState" END, paused_by_id = NULL, paused_at = NULL,
       priority = CASE WHEN $6 = 'stat' THEN 'stat' ELSE 'routine' END::"CasePriority",
       reserved_by_id = CASE $6 WHEN 'own' THEN $7::uuid WHEN 'another''s' THEN $8::uuid WHEN 'stat' THEN $8::uuid END,
       reserved_in = CASE WHEN $6::text IS NOT NULL THEN $7::uuid END, reserved_at = CASE WHEN $6::text IS NOT NULL THEN now() END,
       reserved_until = CASE WHEN $6::text IS NOT NULL THEN now() + interval '5 minutes' END,
       claimed_at = CASE WHEN $3::uuid IS NULL THEN NULL ELSE now() END,
       claimed_until = CASE WHEN $3::uuid IS NULL THEN NULL WHEN $4 THEN now() - interval '1 second' ELSE now() + interval '1 hour' END
     WHERE id = $1`,
    [caseId, state, holder, claim.endsWith("over"), readWithout, kept ?? null, reader.userId, colleague.userId],
  );
  await db.owner.query("UPDATE study SET refused_instances = $2 WHERE id = $1", [studyId, missing]);
}

test("what is asked of a case that was read and what is asked of it in the database are answered alike, wherever it stands", async () => {
  const seen = new Map<string, Set<boolean>>();
  for (const state of states)
    for (const claim of claims)
      for (const standing of [
        {},
        { missing: 2 },
        { missing: 2, readWithout: 2 },
        ...(["own", "another's", "stat"] as const).map((kept) => ({ kept })),
      ] as Standing[]) {
        await put(state, claim, standing);
        const { row, sql } = await withTenant(reader, async ({ tx }) => ({
          row: await readCaseRow({ tx }, caseId),
          sql: (
            await tx.$queryRaw<Record<string, boolean>[]>`
              SELECT ${conditions.open} AS open, ${conditions.claimable} AS claimable, ${conditions.signed} AS signed,
                ${conditions.readingBegun(Prisma.sql`c.state`)} AS begun, ${conditions.claimRuns} AS runs, ${conditions.free} AS free,
                ${conditions.lapsed} AS lapsed, ${conditions.heldBy(reader.userId)} AS mine, ${conditions.heldBy(null)} AS nobodys,
                ${conditions.reservationRuns} AS reserved, ${conditions.reservedFor(reader.userId)} AS kept,
                ${conditions.reservedForAnother(reader.userId)} AS "keptForAnother", ${conditions.reservedFor(null)} AS "keptForNobody",
                ${conditions.complete} AS whole, ${conditions.nextFor(reader.userId)} AS next, ${conditions.nextFor(null)} AS "nextForAnybody"
              FROM reading_case c WHERE c.id = ${caseId}::uuid`
          )[0],
        }));
        assert.ok(row);
        const at = { ...row, missing: missingOf(row) };
        const asked = {
          open: conditions.isOpen(at),
          claimable: conditions.isClaimable(at),
          signed: conditions.isSigned(at),
          begun: conditions.isReadingBegun(at),
          runs: row.claimLive,
          free: conditions.isFree(at),
          lapsed: conditions.hasLapsed(at),
          mine: conditions.isHeldBy(reader.userId, at),
          nobodys: conditions.isHeldBy(null, at),
          reserved: row.reservationLive,
          kept: conditions.isReservedFor(reader.userId, at),
          keptForAnother: conditions.isReservedForAnother(reader.userId, at),
          keptForNobody: conditions.isReservedFor(null, at),
          whole: conditions.isComplete(at),
          next: conditions.isNextFor(reader.userId, at),
          nextForAnybody: conditions.isNextFor(null, at),
        };
        assert.deepEqual(asked, sql, `${state}, claim ${claim}, ${JSON.stringify(standing)}`);
        for (const [name, answer] of Object.entries(asked))
          seen.set(name, (seen.get(name) ?? new Set<boolean>()).add(answer));
      }
  const constant = [...seen].filter(([, answers]) => answers.size < 2).map(([name]) => name);
  assert.deepEqual(constant, ["nobodys", "keptForNobody"], "every question is answered yes here and no there");
});

/** What each move needs to know, and the claim under which it is let through. */
const moves: { [N in MoveName]: { by: (to: CaseState) => Parameters<(typeof namedMoves)[N]>[0]; claim: Claim } } = {
  arrive: {
    by: () => ({
      [caseId]: {
        priority: "stat",
        patientClass: "emergency",
        promise: null,
        score: 5,
        reasons: [{ code: "overdue", params: {}, points: 5 }],
      },
    }),
    claim: "none",
  },
  claim: { by: () => ({ userId: reader.userId }), claim: "another's, over" },
  draft: { by: () => undefined, claim: "own" },
  release: { by: () => undefined, claim: "own" },
  handOver: { by: () => ({ claimToken: "7", userId: reader.userId, to: null }), claim: "own" },
  readAlone: { by: () => undefined, claim: "own" },
  expire: { by: () => undefined, claim: "own, over" },
  hold: { by: () => ({ userId: reader.userId, reason: "no history", claimToken: "7" }), claim: "own" },
  resume: { by: (to) => ({ to }), claim: "none" },
  cancel: { by: () => ({ userId: reader.userId, reason: "wrong patient" }), claim: "own" },
  reinstate: { by: (to) => ({ to }), claim: "none" },
  reopen: { by: () => ({ reason: "No pictures came" }), claim: "none" },
  signPreliminary: { by: () => ({ claimToken: "7" }), claim: "own" },
  sign: { by: () => ({ claimToken: "7" }), claim: "own" },
  amend: { by: () => ({ lateImagesSeen: 0 }), claim: "none" },
};
const named = Object.keys(namedMoves) as MoveName[];
const hasTarget = (name: MoveName) => name === "resume" || name === "reinstate";
const make = (name: MoveName, to: CaseState) =>
  (namedMoves[name] as (by: unknown) => { lines: Partial<Record<CaseState, CaseState>> })(moves[name].by(to));
/** The database lets nobody sign but the group that reads. */
const mover = (name: MoveName): Actor =>
  name === "arrive" || name === "reopen" || name === "expire" ? systemActor(orgId, "test") : reader;
const events = async (): Promise<{ action: string; details: { from: string; to: string } }[]> =>
  (await db.owner.query("SELECT action, details FROM audit_event WHERE case_id = $1 ORDER BY seq", [caseId])).rows;
const stateNow = async () =>
  (await db.owner.query("SELECT state FROM reading_case WHERE id = $1", [caseId])).rows[0].state;

test("from every state each move leads where the table says or nowhere, and what was moved is on the trail", async () => {
  for (const name of named)
    for (const from of states)
      for (const to of hasTarget(name) ? states : [from]) {
        await put(from, moves[name].claim);
        if (name === "reopen")
          await db.owner.query("UPDATE reading_case SET paused_reason = 'No pictures came' WHERE id = $1", [caseId]);
        const before = (await events()).length;
        const move = () => withTenant(mover(name), (ctx) => moveCase(ctx, caseId, name, moves[name].by(to) as never));
        const expected = make(name, to).lines[from];
        const what = `${name} of ${from}${hasTarget(name) ? ` to ${to}` : ""}`;
        const holder = name === "resume" ? "held" : "cancelled";
        if (hasTarget(name) && to !== holder && !caseMoves[holder].includes(to)) {
          await assert.rejects(move(), refusedWith("case.illegal-move"), what);
          assert.equal(await stateNow(), from);
          continue;
        }
        const moved = await move();
        assert.equal(moved?.state ?? null, expected ?? null, what);
        assert.equal(await stateNow(), expected ?? from, what);
        const news = (await events()).slice(before);
        assert.deepEqual(
          news.map(({ details }) => [details.from, details.to]),
          expected ? [[from, expected]] : [],
          what,
        );
      }
});

test("every line of the table is made by a move, and no move makes another", () => {
  const lines = new Set(
    named.flatMap((name) =>
      (hasTarget(name)
        ? caseMoves[name === "resume" ? "held" : "cancelled"].filter((to) => to !== "cancelled")
        : [states[0]!]
      )
        .flatMap((to) => Object.entries(make(name, to).lines))
        .filter(([from, to]) => from !== to)
        .map(([from, to]) => `${from} to ${to}`),
    ),
  );
  const table = Object.entries(caseMoves).flatMap(([from, targets]) => targets.map((to) => `${from} to ${to}`));
  assert.deepEqual([...lines].sort(), table.toSorted());
});

test("a move is let through under its own condition alone", async () => {
  const tries = async (name: MoveName, from: CaseState, claim: Claim): Promise<boolean> => {
    await put(from, claim);
    const moved = await withTenant<Actor, unknown>(reader, (ctx) =>
      moveCase(ctx, caseId, name, moves[name].by(from) as never),
    );
    return moved !== null;
  };
  assert.equal(await tries("claim", "unread", "another's"), false, "a colleague reads it");
  assert.equal(await tries("claim", "drafted", "own"), true, "one's own goes on");
  await put("unread", "none", { kept: "another's" });
  const kept = () =>
    withTenant<Actor, unknown>(reader, (ctx) => moveCase(ctx, caseId, "claim", { userId: reader.userId }));
  assert.equal(await kept(), null, "a colleague keeps it");
  await put("unread", "none", { kept: "own" });
  assert.notEqual(await kept(), null, "kept for oneself");
  assert.equal(await tries("expire", "claimed", "own"), false, "the lease runs");
  assert.equal(await tries("release", "drafted", "none"), false, "nothing to give back");
  await db.owner.query("UPDATE reading_case SET claim_token = 8 WHERE id = $1", [caseId]);
  for (const name of ["sign", "signPreliminary"] as const) {
    await put("drafted", "own");
    await db.owner.query("UPDATE reading_case SET claim_token = 8 WHERE id = $1", [caseId]);
    const moved = await withTenant<Actor, unknown>(reader, (ctx) => moveCase(ctx, caseId, name, { claimToken: "7" }));
    assert.equal(moved, null, `${name} under a token that was taken over`);
  }
  await put("held", "none");
  await db.owner.query("UPDATE reading_case SET paused_from = 'preliminary' WHERE id = $1", [caseId]);
  const cancelled = await withTenant<Actor, unknown>(reader, (ctx) =>
    moveCase(ctx, caseId, "cancel", { userId: reader.userId, reason: "no" }),
  );
  assert.equal(cancelled, null, "what is out as preliminary is not withdrawn");
});
