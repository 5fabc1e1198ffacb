import { DomainError } from "@overread/shared/errors";
import type { SqlCtx } from "#server/context.ts";
import { enqueueAll } from "#server/jobs/enqueue.ts";
import { publishAll } from "#server/live/publish.ts";
import { audit } from "../audit/index.ts";
import { arriveCases, offerPriors } from "../reading/index.ts";
import { authorizeStudy } from "./policy.ts";
import { countRefused } from "./record-refused.ts";

type StudyRow = {
  id: string;
  study_instance_uid: string;
  org_id: string;
  reader_org_id: string | null;
  facility_id: string | null;
  referrer_id: string | null;
  patient_ref: string;
  purpose: "read" | "prior";
  completed_at: Date | null;
  expected_instances: number | null;
  last_received_at: Date;
  number_of_instances: number;
};
const columns = `id, study_instance_uid, org_id, reader_org_id, facility_id, referrer_id, patient_ref, purpose::text, completed_at, expected_instances,
  last_received_at, number_of_instances`;

/**
 * The sender declares a study complete: its case becomes ready to read. Repeating it changes nothing; after late images
 * it makes the case ready again.
 *
 * @param purpose `read` creates a case even for a study that first came as a prior; `prior` never withdraws one.
 * @param instanceCount the sender's number of instances.
 * @throws {DomainError} `study.not-found`
 */
export async function completeStudy(
  ctx: SqlCtx,
  {
    studyInstanceUid,
    purpose,
    instanceCount,
  }: { studyInstanceUid: string; purpose: "read" | "prior"; instanceCount?: number | undefined },
): Promise<{ studyId: string }> {
  const [study] = await ctx.tx.$queryRawUnsafe<StudyRow[]>(
    `SELECT ${columns} FROM study WHERE org_id = $1::uuid AND study_instance_uid = $2 FOR UPDATE`,
    ctx.actor.orgId,
    studyInstanceUid,
  );
  if (!study) throw new DomainError("study.not-found");
  authorize(ctx, study);
  await complete(ctx, [{ study, purpose, expected: instanceCount ?? null }]);
  return { studyId: study.id };
}

/**
 * Completes a study for which nothing arrived during the quiet time, although nobody declared it complete.
 *
 * @returns when to check again: images are still arriving. Null: nothing is left to do.
 * @throws {DomainError} `study.not-found`
 */
export async function settleStudy(
  ctx: SqlCtx,
  { studyId }: { studyId: string },
): Promise<{ checkAgainAt: Date | null }> {
  const checkAgainAt = await settleStudies(ctx, { studyIds: [studyId] });
  return { checkAgainAt: checkAgainAt.get(studyId) ?? null };
}

/** {@link settleStudy} for several studies of one hospital. @returns when to check again, by study. */
export async function settleStudies(ctx: SqlCtx, { studyIds }: { studyIds: string[] }): Promise<Map<string, Date>> {
  const { tx, now } = ctx;
  // In the order in which ingest locks them.
  const studies = await tx.$queryRawUnsafe<(StudyRow & { quiet_seconds: number | null })[]>(
    `SELECT ${columns}, (SELECT f.quiet_seconds FROM facility f WHERE f.id = study.facility_id) AS quiet_seconds
     FROM study WHERE id = ANY($1::uuid[]) ORDER BY study_instance_uid FOR UPDATE`,
    studyIds,
  );
  if (studies.length < new Set(studyIds).size) throw new DomainError("study.not-found");
  for (const study of studies) authorize(ctx, study);
  const waiting = studies
    .filter(({ completed_at }) => !completed_at)
    .map((study) => ({
      study,
      quietUntil: new Date(study.last_received_at.getTime() + (study.quiet_seconds ?? 60) * 1000),
    }));
  const later = waiting.filter(({ quietUntil }) => quietUntil > now);
  await enqueueAll(
    tx,
    "study.settle",
    later.map(({ study, quietUntil }) => ({ payload: { orgId: study.org_id, studyId: study.id }, runAt: quietUntil })),
  );
  await complete(
    ctx,
    waiting
      .filter(({ quietUntil }) => quietUntil <= now)
      .map(({ study }) => ({ study, purpose: study.purpose, expected: study.expected_instances })),
  );
  return new Map(later.map(({ study, quietUntil }) => [study.id, quietUntil]));
}

function authorize({ actor }: Pick<SqlCtx, "actor">, study: StudyRow): void {
  authorizeStudy(actor, "study.complete", {
    orgId: study.org_id,
    readerOrgId: study.reader_org_id,
    facilityId: study.facility_id,
    referrerId: study.referrer_id,
  });
}

