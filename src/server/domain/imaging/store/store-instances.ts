import type { SqlCtx } from "#server/context.ts";
import { audit } from "../../audit/index.ts";
import type { ArrivingInstance, InstanceRecord, StoredInstance } from "../instance-record.ts";
import { type ClassifiedInstances, classifyInstances } from "./classify-instances.ts";
import { seriesFor } from "./find-series.ts";
import { lockStudies } from "./lock-studies.ts";
import type { SeriesRow, StudyRow } from "./rows.ts";
import { updateStudyRow } from "./update-study-row.ts";

/**
 * Inserts received instances into the index. One call is one batch of one sender: it locks the studies concerned in a
 * fixed order, so that parallel associations of one study queue up instead of counting twice.
 *
 * Identical bytes in the same transfer syntax again are a success and change nothing. Other bytes, or another syntax,
 * under a known SOP Instance UID are stored and quarantined. The first image of a study opens its case, unless it came
 * as a prior.
 *
 * @param durable resolves when the bytes of all of them are durable; meanwhile the rows are written. Awaited before the
 * audit chain is locked, so that a slow disk blocks nobody else of the hospital.
 * @returns one result per instance, in order.
 * @throws {DomainError} `study.not-found` when the actor may not add to that hospital's study.
 */
export async function storeInstances(
  ctx: SqlCtx,
  {
    arriving,
    described,
    durable,
  }: { arriving: ArrivingInstance[]; described: () => Promise<InstanceRecord[]>; durable?: () => Promise<void> },
): Promise<StoredInstance[]> {
  if (arriving.length === 0) return [];
  const [studies, instances] = await Promise.all([lockStudies(ctx, arriving), described()]);
  const { series, made } = seriesFor(ctx, instances, studies.rows, studies.known.series);
  const seriesOf = (record: InstanceRecord): SeriesRow =>
    series.get(`${study(record).id}/${record.seriesInstanceUid}`) as SeriesRow;
  const study = (record: InstanceRecord): StudyRow => studies.rows.get(record.studyInstanceUid) as StudyRow;

  const sortedOut = classifyInstances(studies.known.versions, instances, (record) => seriesOf(record).id);
  const settled = [...studies.rows.values()].map((row) => {
    const entries = sortedOut.filter(({ record }) => record.studyInstanceUid === row.study_instance_uid);
    const own = [...series.values()].filter(({ study_ref }) => study_ref === row.id);
    return updateStudyRow(ctx, row, entries, own);
  });
  await Promise.all([made, ...settled]);
  await durable?.();
  // The audit chain is locked until commit, one per hospital: it comes last.
  for (const row of studies.rows.values())
    await auditStudy(
      ctx,
      row,
      sortedOut.filter(({ record }) => record.studyInstanceUid === row.study_instance_uid),
    );

  return sortedOut.map(({ record, outcome, instanceId }) => ({
    outcome,
    instanceId,
    studyId: study(record).id,
    studyInstanceUid: record.studyInstanceUid,
    seriesInstanceUid: record.seriesInstanceUid,
    sopInstanceUid: record.sopInstanceUid,
    sopClassUid: record.sopClassUid,
    dataSetSha256: record.dataSetSha256,
  }));
}

async function auditStudy(ctx: SqlCtx, row: StudyRow, entries: ClassifiedInstances[]): Promise<void> {
  const added = entries.filter(({ isNew }) => isNew);
  const subject = { orgId: ctx.actor.orgId, patientRef: row.patient_ref, studyRef: row.id };
  for (const { record, reason } of added)
    if (reason)
      await audit(ctx, {
        action: "instance.quarantine",
        ...subject,
        details: { sopInstanceUid: record.sopInstanceUid, dataSetSha256: record.dataSetSha256, reason },
      });
  const stored = added.filter(({ outcome }) => outcome === "stored").length;
  if (stored > 0)
    await audit(ctx, {
      action: "study.receive",
      ...subject,
      details: { stored, repeated: entries.length - added.length, source: entries[0]?.record.source ?? "" },
    });
}
