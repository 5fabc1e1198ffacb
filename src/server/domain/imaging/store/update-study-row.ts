import { type DicomJson, numberOf } from "@overread/shared/dicom/dicom-json";
import { Tag } from "@overread/shared/dicom/tags";
import type { SqlCtx } from "#server/context.ts";
import { noteLateImages, openCase } from "#server/domain/reading/index.ts";
import { enqueue } from "#server/jobs/enqueue.ts";
import { publish } from "#server/live/publish.ts";
import { notePatientConflicts } from "../note-patient-conflicts.ts";
import { addedSources, siteDocumentSource } from "../own-documents.ts";
import { showsPicture } from "../pictures.ts";
import { int32, seriesColumns, seriesJson, studyJson } from "../prerender.ts";
import type { ClassifiedInstances } from "./classify-instances.ts";
import type { SeriesRow, StudyRow } from "./rows.ts";

/**
 * Inserts the new instances of one study and updates its counts, prerendered answers, case and follow-up jobs. The row
 * is locked.
 */
export async function updateStudyRow(
  ctx: SqlCtx,
  row: StudyRow,
  entries: ClassifiedInstances[],
  series: SeriesRow[],
): Promise<void> {
  const { actor, tx } = ctx;
  const added = entries.filter(({ isNew }) => isNew);
  const asRead = row.purpose === "prior" && entries.some(({ record }) => record.purpose === "read");
  if (added.length === 0 && !asRead) return;
  const stored = added.filter(({ outcome }) => outcome === "stored");
  const hadImages = row.number_of_instances > 0;
  const purpose = asRead ? "read" : row.purpose;

  // Counts are computed from the inserts of this transaction, under the study's lock: exact, without a scan per image.
  const changed = series.flatMap((each) => {
    const here = stored.filter(({ record }) => record.seriesInstanceUid === each.series_instance_uid);
    if (here.length === 0) return [];
    const total = each.number_of_instances + here.length;
    const uids = { study: row.study_instance_uid, series: each.series_instance_uid };
    if (each.number_of_instances === 0) row.number_of_series++;
    return [{ id: each.id, total, json: seriesJson(JSON.parse(each.qido_json) as DicomJson, uids, total) }];
  });
  const columns = stored.map(({ record }) => seriesColumns(record.dataset));
  const union = (before: string[], more: string[]): string[] =>
    [...new Set([...before, ...more])].filter((v) => v !== "");
  const modalities = union(
    row.modalities,
    columns.map(({ modality }) => modality),
  );
  const bodyParts = union(
    row.body_parts,
    columns.map(({ bodyPartExamined }) => bodyPartExamined),
  );
  const pictures = stored.filter(({ record }) => showsPicture(record.sopClassUid, numberOf(record.dataset, Tag.Rows)));
  // A photo that the site adds at the portal is no image that was acquired.
  const acquiredNow = pictures.filter(({ record }) => record.source !== siteDocumentSource);
  const acquired = union(
    row.acquired_modalities,
    acquiredNow.map(({ record }) => seriesColumns(record.dataset).modality),
  );
  const hasPictures = row.has_pictures || acquiredNow.length > 0;
  const own = stored.filter(({ record }) => addedSources.includes(record.source)).length;
  const numberOfInstances = row.number_of_instances + stored.length;
  const bytes = stored.reduce((sum, { record }) => sum + record.sizeBytes, 0);
  const json = studyJson(JSON.parse(row.qido_json) as DicomJson, {
    studyInstanceUid: row.study_instance_uid,
    modalities,
    numberOfSeries: row.number_of_series,
    numberOfInstances,
  });
  // Documents that the product itself adds to a study that was read do not make it "arriving" again.
  const reopens = actor.kind !== "system" && stored.length > 0 && row.completed_at !== null;
  const facilityId = row.facility_id ?? added[0]?.record.facilityId ?? null;
  const each = <T>(value: (entry: ClassifiedInstances) => T): T[] => added.map(value);
  const seriesIds = new Map(series.map(({ id, series_instance_uid }) => [series_instance_uid, id]));
  // Sent without waiting: following statements are sent behind it and see its result.
  const entered = tx.$executeRaw`
    WITH entered AS (
      INSERT INTO instance (org_id, reader_org_id, study_ref, id, series_ref, sop_instance_uid, sop_class_uid, transfer_syntax_uid,
        data_set_sha256, object_key, size_bytes, data_set_offset, instance_number, rows, columns, number_of_frames, frame_index,
        metadata, qido_json, status, quarantine_reason, source)
      SELECT ${actor.orgId}::uuid, ${row.reader_org_id}::uuid, ${row.id}::uuid, v.*
      FROM unnest(${each(({ instanceId }) => instanceId)}::uuid[], ${each(({ record }) => seriesIds.get(record.seriesInstanceUid))}::uuid[],
        ${each(({ record }) => record.sopInstanceUid)}::text[], ${each(({ record }) => record.sopClassUid)}::text[],
        ${each(({ record }) => record.transferSyntaxUid)}::text[], ${each(({ record }) => record.dataSetSha256)}::text[],
        ${each(({ record }) => record.objectKey)}::text[], ${each(({ record }) => record.sizeBytes)}::bigint[],
        ${each(({ record }) => record.dataSetOffset)}::int[], ${each(({ record }) => int32(numberOf(record.dataset, Tag.InstanceNumber)))}::int[],
        ${each(({ record }) => int32(numberOf(record.dataset, Tag.Rows)))}::int[],
        ${each(({ record }) => int32(numberOf(record.dataset, Tag.Columns)))}::int[],
        ${each(({ record }) => record.numberOfFrames)}::int[], ${each(({ record }) => record.frameIndex)}::jsonb[],
        ${each(({ record }) => record.metadata)}::text[],
        ${each(({ record }) => record.qidoJson)}::text[],
        ${each(({ outcome }) => outcome)}::"InstanceStatus"[], ${each(({ reason }) => reason)}::text[],
        ${each(({ record }) => record.source)}::text[]) v
    ), counted AS (
      UPDATE series se SET number_of_instances = v.total, qido_json = v.json
      FROM unnest(${changed.map(({ id }) => id)}::uuid[], ${changed.map(({ total }) => total)}::int[], ${changed.map(({ json }) => json)}::text[]) v (id, total, json)
      WHERE se.id = v.id
    )
    UPDATE study SET modalities = ${modalities}, body_parts = ${bodyParts}, number_of_series = ${row.number_of_series},
      number_of_instances = ${numberOfInstances}, size_bytes = size_bytes + ${bytes}::bigint,
      own_documents = own_documents + ${own}::int, has_pictures = ${hasPictures}, acquired_modalities = ${acquired},
      quarantined_instances = quarantined_instances + ${added.length - stored.length}::int, qido_json = ${json},
      purpose = ${purpose}::"StudyPurpose", facility_id = ${facilityId}::uuid, last_received_at = now(),
      completed_at = CASE WHEN ${reopens} THEN NULL ELSE completed_at END
    WHERE id = ${row.id}::uuid`;

  const isFirst = !hadImages && stored.length > 0;
  // Only images are read: documents alone are stored, and the case opens when images follow.
  const firstPictures = hasPictures && !row.has_pictures;
  const orgIds = row.reader_org_id ? [actor.orgId, row.reader_org_id] : [actor.orgId];
  await Promise.all([
    entered,
    notePatientConflicts(ctx, row, stored),
    // A case that opens now counts no image as late.
    purpose === "read" && (firstPictures || asRead)
      ? openCase(ctx, { studyId: row.id }).then(() => late(ctx, row, pictures.length))
      : late(ctx, row, pictures.length),
    actor.kind !== "system" && (isFirst || reopens) ? settleLater(ctx, row) : null,
    isFirst || added.length > stored.length || announcementDue(row.id)
      ? publish(tx, { topic: "study.changed", orgIds, studyId: row.id })
      : null,
  ]);
}

