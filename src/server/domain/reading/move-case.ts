import { DomainError } from "@overread/shared/errors";
import type { SqlCtx } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import type { CaseState } from "#server/db/generated/enums.ts";
import { enqueueAll } from "#server/jobs/enqueue.ts";
import { type LiveEvent, publish, publishAll } from "#server/live/publish.ts";
import { type AuditAction, audit } from "../audit/index.ts";
import { moveClocks } from "./case-clock.ts";
import { isLegalMove } from "./case-states.ts";
import { type MoveBy, type MoveName, namedMoves } from "./named-moves.ts";

export type MovedCase = {
  caseId: string;
  orgId: string;
  readerOrgId: string;
  studyRef: string;
  patientRef: string;
  from: CaseState;
  state: CaseState;
  claimedById: string | null;
  claimedUntil: Date | null;
  claimToken: bigint;
  /** Before the move. */
  claimedByBefore: string | null;
  claimTokenBefore: bigint;
};

export type AuditDetails = Record<string, string | number | boolean | null>;

/** Changes the audit event of a move: another action, and further details. */
export type MoveAuditEvent = (moved: MovedCase) => { action?: AuditAction; details?: AuditDetails };

/**
 * The one way a case changes state. A single conditional UPDATE: of two callers who move the same case together, one
 * succeeds and the other finds nothing to move. Audits, and announces to both organisations. Of cases that are read together the leading one is
 * moved, whichever was named, and the others with it (`follow_leading_case`).
 *
 * @param move one of {@link namedMoves}; `by` is its argument.
 * @returns the case after the move; null when no transition of the move starts in its state, or the move's condition
 * does not hold.
 * @throws {DomainError} `case.illegal-move` for a transition that the table of case states does not have.
 */
export async function moveCase<N extends MoveName>(
  ctx: SqlCtx,
  caseId: string,
  move: N,
  by: MoveBy<N>,
  onTrail?: MoveAuditEvent,
): Promise<MovedCase | null> {
  const moved = await moveCases(ctx, [caseId], move, by, onTrail);
  return moved.find((row) => row.caseId === caseId) ?? null;
}

/** {@link moveCase} for many, in one statement. @returns those that were moved. */
export async function moveCases<N extends MoveName>(
  ctx: SqlCtx,
  caseIds: string[],
  move: N,
  by: MoveBy<N>,
  onTrail: MoveAuditEvent = () => ({}),
): Promise<MovedCase[]> {
  if (caseIds.length === 0) return [];
  const make = namedMoves[move] as (by: MoveBy<N>) => ReturnType<(typeof namedMoves)[MoveName]>;
  const { lines, action, set = Prisma.empty, when = Prisma.sql`true`, clock } = make(by);
  const pairs = Object.entries(lines) as [CaseState, CaseState][];
  for (const [from, to] of pairs)
    if (from !== to && !isLegalMove(from, to)) throw new DomainError("case.illegal-move", { details: { from, to } });
  const target = Prisma.join(
    pairs.map(([from, to]) => Prisma.sql`WHEN ${from}::text THEN ${to}::text`),
    " ",
  );
  // Rows are locked in a fixed order; the move's condition is evaluated again on each row after its lock was granted.
  const which =
    caseIds.length === 1
      ? Prisma.sql`c.id = (SELECT coalesce(m.read_with_id, m.id) FROM reading_case m WHERE m.id = ${caseIds[0]}::uuid)`
      : Prisma.sql`c.id = ANY(ARRAY(SELECT l.id FROM reading_case l WHERE l.id = ANY(ARRAY(
          SELECT coalesce(m.read_with_id, m.id) FROM reading_case m WHERE m.id = ANY(${caseIds}::uuid[]))) ORDER BY l.id FOR UPDATE))`;
  const statement = Prisma.sql`
    UPDATE reading_case c SET state = (CASE c.state::text ${target} END)::"CaseState", updated_at = clock_timestamp() ${set}
    WHERE ${which} AND coalesce(c.read_with_id, c.id) = c.id AND c.state::text = ANY(${pairs.map(([from]) => from)}) AND (${when})
    RETURNING c.id AS "caseId", c.org_id AS "orgId", c.reader_org_id AS "readerOrgId", c.study_ref AS "studyRef",
      (SELECT patient_ref FROM study WHERE study.id = c.study_ref) AS "patientRef",
      old.state AS "from", new.state AS "state", c.claimed_by_id AS "claimedById", c.claimed_until AS "claimedUntil", c.claim_token::text AS "claimToken",
      old.claimed_by_id AS "claimedByBefore", old.claim_token::text AS "claimTokenBefore", c.read_with_id AS "readWithId"`;
  type Row = Omit<MovedCase, "claimToken" | "claimTokenBefore"> & {
    claimToken: string;
    claimTokenBefore: string;
    readWithId: string | null;
  };
  const rows = await ctx.tx.$queryRawUnsafe<Row[]>(statement.text, ...statement.values);
  const moved = [...rows, ...(await followersOf(ctx, rows))].map(({ readWithId: _, ...row }) => ({
    ...row,
    claimToken: BigInt(row.claimToken),
    claimTokenBefore: BigInt(row.claimTokenBefore),
  }));
  if (clock)
    await moveClocks(
      ctx,
      moved.map(({ caseId }) => caseId),
      clock,
    );
  for (const row of moved) {
    const told = onTrail(row);
    await audit(ctx, {
      action: told.action ?? action,
      orgId: row.orgId,
      patientRef: row.patientRef,
      studyRef: row.studyRef,
      caseId: row.caseId,
      details: { from: row.from, to: row.state, ...told.details },
    });
  }
  await announceCases(ctx, moved);
  await askRules(ctx, move, moved);
  return moved;
}

