import { scrubArchive } from "#server/archive/index.ts";
import { anchorAuditHeads } from "#server/audit/index.ts";
import { purgeExpired } from "#server/auth/purge.ts";
import { config } from "#server/config.ts";
import type { SqlCtx } from "#server/context.ts";
import { withMaintenance } from "#server/db/maintenance.ts";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import { groupsWithRules, publishShifts, purgeRuns, runAssignment } from "#server/domain/assignment/index.ts";
import { casesToWatch, escalateCases } from "#server/domain/escalation/index.ts";
import { purgeNotices } from "#server/domain/notices/index.ts";
import { groupsWithEnds, groupsWithShifts, remindOfEnds } from "#server/domain/readers/index.ts";
import {
  casesWithLapsedClaim,
  casesWithoutPlan,
  expireClaim,
  prioritizeCases,
  remindSites,
  sitesThatOwe,
} from "#server/domain/reading/index.ts";
import { matchWatches, orgsWithWatches } from "#server/domain/worklists/index.ts";
import { purgeDone } from "#server/jobs/outbox.ts";
import type { Log } from "#server/log.ts";
import { systemActor } from "#server/system-actor.ts";
import type { Schedule } from "./run-schedules.ts";

/** Cases per transaction. */
const togetherAtMost = 100;

type CaseOf = { orgId: string; caseId: string };
/** Safety nets under the jobs, and clean-up. They use the same verbs as the jobs, as the product itself. */
export function schedules(log: Log): Schedule[] {
  const together = async (cases: CaseOf[], verb: (ctx: SqlCtx, caseIds: string[]) => Promise<unknown>) => {
    for (const [orgId, own] of Map.groupBy(cases, (row) => row.orgId))
      for (let at = 0; at < own.length; at += togetherAtMost) {
        const caseIds = own.slice(at, at + togetherAtMost).map(({ caseId }) => caseId);
        await withTenantSql(systemActor(orgId, "worker"), (ctx) => verb(ctx, caseIds)).catch((error: unknown) =>
          log.warn(
            { orgId, cases: caseIds.length, reason: error instanceof Error ? error.name : "unknown" },
            "cases left for the next round",
          ),
        );
      }
  };
  return [
    {
      name: "expire-claims",
      everyMs: 30_000,
      run: async () =>
        together(await withMaintenance(casesWithLapsedClaim), async (ctx, caseIds) => {
          for (const caseId of caseIds) await expireClaim(ctx, { caseId });
        }),
    },
    {
      // A case schedules its next recomputation itself; this finds lost ones.
      name: "prioritize-open-cases",
      everyMs: 5 * 60_000,
      run: async () =>
        together(await withMaintenance(casesWithoutPlan), (ctx, caseIds) => prioritizeCases(ctx, { caseIds })),
    },
    {
      // A case schedules its next look itself; this finds new ones, and those whose due time or ladder was changed.
      name: "escalate-cases",
      everyMs: 15_000,
      run: async () => together(await withMaintenance(casesToWatch), (ctx, caseIds) => escalateCases(ctx, { caseIds })),
    },
    {
      // A reminder is due for days: an hour is soon enough.
      name: "remind-of-credentials",
      everyMs: 60 * 60_000,
      run: async () => {
        for (const orgId of await withMaintenance(groupsWithEnds))
          await withTenantSql(systemActor(orgId, "worker"), remindOfEnds);
      },
    },
    {
      // What is due is told from the rows, so that nothing is lost while no worker runs.
      name: "remind-sites",
      everyMs: 60_000,
      run: async () => {
        for (const orgId of await withMaintenance(sitesThatOwe))
          await withTenantSql(systemActor(orgId, "worker"), remindSites);
      },
    },
    {
      // What became true of a case by the clock, or was missed, is found here; who was told is not told again.
      name: "match-watched-lists",
      everyMs: 15_000,
      run: async () => {
        for (const orgId of await withMaintenance(orgsWithWatches))
          await withTenantSql(systemActor(orgId, "worker"), (ctx) => matchWatches(ctx));
      },
    },
    {
      // Every event that changes the answer asks for a run; this finds what no event tells: who has gone quiet.
      name: "assign-cases",
      everyMs: 60_000,
      run: async () => {
        for (const { orgId } of await withMaintenance(groupsWithRules))
          await withTenantSql(systemActor(orgId, "worker"), runAssignment).catch((error: unknown) =>
            log.warn({ orgId, reason: error instanceof Error ? error.name : "unknown" }, "a group is looked at later"),
          );
      },
    },
    {
      // Which shifts are over is told from the rows, so that none is lost while no worker runs.
      name: "publish-shifts",
      everyMs: 60_000,
      run: async () => {
        for (const orgId of await withMaintenance(groupsWithShifts))
          try {
            while ((await withTenantSql(systemActor(orgId, "worker"), publishShifts)) > 0);
          } catch (error) {
            log.warn({ orgId, reason: error instanceof Error ? error.name : "unknown" }, "shifts are published later");
          }
      },
    },
    {
      // The more often, the smaller the tail that could be rewritten unnoticed. A chain that has not grown costs
      // nothing.
      name: "anchor-audit",
      everyMs: 60_000,
      run: () => anchorAudit(log),
    },
    {
      // Every object is read once a day; reads check what they serve in addition.
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
        await purgeExpired();
        await withMaintenance(purgeNotices);
        await withMaintenance(purgeRuns);
        if (jobs > 0) log.info({ jobs }, "old finished jobs purged");
      },
    },
  ];
}

/** Anchors the heads of the audit chains outside the database, and logs an error when a chain has become shorter. */
export async function anchorAudit(log: Log): Promise<void> {
  const { shrunk } = await anchorAuditHeads();
  for (const orgId of shrunk)
    log.error({ orgId }, "the audit chain does not reach what was noted before: run audit verify");
}
