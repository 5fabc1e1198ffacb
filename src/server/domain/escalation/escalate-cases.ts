import type { SqlCtx } from "#server/context.ts";
import type { CasePriority, CaseState } from "#server/db/generated/enums.ts";
import { enqueueAll } from "#server/jobs/enqueue.ts";
import { publishAll } from "#server/live/publish.ts";
import { readersWhoMay, type Step, stepKey, stepsDue, type WhoMay } from "../assignment/index.ts";
import { audit } from "../audit/index.ts";
import { notify } from "../notices/index.ts";
import { caseClocks } from "../reading/index.ts";
import { laddersOf } from "./ladder.ts";
import { peopleOf, type WokenFor } from "./people.ts";
import { escalationPolicy } from "./policy.ts";

/** A step that has been due for longer wakes nobody any more: the portal stood still, or is new, and what waits is on every list. */
const staleMs = 24 * 3_600_000;

type Row = WokenFor & {
  caseId: string;
  studyRef: string;
  patientRef: string;
  state: CaseState;
  priority: CasePriority;
  dueAt: Date;
  now: Date;
  /** The last look at it. */
  nextAt: Date | null;
};

/** The matter that everybody is told of who is woken by a step. */
const matterOf = (caseId: string, step: string): string => `escalation:${caseId}:${step}`;

/**
 * Takes the steps that are due for these cases: each once, in the transaction that tells the people, whatever is killed in between and however
 * many look at the same time (the step's key decides). Then says when to look again.
 *
 * Runs in the reading group's transaction for all steps but those that wake the site, whose turn it passes on to the hospital's, since each
 * organisation sees its own people alone.
 *
 * @param now by default the database's time.
 * @throws {DomainError} `auth.forbidden`
 */
export async function escalateCases(
  ctx: SqlCtx,
  { caseIds, now: given }: { caseIds: string[]; now?: Date },
): Promise<{ taken: number }> {
  const { tx, actor } = ctx;
  escalationPolicy.authorize(actor, "case.escalate", { orgId: actor.orgId });
  // Shared: nobody signs a case or claims it while its alarm is being written.
  const rows = await tx.$queryRaw<Row[]>`
    SELECT c.id::text AS "caseId", c.org_id::text AS "orgId", c.reader_org_id::text AS "readerOrgId", c.facility_id::text AS "facilityId",
      c.study_ref::text AS "studyRef", (SELECT s.patient_ref::text FROM study s WHERE s.id = c.study_ref) AS "patientRef", c.state, c.priority, c.due_at AS "dueAt", clock_timestamp() AS now,
      CASE WHEN c.claimed_until > clock_timestamp() THEN c.claimed_by_id::text WHEN c.reserved_until > clock_timestamp() THEN c.reserved_by_id::text
        WHEN coalesce(c.given_until > clock_timestamp(), true) THEN c.given_to_id::text END AS "readerId",
      (SELECT w.next_at FROM escalation_watch w WHERE w.case_id = c.id) AS "nextAt"
    FROM reading_case c WHERE c.id = ANY(${caseIds}::uuid[]) ORDER BY c.id FOR SHARE OF c`;
  if (rows.length === 0) return { taken: 0 };
  const ids = rows.map(({ caseId }) => caseId);
  const ladderOf = await laddersOf(
    ctx,
    rows.map(({ readerOrgId }) => readerOrgId),
  );
  const clocks = await caseClocks(ctx, ids);
  const done = await tx.$queryRaw<Taken[]>`
    SELECT case_id::text AS "caseId", step, since FROM escalation_step WHERE case_id = ANY(${ids}::uuid[])`;
  const takenOf = Map.groupBy(done, ({ caseId }) => caseId);

  const looks = rows.map((row) => {
    const ladder = ladderOf(row.readerOrgId);
    const now = given ?? row.now;
    const clock = clocks.get(row.caseId);
    const { found, promise } = underPromise(takenOf.get(row.caseId) ?? [], clock?.startedAt ?? 0);
    const steps = clock && waits(row) ? stepsDue(ladder.steps, clock, found, now.getTime()) : { due: [], nextAt: null };
    return { row, ladder, now, promise, ...steps };
  });
  // The pool is the group's: a hospital's look takes no step of it.
  const forPool = looks.filter(
    ({ row, due }) => actor.orgId === row.readerOrgId && due.some(({ step }) => step.to === "pool"),
  );
  const whoMay = await readersWhoMay(tx, { readerOrgId: actor.orgId, caseIds: forPool.map(({ row }) => row.caseId) });

  const forSite: Row[] = [];
  const watched: (Row & { ladderVersion: number; lookAt: Date | null })[] = [];
  let taken = 0;
  for (const { row, ladder, now, promise, due, nextAt } of looks) {
    const site = actor.orgId === row.orgId;
    for (const { step, since } of due)
      if ((step.to === "site") === site)
        taken += (await take(ctx, row, step, {
          key: stepKey(step) + promise,
          since: new Date(since),
          now,
          whoMay: whoMay.get(row.caseId),
        }))
          ? 1
          : 0;
    if (actor.orgId !== row.readerOrgId) continue;
    if (!site && due.some(({ step }) => step.to === "site")) forSite.push(row);
    watched.push({ ...row, ladderVersion: ladder.version, lookAt: nextAt === null ? null : new Date(nextAt) });
  }
  await watchOn(ctx, watched);
  await enqueueAll(
    tx,
    "case.escalate",
    forSite.map(({ orgId, caseId }) => ({ payload: { orgId, caseId } })),
  );
  return { taken };
}