/** What was moved with leading cases. */
async function followersOf<T extends { caseId: string; readWithId: string | null }>(
  { tx }: SqlCtx,
  moved: readonly T[],
): Promise<T[]> {
  const leads = new Map(moved.filter(({ readWithId }) => readWithId !== null).map((row) => [row.caseId, row]));
  if (leads.size === 0) return [];
  const followers = await tx.$queryRaw<{ caseId: string; leadId: string; studyRef: string; patientRef: string }[]>`
    SELECT c.id AS "caseId", c.read_with_id AS "leadId", c.study_ref AS "studyRef", s.patient_ref AS "patientRef"
    FROM reading_case c JOIN study s ON s.id = c.study_ref WHERE c.read_with_id = ANY(${[...leads.keys()]}::uuid[]) AND c.id <> c.read_with_id ORDER BY c.id`;
  return followers.map(({ leadId, ...own }) => ({ ...(leads.get(leadId) as T), ...own }));
}

/** Who reads what may be another answer now: for each group once. A claim that is renewed and words that are saved change nothing. */
async function askRules({ tx }: SqlCtx, move: MoveName, moved: MovedCase[]): Promise<void> {
  if (move === "draft" || move === "amend") return;
  const real = moved.filter((row) => move !== "claim" || row.claimToken !== row.claimTokenBefore);
  await enqueueAll(
    tx,
    "assignment.run",
    [...new Set(real.map(({ readerOrgId }) => readerOrgId))].map((orgId) => ({ payload: { orgId } })),
  );
}

type Announced = { caseId: string; orgId: string; readerOrgId: string; studyRef: string };
const changed = (row: Announced): LiveEvent => ({
  topic: "case.changed",
  orgIds: [row.orgId, row.readerOrgId],
  caseId: row.caseId,
  studyId: row.studyRef,
});

/** Tells the screens of both organisations to fetch the case again. */
export async function announceCase({ tx }: Pick<SqlCtx, "tx">, row: Announced): Promise<void> {
  await publish(tx, changed(row));
}
export async function announceCases({ tx }: Pick<SqlCtx, "tx">, rows: Announced[]): Promise<void> {
  await publishAll(tx, rows.map(changed));
}
