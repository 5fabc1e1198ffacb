import { DomainError } from "@overread/shared/errors";
import { isFreeText } from "@overread/shared/skip-reasons";
import type { Actor, Ctx, UserActor } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import { enqueue } from "#server/jobs/enqueue.ts";
import { audit } from "../audit/index.ts";
import { isClaimable } from "./case-conditions.ts";
import { findCase } from "./get-case.ts";
import type { SkipCase } from "./inputs.ts";
import { announceCase } from "./move-case.ts";
import type { CaseSkip } from "./shapes.ts";
import { unreserveOwn } from "./unreserve-own.ts";

/** How long a skipped case stays at the end of the reader's own list; shorter for STAT. Minutes. */
const skipMinutes = { stat: 10, urgent: 30, routine: 60 } as const;

/**
 * Skips a case: for a while it stands at the end of the reader's own list; for everybody else nothing changes. The
 * reason is audited and shown to colleagues. A STAT case requires free text.
 *
 * @returns when the skip ends.
 * @throws {DomainError} `case.skip-reason` (a STAT case without free text); `case.illegal-move` (nothing to read there
 * now); `case.already-claimed` (its reader has to release it first); `case.not-found`; `auth.forbidden`
 */
export async function skipCase(ctx: Ctx<UserActor>, { caseId, reason }: SkipCase): Promise<{ skippedUntil: string }> {
  const row = await findCase(ctx, caseId, "case.skip");
  if (!isClaimable(row)) throw new DomainError("case.illegal-move", { details: { from: row.state, to: "skipped" } });
  if (row.claimLive) throw new DomainError("case.already-claimed", { details: { claimedByName: row.claimedByName } });
  if (row.priority === "stat" && !isFreeText(reason)) throw new DomainError("case.skip-reason");
  const [skip] = await ctx.tx.$queryRaw<[{ until: Date }]>`
    INSERT INTO case_skip (case_id, user_id, org_id, reader_org_id, reason, skipped_at, skipped_until)
    VALUES (${caseId}::uuid, ${ctx.actor.userId}::uuid, ${row.orgId}::uuid, ${row.readerOrgId}::uuid, ${reason}, clock_timestamp(),
      clock_timestamp() + make_interval(mins => ${skipMinutes[row.priority]}))
    ON CONFLICT (case_id, user_id) DO UPDATE
      SET reason = excluded.reason, skipped_at = excluded.skipped_at, skipped_until = excluded.skipped_until
    RETURNING skipped_until AS until`;
  await unreserveOwn(ctx, caseId);
  const skippedUntil = skip.until.toISOString();
  await audit(ctx, {
    action: "case.skip",
    orgId: row.orgId,
    patientRef: row.patientRef,
    studyRef: row.studyId,
    caseId,
    details: { priority: row.priority, reason, skippedUntil },
  });
  await announceCase(ctx, { ...row, studyRef: row.studyId });
  await enqueue(ctx.tx, "assignment.run", { orgId: row.readerOrgId });
  return { skippedUntil };
}

/** The skips in effect, of all readers in the caller's group; the hospital sees none. */
export async function runningSkips({ tx }: Pick<Ctx, "tx">): Promise<CaseSkip[]> {
  const rows = await tx.$queryRaw<(Omit<CaseSkip, "until"> & { until: Date })[]>`
    SELECT k.case_id AS "caseId", k.user_id AS "userId", staff_name(k.user_id) AS by, k.reason, k.skipped_until AS until
    FROM case_skip k JOIN reading_case c ON c.id = k.case_id AND c.completed_at IS NULL
    WHERE k.skipped_until > clock_timestamp() ORDER BY k.skipped_at, k.case_id`;
  return rows.map((row) => ({ ...row, until: row.until.toISOString() }));
}

/** For `reading_case c`: whether the caller has skipped it. */
export const skippedBy = (actor: Actor): Prisma.Sql =>
  actor.kind === "user"
    ? Prisma.sql`EXISTS (SELECT 1 FROM case_skip k WHERE k.case_id = c.id AND k.user_id = ${actor.userId}::uuid
        AND k.skipped_until > clock_timestamp())`
    : Prisma.sql`(SELECT false)`; // a bare constant may not stand in ORDER BY