/** Somebody has to do something about it, and its clock runs. */
const waits = ({ state }: Pick<Row, "state">): boolean => !["held", "cancelled", "final", "amended"].includes(state);

type Taken = { caseId: string; step: string; since: Date };
/**
 * The steps that were taken since the promise that holds began to run: a case that becomes STAT is promised anew from that moment, and what was
 * told of the routine one woke nobody for it.
 *
 * @param startedAt of its clock. @returns `promise`: what tells the keys of its steps from those of an earlier one.
 */
function underPromise(taken: readonly Taken[], startedAt: number): { found: string[]; promise: string } {
  const own = taken.filter(({ since }) => since.getTime() >= startedAt);
  const found = own.map(({ step }) => step.split("@")[0] as string);
  return { found, promise: own.length < taken.length ? `@${Math.floor(startedAt / 1000)}` : "" };
}

/** @returns false: it was taken already. */
async function take(
  ctx: SqlCtx,
  row: Row,
  step: Step,
  { key, since, now, whoMay }: { key: string; since: Date; now: Date; whoMay: WhoMay | undefined },
): Promise<boolean> {
  const { tx, actor } = ctx;
  const { caseId, orgId, readerOrgId, priority } = row;
  const stale = now.getTime() - since.getTime() > staleMs;
  const { userIds: people, reach } = stale ? { userIds: [], reach: null } : await peopleOf(ctx, step.to, row, whoMay);
  const mine = await tx.$executeRaw`
    INSERT INTO escalation_step (case_id, step, percent, audience, org_id, reader_org_id, since, taken_at, people, reach)
    VALUES (${caseId}::uuid, ${key}, ${step.percent}::int, ${step.to}, ${orgId}::uuid, ${readerOrgId}::uuid, ${since}::timestamptz, ${now}::timestamptz, ${people.length}::int, ${reach})
    ON CONFLICT (case_id, step) DO NOTHING`;
  if (mine === 0) return false;
  await notify(tx, {
    orgId: actor.orgId,
    userIds: people,
    kind: "case-escalated",
    // Words for the lead where it is the lead who is told.
    params: { percent: step.percent, to: reach === "lead" ? "lead" : step.to, priority },
    caseId,
    matter: matterOf(caseId, key),
  });
  await audit(ctx, {
    action: "case.escalate",
    orgId,
    patientRef: row.patientRef,
    studyRef: row.studyRef,
    caseId,
    details: { step: key, people: people.length },
  });
  await publishAll(tx, [{ topic: "case.changed", orgIds: [orgId, readerOrgId], caseId, studyId: row.studyRef }]);
  return true;
}

/** Notes what was found, and has the cases looked at again when their next step is due. */
async function watchOn({ tx }: SqlCtx, cases: (Row & { ladderVersion: number; lookAt: Date | null })[]): Promise<void> {
  if (cases.length === 0) return;
  const rows = cases.map(({ caseId, orgId, readerOrgId, dueAt, ladderVersion, lookAt }) => ({
    case_id: caseId,
    org_id: orgId,
    reader_org_id: readerOrgId,
    due_at: dueAt,
    ladder_version: ladderVersion,
    next_at: lookAt,
  }));
  await tx.$executeRaw`
    INSERT INTO escalation_watch AS w (case_id, org_id, reader_org_id, due_at, ladder_version, next_at)
    SELECT r.* FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      AS r (case_id uuid, org_id uuid, reader_org_id uuid, due_at timestamptz, ladder_version int, next_at timestamptz)
    ON CONFLICT (case_id) DO UPDATE SET due_at = excluded.due_at, ladder_version = excluded.ladder_version, next_at = excluded.next_at`;
  await enqueueAll(
    tx,
    "case.escalate",
    // What was found before has its job already.
    cases.flatMap(({ caseId, readerOrgId, lookAt, nextAt }) =>
      lookAt && lookAt.getTime() !== nextAt?.getTime()
        ? [{ payload: { orgId: readerOrgId, caseId }, runAt: lookAt }]
        : [],
    ),
  );
}
