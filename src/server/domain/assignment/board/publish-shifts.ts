import type { SqlCtx, SqlTx } from "#server/context.ts";
import { type EndedShift, endedShifts } from "../../readers/index.ts";
import { minuteMs } from "../engine/codes.ts";
import { measure, ratesOf } from "../engine/measure.ts";
import { asItWas } from "../engine/recorded.ts";
import { readPast } from "../rules/past-snapshot.ts";
import { rulesPolicy } from "../rules/policy.ts";

/** So long after its end a shift is published: a signature of its last moment is on record by then. */
const settledMs = 5 * minuteMs;
const dayMs = 24 * 60 * minuteMs;
/** A group's first published shifts are those of the last day; after an outage, those of a month. */
const [firstBackMs, mostBackMs] = [dayMs, 31 * dayMs];

/**
 * Publishes how evenly the work of a group's shifts was spread: those that ended first since the last published ones, and no others, so that a
 * transaction stays small; asked until it answers 0, it has published all that ended. What is published is never counted anew: a later signature is the
 * next shift's, and a roster that is changed afterwards changes no past shift and makes none. Run twice, late, by two at once, or killed: once each.
 *
 * @returns how many shifts were published.
 */
export async function publishShifts(ctx: SqlCtx): Promise<number> {
  const { actor, tx, now } = ctx;
  rulesPolicy.authorize(actor, "fairness.publish", null);
  await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`shift fairness ${actor.orgId}`}, 0))::text`;
  const [{ last }] = await tx.$queryRaw<[{ last: Date | null }]>`
    SELECT max(ends_at) AS last FROM shift_fairness WHERE org_id = ${actor.orgId}::uuid`;
  const after = Math.max(last?.getTime() ?? now.getTime() - firstBackMs, now.getTime() - mostBackMs);
  const ended = await endedShifts(tx, actor.orgId, new Date(after), new Date(now.getTime() - settledMs));
  // All that ended in one moment together, since the next question begins after it.
  const due = ended.filter(({ until }) => until === ended[0]?.until);
  for (const shift of due) await publish(tx, actor.orgId, shift);
  return due.length;
}

async function publish(tx: SqlTx, orgId: string, { from, until, readerIds }: EndedShift): Promise<void> {
  const past = await readPast(tx, orgId, new Date(from), new Date(until));
  const { loads, fairness } = measure(asItWas(past.events, past.snapshot), past.snapshot.readers, from, until);
  const cases = loads.reduce((sum, load) => sum + load.cases, 0);
  await tx.$executeRaw`
    INSERT INTO shift_fairness (org_id, starts_at, ends_at, reader_ids, jain, gini, readers, cases, loads)
    VALUES (${orgId}::uuid, ${new Date(from)}::timestamptz, ${new Date(until)}::timestamptz, ${readerIds}::uuid[],
      ${rounded(fairness.jain)}::float8, ${rounded(fairness.gini)}::float8, ${ratesOf(loads).length}::int, ${cases}::int,
      ${JSON.stringify(loads)}::jsonb) ON CONFLICT DO NOTHING`;
}

/** The last digits of a computed number may carry it past 1. */
const rounded = (index: number): number => Math.round(index * 1e6) / 1e6;
