import type { SqlCtx, UserActor } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import { enqueueAll } from "#server/jobs/enqueue.ts";
import { claimable, free, givenRuns, open, reservationRuns } from "./case-conditions.ts";

/** The priors of a case that are prepared: what a reader compares first. */
const mostPriors = 3;
/** Below this number of images the answer is collected as fast as it is read (imaging/complete-study.ts). */
const worthPreparing = 8;

/**
 * What a viewer asks first of study `s` lies ready. Prepared answers that nobody asks for in 30 days are cleared away
 * (`preparedAgeMs`); a few days before that they no longer count.
 */
const isPrepared = Prisma.sql`coalesce(s.prepared_at >= s.last_received_at AND s.prepared_at > now() - interval '25 days', false)`;
/** The same for `study s`, or it is so small that nothing has to be prepared. */
export const isReady = Prisma.sql`(s.number_of_instances < ${worthPreparing} OR ${isPrepared})`;

/**
 * Has the worker prepare, behind everything that somebody waits for, what the viewer will ask of these cases first: the study and its
 * most relevant priors. Called when it is known that a case will be read soon, and when its priors have changed. Cases that are held,
 * cancelled or signed are left out, and so is what lies ready; asking twice is one job.
 */
export async function prepareAhead({ tx }: Pick<SqlCtx, "tx">, { caseIds }: { caseIds: string[] }): Promise<void> {
  if (caseIds.length === 0) return;
  const statement = Prisma.sql`
    SELECT DISTINCT s.org_id AS "orgId", s.id AS "studyId" FROM reading_case c, LATERAL (
        SELECT c.study_ref AS id UNION ALL (
          SELECT p.study_ref FROM case_prior p JOIN study e ON e.id = p.study_ref WHERE p.case_id = c.id AND p.identity <> 'conflict'
          ORDER BY p.relevance DESC, e.study_date DESC, e.id LIMIT ${mostPriors})) w
      JOIN study s ON s.id = w.id
    WHERE c.id = ANY(${caseIds}::uuid[]) AND ${open} AND c.state <> 'held' AND NOT ${isReady}`;
  const studies = await tx.$queryRawUnsafe<{ orgId: string; studyId: string }[]>(statement.text, ...statement.values);
  await enqueueAll(
    tx,
    "study.prepare-ahead",
    studies.map((payload) => ({ payload })),
  );
}

/** How many cases behind the one that was claimed are prepared. */
const inLine = 2;

/** The cases that the caller would probably get next: whoever else gets them finds them prepared. */
export async function nextInLine({ actor, tx }: SqlCtx<UserActor>): Promise<string[]> {
  const statement = Prisma.sql`
    SELECT c.id FROM reading_case c WHERE c.reader_org_id = ${actor.orgId}::uuid AND c.completed_at IS NULL AND ${claimable} AND ${free}
      AND (NOT ${reservationRuns} OR c.reserved_by_id = ${actor.userId}::uuid) AND (NOT ${givenRuns} OR c.given_to_id = ${actor.userId}::uuid)
    ORDER BY c.priority_score DESC, c.due_at, c.created_at, c.id LIMIT ${inLine}`;
  const rows = await tx.$queryRawUnsafe<{ id: string }[]>(statement.text, ...statement.values);
  return rows.map(({ id }) => id);
}

/** The same for studies that are no priors of the case's own hospital. */
export async function prepareStudies({ tx }: Pick<SqlCtx, "tx">, studyIds: string[]): Promise<void> {
  if (studyIds.length === 0) return;
  const statement = Prisma.sql`
    SELECT s.org_id AS "orgId", s.id AS "studyId" FROM study s WHERE s.id = ANY(${studyIds.slice(0, mostPriors)}::uuid[]) AND NOT ${isReady}`;
  const studies = await tx.$queryRawUnsafe<{ orgId: string; studyId: string }[]>(statement.text, ...statement.values);
  await enqueueAll(
    tx,
    "study.prepare-ahead",
    studies.map((payload) => ({ payload })),
  );
}
