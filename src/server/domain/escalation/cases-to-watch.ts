import type { Tx } from "#server/context.ts";

/**
 * Cases of all organisations that nobody has looked at as they stand now: they are new, their due time or their group's ladder was changed, or
 * the job that was to look at them was lost. `orgId` is the reading group's. For maintenance.
 */
export function casesToWatch(tx: Pick<Tx, "$queryRaw">): Promise<{ orgId: string; caseId: string }[]> {
  return tx.$queryRaw`
    SELECT c.reader_org_id::text AS "orgId", c.id::text AS "caseId"
    FROM reading_case c LEFT JOIN escalation_watch w ON w.case_id = c.id LEFT JOIN escalation_ladder l ON l.org_id = c.reader_org_id
    WHERE c.state IN ('arriving', 'unread', 'claimed', 'drafted', 'preliminary')
      AND (w.case_id IS NULL OR w.due_at <> c.due_at OR w.ladder_version <> coalesce(l.version, 0) OR w.next_at < now() - interval '20 seconds')
    ORDER BY c.due_at LIMIT 2000`;
}