const late = (ctx: SqlCtx, row: StudyRow, count: number): Promise<void> =>
  count > 0 ? noteLateImages(ctx, { studyId: row.id, count }) : Promise.resolve();

/** Checks whether the study is complete, unless its sender declares it before. */
async function settleLater(ctx: SqlCtx, row: StudyRow): Promise<void> {
  const at = await settleAt(ctx, row);
  await enqueue(ctx.tx, "study.settle", { orgId: ctx.actor.orgId, studyId: row.id }, at);
}

/** How long to wait for the sender to declare the study complete. Edge routers do; others may not. */
async function settleAt({ actor, tx, now }: SqlCtx, row: StudyRow): Promise<Date> {
  const [facility] = row.facility_id
    ? await tx.$queryRaw<
        { quiet_seconds: number }[]
      >`SELECT quiet_seconds FROM facility WHERE id = ${row.facility_id}::uuid`
    : [];
  const quiet = facility?.quiet_seconds ?? 60;
  const fromEdge = actor.kind === "token" && actor.edgeId !== null;
  return new Date(now.getTime() + (fromEdge ? Math.max(quiet, 600) : quiet) * 1000);
}

const lastAnnounced = new Map<string, number>();
/** Counts on a screen may be a second old: one announcement per study and second. */
function announcementDue(studyId: string): boolean {
  const now = Date.now();
  if (now - (lastAnnounced.get(studyId) ?? 0) < 1000) return false;
  if (lastAnnounced.size > 1000) lastAnnounced.clear();
  lastAnnounced.set(studyId, now);
  return true;
}
