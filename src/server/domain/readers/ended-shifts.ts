import type { SqlTx } from "#server/context.ts";
import { minuteMs } from "../assignment/engine/index.ts";
import { rostersOf } from "./reader-facts.ts";
import type { Interval } from "./roster.ts";

/** A span that the roster had, changes and swaps counted in, with those whose shift it was. */
export type EndedShift = Interval & { readerIds: string[] };

const dayMs = 24 * 60 * minuteMs;
/** One question for rosters tells of a day back and a week ahead. */
const stepMs = 7 * dayMs;

/**
 * The shifts of a group that ended after one moment, and by another, the one that ended first in front. Of readers with an open account who are
 * on the roster; two with the very same span are one shift. As the roster is now. Asks no policy: whoever calls it works for the group.
 */
export async function endedShifts(tx: SqlTx, readerOrgId: string, after: Date, by: Date): Promise<EndedShift[]> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT u.id FROM user_account u JOIN reader_profile p ON p.user_id = u.id AND NOT p.off_roster
    WHERE u.org_id = ${readerOrgId}::uuid AND u.deactivated_at IS NULL AND 'radiologist' = ANY(u.roles)`;
  const onRoster = new Set(rows.map(({ id }) => id));
  const found = new Map<string, EndedShift>();
  for (let at = after.getTime(); at < by.getTime(); at += stepMs)
    for (const [readerId, { shifts }] of await rostersOf(tx, readerOrgId, new Date(at + dayMs))) {
      if (!onRoster.has(readerId)) continue;
      for (const { from, until } of shifts) {
        if (until <= after.getTime() || until > by.getTime()) continue;
        const shift = found.get(`${from}-${until}`) ?? { from, until, readerIds: [] };
        found.set(`${from}-${until}`, { ...shift, readerIds: [...new Set([...shift.readerIds, readerId])].sort() });
      }
    }
  return [...found.values()].sort((a, b) => a.until - b.until || a.from - b.from);
}

/** Groups that have a roster at all. For maintenance. */
export async function groupsWithShifts(tx: SqlTx): Promise<string[]> {
  const rows = await tx.$queryRaw<{ orgId: string }[]>`
    SELECT org_id AS "orgId" FROM reader_shift WHERE removed_at IS NULL
    UNION SELECT org_id FROM shift_change WHERE removed_at IS NULL`;
  return rows.map(({ orgId }) => orgId);
}
