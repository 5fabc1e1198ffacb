import { DomainError } from "@overread/shared/errors";
import type { Ctx } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import type { CaseState } from "#server/db/generated/enums.ts";
import { publish } from "#server/live/publish.ts";
import { type AuditAction, audit } from "../audit/index.ts";
import { isLegalMove } from "./case-states.ts";

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
  /** As it was before the move. */
  claimedByBefore: string | null;
  claimTokenBefore: bigint;
};

export type AuditDetails = Record<string, string | number | boolean | null>;

/**
 * The one way a case changes state. One conditional UPDATE: of two callers who move the same case together, the
 * database lets one through and the other finds nothing to move. Audits and announces to both organisations.
 *
 * @param moves from → to; the same state on both sides keeps it (a claim taken over). Anything that is no line of
 *   the state table is refused before the database is asked.
 * @param set further columns, as SQL assignments; @param where further conditions, decided by the database's clock.
 * @returns the case after the move; null when it was not in one of the `moves` states or `where` did not hold.
 * @throws {DomainError} `case.illegal-move`
 */
export async function moveCase(
  ctx: Ctx,
  {
    caseId,
    moves,
    set = Prisma.empty,
    where = Prisma.sql`true`,
    action = "case.move",
    details = {},
  }: {
    caseId: string;
    moves: Partial<Record<CaseState, CaseState>>;
    set?: Prisma.Sql;
    where?: Prisma.Sql;
    action?: AuditAction | ((moved: MovedCase) => AuditAction);
    details?: AuditDetails | ((moved: MovedCase) => AuditDetails);
  },
): Promise<MovedCase | null> {
  const pairs = Object.entries(moves) as [CaseState, CaseState][];
  for (const [from, to] of pairs)
    if (from !== to && !isLegalMove(from, to)) throw new DomainError("case.illegal-move", { details: { from, to } });
  const target = Prisma.join(
    pairs.map(([from, to]) => Prisma.sql`WHEN ${from}::text THEN ${to}::text`),
    " ",
  );
  const [moved] = await ctx.tx.$queryRaw<MovedCase[]>`
    UPDATE reading_case SET state = (CASE state::text ${target} END)::"CaseState", updated_at = clock_timestamp() ${set}
    WHERE id = ${caseId}::uuid AND state::text = ANY(${pairs.map(([from]) => from)}) AND (${where})
    RETURNING id AS "caseId", org_id AS "orgId", reader_org_id AS "readerOrgId", study_ref AS "studyRef",
      (SELECT patient_ref FROM study WHERE study.id = reading_case.study_ref) AS "patientRef",
      old.state AS "from", new.state AS "state", claimed_by_id AS "claimedById", claimed_until AS "claimedUntil", claim_token AS "claimToken",
      old.claimed_by_id AS "claimedByBefore", old.claim_token AS "claimTokenBefore"`;
  if (!moved) return null;
  await audit(ctx, {
    action: typeof action === "function" ? action(moved) : action,
    orgId: moved.orgId,
    patientRef: moved.patientRef,
    studyRef: moved.studyRef,
    caseId,
    details: {
      from: moved.from,
      to: moved.state,
      ...(typeof details === "function" ? details(moved) : details),
    },
  });
  await announceCase(ctx, moved);
  return moved;
}

/** Tells the screens of both organisations to fetch the case again. */
export async function announceCase(
  { tx }: Pick<Ctx, "tx">,
  row: { caseId: string; orgId: string; readerOrgId: string; studyRef: string },
): Promise<void> {
  await publish(tx, {
    topic: "case.changed",
    orgIds: [row.orgId, row.readerOrgId],
    caseId: row.caseId,
    studyId: row.studyRef,
  });
}
