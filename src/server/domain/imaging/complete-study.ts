import { DomainError } from "@overread/shared/errors";
import type { Ctx } from "#server/context.ts";
import { enqueue } from "#server/jobs/enqueue.ts";
import { publish } from "#server/live/publish.ts";
import { audit } from "../audit/index.ts";
import { arriveCase, offerPrior, openCase } from "../reading/index.ts";
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
 * The sender says that a study is complete: its case becomes ready to read. Saying it again changes nothing; saying
 * it after late images makes the case ready again.
 *
 * @param purpose `read` makes a case even of a study that first came as a prior; `prior` never withdraws one.
 * @param instanceCount how many the sender counted.
 * @throws {DomainError} `study.not-found`
 */
export async function completeStudy(
  ctx: Ctx,
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
  await complete(ctx, study, { purpose, expected: instanceCount ?? null });
  return { studyId: study.id };
}

/**
 * Completes a study for which nothing came during the quiet time, although nobody said so.
 *
 * @returns when to look again: images are still arriving. Null: nothing is left to do.
 * @throws {DomainError} `study.not-found`
 */
export async function settleStudy(ctx: Ctx, { studyId }: { studyId: string }): Promise<{ lookAgainAt: Date | null }> {
  const { tx, now } = ctx;
  const [study] = await tx.$queryRawUnsafe<StudyRow[]>(
    `SELECT ${columns} FROM study WHERE id = $1::uuid FOR UPDATE`,
    studyId,
  );
  if (!study) throw new DomainError("study.not-found");
  authorize(ctx, study);
  if (study.completed_at) return { lookAgainAt: null };
  const [facility] = await tx.$queryRaw<{ quiet_seconds: number }[]>`
    SELECT quiet_seconds FROM facility WHERE id = ${study.facility_id}::uuid`;
  const quietUntil = new Date(study.last_received_at.getTime() + (facility?.quiet_seconds ?? 60) * 1000);
  if (quietUntil > now) {
    await enqueue(tx, "study.settle", { orgId: study.org_id, studyId }, quietUntil);
    return { lookAgainAt: quietUntil };
  }
  await complete(ctx, study, { purpose: study.purpose, expected: study.expected_instances });
  return { lookAgainAt: null };
}

function authorize({ actor }: Ctx, study: StudyRow): void {
  authorizeStudy(actor, "study.complete", {
    orgId: study.org_id,
    readerOrgId: study.reader_org_id,
    facilityId: study.facility_id,
    referrerId: study.referrer_id,
  });
}

async function complete(
  ctx: Ctx,
  study: StudyRow,
  { purpose, expected }: { purpose: "read" | "prior"; expected: number | null },
): Promise<void> {
  const { tx } = ctx;
  const becomesRead = purpose === "read" && study.purpose === "prior";
  // The edge tells of refused images before it tells of the study; the study may be younger than that.
  await countRefused(ctx, [study.study_instance_uid]);
  if (study.completed_at && !becomesRead && study.expected_instances === expected) return;
  await recount(ctx, study.id);
  const now = becomesRead || !study.completed_at;
  const newPurpose = becomesRead ? "read" : study.purpose;
  await tx.$executeRaw`UPDATE study SET completed_at = coalesce(completed_at, now()), expected_instances = ${expected}::int,
    purpose = ${newPurpose}::"StudyPurpose" WHERE id = ${study.id}::uuid`;
  if (!now) return;
  if (newPurpose === "read" && study.number_of_instances > 0) {
    // Opening twice opens once: the case may be missing because the study came as a prior.
    await openCase(ctx, { studyId: study.id });
    await arriveCase(ctx, { studyId: study.id });
  } else {
    // What came to be compared with may belong to a case that waits already.
    await offerPrior(ctx, { studyId: study.id });
  }
  await enqueue(tx, "study.index", { orgId: study.org_id, studyId: study.id });
  const orgIds = study.reader_org_id ? [study.org_id, study.reader_org_id] : [study.org_id];
  await publish(tx, { topic: "study.changed", orgIds, studyId: study.id });
  await audit(ctx, {
    action: "study.complete",
    orgId: study.org_id,
    patientRef: study.patient_ref,
    studyRef: study.id,
    details: { instances: study.number_of_instances, expected, purpose: newPurpose },
  });
}

/** Counts once more from the rows themselves, so that no arithmetic of ours is ever the last word. */
async function recount({ tx }: Ctx, studyId: string): Promise<void> {
  await tx.$executeRaw`UPDATE series s SET number_of_instances = c.n FROM (
      SELECT series_ref, count(*) FILTER (WHERE status = 'stored')::int AS n FROM instance WHERE study_ref = ${studyId}::uuid GROUP BY series_ref
    ) c WHERE s.id = c.series_ref AND s.number_of_instances <> c.n`;
  await tx.$executeRaw`UPDATE study s SET number_of_instances = c.stored, own_documents = c.own, quarantined_instances = c.quarantined, size_bytes = c.bytes FROM (
      SELECT count(*) FILTER (WHERE status = 'stored')::int AS stored, count(*) FILTER (WHERE status = 'stored' AND source = 'report')::int AS own, count(*) FILTER (WHERE status = 'quarantined')::int AS quarantined,
        coalesce(sum(size_bytes) FILTER (WHERE status = 'stored'), 0)::bigint AS bytes
      FROM instance WHERE study_ref = ${studyId}::uuid
    ) c WHERE s.id = ${studyId}::uuid`;
}
