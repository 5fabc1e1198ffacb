import type { Ctx, UserActor } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import {
  type Claim,
  claimableCase,
  claimCase,
  completeCase,
  freeCase,
  readTogether,
  reservationRuns,
} from "../reading/index.ts";
import { assign } from "./engine/assign.ts";
import type { Snapshot } from "./engine/snapshot.ts";
import { fillSnapshot } from "./fill-snapshot.ts";
import { assignmentPolicy } from "./policy.ts";
import { isCapped, refusalsOf, standingsOf } from "./refusals.ts";
import { takeTurn } from "./take-turn.ts";

/** So many of those that wait are held against him at first: mostly one of them is his. */
const atFirst = 100;

/**
 * The next case of the reader who asks, where the group's rules say that nobody chooses: the first of his line that nobody else is taking in this moment,
 * claimed at once. Of many who ask together nobody waits for another, and each gets a case of his own.
 *
 * @returns null: nothing that is drawn waits for him.
 * @throws {DomainError} `auth.forbidden`
 */
export async function drawCase(ctx: Ctx<UserActor>): Promise<(Claim & { caseId: string }) | null> {
  assignmentPolicy.authorize(ctx.actor, "assignment.mine", null);
  for (const most of [atFirst, null]) {
    const caseIds = await waiting(ctx, most);
    if (caseIds.length === 0) return null;
    let snapshot = await ownSnapshot(ctx, caseIds);
    if (isCapped(snapshot, ctx.actor.userId)) {
      await takeTurn(ctx);
      snapshot = await ownSnapshot(ctx, caseIds);
    }
    const caseId = await takeFirst(ctx, snapshot);
    if (caseId) return { caseId, ...(await claimCase(ctx, { caseId }, { drawn: true })) };
    if (most !== null && caseIds.length < most) return null;
  }
  return null;
}

/** The case is drawn, and nobody has it or is offered it. Of those that are read together the leading one is. */
const toBeDrawn = Prisma.sql`(c.completed_at IS NULL AND c.drawn_rule_id IS NOT NULL AND c.given_to_id IS NULL
  AND coalesce(c.read_with_id, c.id) = c.id AND ${claimableCase} AND ${freeCase} AND NOT ${reservationRuns} AND ${completeCase})`;

/** The most urgent of them first. */
async function waiting({ actor, tx }: Ctx<UserActor>, most: number | null): Promise<string[]> {
  const rows = await tx.$queryRaw<{ id: string }[]>(Prisma.sql`
    SELECT c.id FROM reading_case c WHERE c.reader_org_id = ${actor.orgId}::uuid AND ${toBeDrawn}
    ORDER BY c.priority = 'stat' DESC, c.due_at, c.id LIMIT ${most}`);
  return rows.map(({ id }) => id);
}

/** He, what he has in hand, and these cases; by the rules that draw alone, which were found to decide them. */
async function ownSnapshot({ actor, tx }: Ctx<UserActor>, caseIds: string[]): Promise<Snapshot> {
  const { snapshot, drawn } = await fillSnapshot(tx, actor.orgId, { caseIds, andOf: actor.userId });
  return {
    ...snapshot,
    rules: { ...snapshot.rules, rules: snapshot.rules.rules.filter(({ mode }) => mode.kind === "draw") },
    // He asks, so he is there.
    readers: snapshot.readers.filter(({ id }) => id === actor.userId).map((each) => ({ ...each, signedIn: true })),
    cases: snapshot.cases.filter(({ id, claim, assignment, offer }) => claim || assignment || offer || drawn.get(id)),
  };
}

/** Nothing keeps him from the cases that this one is read with: he gets all or none. */
async function mayHaveOthers(ctx: Ctx<UserActor>, caseId: string): Promise<boolean> {
  const others = (await readTogether(ctx, caseId)).map((each) => each.caseId).filter((id) => id !== caseId);
  if (others.length === 0) return true;
  const standings = await standingsOf(ctx.tx, ctx.actor, others);
  return others.every((id) => refusalsOf(standings.get(id)?.findings ?? [], true).length === 0);
}

/** Locks the first of his line that is still to be had; what another is just taking is passed over, without waiting for him. */
async function takeFirst(ctx: Ctx<UserActor>, snapshot: Snapshot): Promise<string | null> {
  const { tx } = ctx;
  const gone = new Set<string>();
  for (;;) {
    const cases = snapshot.cases.filter(({ id }) => !gone.has(id));
    const line = assign({ ...snapshot, cases }).lines[0]?.caseIds ?? [];
    if (line.length === 0) return null;
    const [taken] = await tx.$queryRaw<{ id: string }[]>(Prisma.sql`
      SELECT c.id FROM reading_case c WHERE c.id = ANY(${line}::uuid[]) AND ${toBeDrawn}
      ORDER BY array_position(${line}::uuid[], c.id) LIMIT 1 FOR UPDATE OF c SKIP LOCKED`);
    if (taken && (await mayHaveOthers(ctx, taken.id))) return taken.id;
    if (taken) {
      gone.add(taken.id);
      continue;
    }
    for (const id of line) gone.add(id);
  }
}