/** A study, and what its sender declared. */
type Completion = { study: StudyRow; purpose: "read" | "prior"; expected: number | null };

/** The studies' rows are locked. */
async function complete(ctx: SqlCtx, said: Completion[]): Promise<void> {
  const { tx } = ctx;
  if (said.length === 0) return;
  // The edge reports refused images before it declares the study, whose row may not have existed then.
  await countRefused(
    ctx,
    said.map(({ study }) => study.study_instance_uid),
  );
  const news = said
    .map((each) => ({ ...each, becomesRead: each.purpose === "read" && each.study.purpose === "prior" }))
    .filter(
      ({ study, expected, becomesRead }) => !study.completed_at || becomesRead || study.expected_instances !== expected,
    );
  if (news.length === 0) return;
  await recount(
    ctx,
    news.map(({ study }) => study.id),
  );
  const purposeOf = ({ study, becomesRead }: (typeof news)[number]) => (becomesRead ? "read" : study.purpose);
  const values = news.map((each) => ({ id: each.study.id, expected: each.expected, purpose: purposeOf(each) }));
  await tx.$executeRaw`
    UPDATE study s SET completed_at = coalesce(s.completed_at, now()), expected_instances = r.expected, purpose = r.purpose::"StudyPurpose"
    FROM jsonb_to_recordset(${JSON.stringify(values)}::jsonb) AS r (id uuid, expected int, purpose text) WHERE s.id = r.id`;
  const completed = news.filter(({ study, becomesRead }) => becomesRead || !study.completed_at);
  const isToRead = (each: (typeof news)[number]) => purposeOf(each) === "read" && each.study.number_of_instances > 0;
  // They may have no case because they came as priors.
  const toRead = completed.filter(isToRead).map(({ study }) => study.id);
  if (toRead.length > 0) await arriveCases(ctx, { studyIds: toRead });
  // What came as a prior may belong to an open case.
  const priors = completed.filter((each) => !isToRead(each)).map(({ study }) => study.id);
  if (priors.length > 0) await offerPriors(ctx, { studyIds: priors });
  await enqueueAll(
    tx,
    "study.index",
    completed
      .filter(({ study }) => study.number_of_instances >= worthPreparing)
      .map(({ study }) => ({ payload: { orgId: study.org_id, studyId: study.id } })),
  );
  await enqueueAll(
    tx,
    "study.make-renditions",
    completed
      .filter(({ study }) => study.number_of_instances > 0)
      .map(({ study }) => ({ payload: { orgId: study.org_id, studyId: study.id } })),
  );
  await publishAll(
    tx,
    completed.map(({ study }) => ({
      topic: "study.changed",
      orgIds: study.reader_org_id ? [study.org_id, study.reader_org_id] : [study.org_id],
      studyId: study.id,
    })),
  );
  for (const each of completed)
    await audit(ctx, {
      action: "study.complete",
      orgId: each.study.org_id,
      patientRef: each.study.patient_ref,
      studyRef: each.study.id,
      details: { instances: each.study.number_of_instances, expected: each.expected, purpose: purposeOf(each) },
    });
}

/** Above this number of images it takes longer to collect a study's metadata than to read the prepared metadata. */
const worthPreparing = 8;

/** Recounts from the rows themselves, so that an error in incremental counts cannot persist. */
async function recount({ tx }: Pick<SqlCtx, "tx">, studyIds: string[]): Promise<void> {
  await tx.$executeRaw`UPDATE series s SET number_of_instances = c.n FROM (
      SELECT series_ref, count(*) FILTER (WHERE status = 'stored')::int AS n FROM instance WHERE study_ref = ANY(${studyIds}::uuid[]) GROUP BY series_ref
    ) c WHERE s.id = c.series_ref AND s.number_of_instances <> c.n`;
  await tx.$executeRaw`UPDATE study s SET number_of_instances = c.stored, own_documents = c.own, quarantined_instances = c.quarantined, size_bytes = c.bytes FROM (
      SELECT study_ref, count(*) FILTER (WHERE status = 'stored')::int AS stored, count(*) FILTER (WHERE status = 'stored' AND source IN ('report', 'site'))::int AS own, count(*) FILTER (WHERE status = 'quarantined')::int AS quarantined,
        coalesce(sum(size_bytes) FILTER (WHERE status = 'stored'), 0)::bigint AS bytes
      FROM instance WHERE study_ref = ANY(${studyIds}::uuid[]) GROUP BY study_ref
    ) c WHERE s.id = c.study_ref AND (s.number_of_instances, s.own_documents, s.quarantined_instances, s.size_bytes)
      IS DISTINCT FROM (c.stored, c.own, c.quarantined, c.bytes)`;
}
