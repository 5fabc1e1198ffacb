import { scrubArchive } from "#server/archive/index.ts";
import { anchorAuditHeads } from "#server/audit-anchors.ts";
import { config } from "#server/config.ts";
import { pool } from "#server/db/clients.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { expireClaim, prioritizeCase } from "#server/domain/reading/index.ts";
import { purgeDone } from "#server/jobs/outbox.ts";
import type { Log } from "#server/log.ts";
import { systemActor } from "#server/system-actor.ts";
import type { Schedule } from "./every.ts";

type CaseOf = { orgId: string; caseId: string };
const query = <Row extends object>(sql: string): Promise<Row[]> =>
  pool("overread_maintenance")
    .query<Row>(sql)
    .then((result) => result.rows);

/** Nets under the jobs, and tidying. What they find is changed by the same verbs, as the product itself. */
export function schedules(log: Log): Schedule[] {
  const perCase = async (
    cases: CaseOf[],
    verb: (ctx: Parameters<typeof expireClaim>[0], of: { caseId: string }) => Promise<unknown>,
  ) => {
    for (const { orgId, caseId } of cases)
      await withTenant(systemActor(orgId, "worker"), (ctx) => verb(ctx, { caseId })).catch((error: unknown) =>
        log.warn({ caseId, reason: error instanceof Error ? error.name : "unknown" }, "case left for the next round"),
      );
  };
  return [
    {
      name: "expire-claims",
      everyMs: 30_000,
      run: async () =>
        perCase(
          await query<CaseOf>(
            `SELECT org_id AS "orgId", id AS "caseId" FROM reading_case WHERE claimed_until < now() AND claimed_by_id IS NOT NULL LIMIT 500`,
          ),
          expireClaim,
        ),
    },
    {
      // A case plans its next change of place by itself; this finds those whose plan was lost.
      name: "prioritize-open-cases",
      everyMs: 5 * 60_000,
      run: async () =>
        perCase(
          await query<CaseOf>(
            `SELECT c.org_id AS "orgId", c.id AS "caseId" FROM reading_case c WHERE c.state IN ('unread', 'claimed', 'drafted', 'preliminary')
               AND NOT EXISTS (SELECT 1 FROM outbox_job o WHERE o.name = 'case.prioritize' AND o.collapse_key = c.id::text
                 AND o.done_at IS NULL AND o.failed_at IS NULL)
             ORDER BY c.due_at LIMIT 2000`,
          ),
          prioritizeCase,
        ),
    },
    {
      // The oftener, the less of a tail can be made anew unseen. A chain that has not grown costs nothing.
      name: "anchor-audit",
      everyMs: 60_000,
      run: () => anchorAudit(log),
    },
    {
      // Every object is read once a day; what is read for somebody is checked besides.
      name: "scrub-archive",
      everyMs: 24 * 60 * 60_000,
      firstAfterMs: 10 * 60_000,
      run: async (signal) => {
        const { backupDir } = config().storage;
        const { objects, missing, corrupt, repaired } = await scrubArchive({
          ...(backupDir ? { from: backupDir } : {}),
          pauseMs: 5,
          signal,
        });
        const damaged = missing.length + corrupt.length;
        if (repaired.length > 0)
          log.warn({ objects, repaired: repaired.length }, "damaged objects are back from the backup");
        if (damaged > 0)
          log.error({ objects, damaged }, "objects are missing or damaged: run archive scrub --from a backup");
      },
    },
    {
      name: "purge",
      everyMs: 60 * 60_000,
      run: async () => {
        const jobs = await purgeDone(7);
        await query("DELETE FROM edge_nonce WHERE expires_at < now() - interval '1 hour'");
        await query("DELETE FROM sign_in_attempt WHERE window_start < now() - interval '1 day'");
        if (jobs > 0) log.info({ jobs }, "old finished jobs purged");
      },
    },
  ];
}

/** Notes the heads of the audit chains outside the database, and says aloud when one has become shorter. */
export async function anchorAudit(log: Log): Promise<void> {
  const { shrunk } = await anchorAuditHeads();
  for (const orgId of shrunk)
    log.error({ orgId }, "the audit chain does not reach what was noted before: run audit verify");
}
