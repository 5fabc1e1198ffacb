import type { SqlCtx } from "#server/context.ts";
import type { ClockStopReason } from "#server/db/generated/enums.ts";
import type { CaseClock } from "../assignment/engine/index.ts";
import { type CasePromise, dueOf } from "./promise.ts";

export type ClockStop = { why: ClockStopReason; from: number; until: number | null };
type ClockRow = { caseId: string; startedAt: Date; minutes: number; stops: ClockStop[] };

/** The clocks of these cases, for the engine. Asks no policy: the caller has found the cases. */
export async function caseClocks(
  ctx: Pick<SqlCtx, "tx">,
  caseIds: string[],
): Promise<Map<string, Omit<CaseClock, "stops"> & { stops: ClockStop[] }>> {
  const rows = await clockRows(ctx, caseIds);
  return new Map(
    rows.map(({ caseId, startedAt, minutes, stops }) => [caseId, { startedAt: startedAt.getTime(), minutes, stops }]),
  );
}

function clockRows({ tx }: Pick<SqlCtx, "tx">, caseIds: string[]): Promise<ClockRow[]> {
  return tx.$queryRaw<ClockRow[]>`
    SELECT c.id AS "caseId", c.promised_from AS "startedAt", c.promised_minutes AS minutes,
      coalesce((SELECT jsonb_agg(jsonb_build_object('why', s.why, 'from', round(extract(epoch FROM s.from_at) * 1000),
        'until', round(extract(epoch FROM s.until_at) * 1000)) ORDER BY s.from_at, s.id) FROM case_clock_stop s WHERE s.case_id = c.id), '[]') AS stops
    FROM reading_case c WHERE c.id = ANY(${caseIds}::uuid[])`;
}

/** What moving a case does to its clock. */
export type ClockEffect = { stops: ClockStopReason } | "goes-on";

/** Stops the clocks of cases that were just paused, or lets them go on: then their due times have moved by as long as they stood. */
export async function moveClocks(ctx: SqlCtx, caseIds: string[], effect: ClockEffect): Promise<void> {
  if (caseIds.length === 0) return;
  const { tx } = ctx;
  if (effect === "goes-on") {
    await tx.$executeRaw`UPDATE case_clock_stop SET until_at = greatest(from_at, clock_timestamp())
      WHERE case_id = ANY(${caseIds}::uuid[]) AND until_at IS NULL`;
    await setDueTimes(ctx, caseIds);
    return;
  }
  // A held case that is cancelled stands still for another reason from now on.
  await tx.$executeRaw`UPDATE case_clock_stop s SET until_at = greatest(s.from_at, c.paused_at) FROM reading_case c
    WHERE c.id = s.case_id AND s.case_id = ANY(${caseIds}::uuid[]) AND s.until_at IS NULL`;
  await tx.$executeRaw`INSERT INTO case_clock_stop (case_id, org_id, reader_org_id, why, from_at)
    SELECT id, org_id, reader_org_id, ${effect.stops}::"ClockStopReason", paused_at FROM reading_case WHERE id = ANY(${caseIds}::uuid[])`;
}

/** The site was asked about a case whose clock stands still already: it has a further reason to. */
export async function stopForQuestion({ tx }: Pick<SqlCtx, "tx">, caseId: string): Promise<void> {
  await tx.$executeRaw`INSERT INTO case_clock_stop (case_id, org_id, reader_org_id, why)
    SELECT id, org_id, reader_org_id, 'question'::"ClockStopReason" FROM reading_case WHERE id = ${caseId}::uuid
    ON CONFLICT DO NOTHING`;
}

/**
 * The site has answered: that is no reason to stand still any more. Where it was the only one, the case goes on by being resumed.
 * @returns whether another one is left.
 */
export async function endQuestionStop({ tx }: Pick<SqlCtx, "tx">, caseId: string): Promise<boolean> {
  const ended = await tx.$executeRaw`
    UPDATE case_clock_stop s SET until_at = greatest(s.from_at, clock_timestamp())
    WHERE s.case_id = ${caseId}::uuid AND s.until_at IS NULL AND s.why = 'question' AND EXISTS (
      SELECT 1 FROM case_clock_stop o WHERE o.case_id = s.case_id AND o.until_at IS NULL AND o.why <> 'question')`;
  return ended > 0;
}

/** The due times of these cases follow from their promises and the stops of their clocks. */
async function setDueTimes({ tx }: Pick<SqlCtx, "tx">, caseIds: string[]): Promise<void> {
  const rows = await clockRows({ tx }, caseIds);
  const [at] = await tx.$queryRaw<{ now: Date }[]>`SELECT clock_timestamp() AS now`;
  const now = at?.now ?? new Date(0);
  const dues = rows.map(({ caseId, startedAt, minutes, stops }) => ({
    id: caseId,
    due: dueOf({ serviceLevelId: null, line: null, minutes, from: startedAt }, stops, now),
  }));
  await tx.$executeRaw`
    UPDATE reading_case c SET due_at = r.due FROM jsonb_to_recordset(${JSON.stringify(dues)}::jsonb) AS r (id uuid, due timestamptz)
    WHERE c.id = r.id AND c.due_at IS DISTINCT FROM r.due`;
}

/** Writes promises that were made anew, and the due times that follow. */
export async function keepPromises(
  ctx: Pick<SqlCtx, "tx">,
  promises: { caseId: string; promise: CasePromise }[],
): Promise<void> {
  if (promises.length === 0) return;
  const values = promises.map(({ caseId, promise }) => ({ id: caseId, ...promise }));
  await ctx.tx.$executeRaw`
    UPDATE reading_case c SET service_level_id = r."serviceLevelId", service_level_line = r.line, promised_minutes = r.minutes,
      promised_from = r."from", promised_at = r."from" + make_interval(mins => r.minutes)
    FROM jsonb_to_recordset(${JSON.stringify(values)}::jsonb) AS r (id uuid, "serviceLevelId" uuid, line int, minutes int, "from" timestamptz)
    WHERE c.id = r.id`;
  await setDueTimes(
    ctx,
    promises.map(({ caseId }) => caseId),
  );
}
