import { createHash } from "node:crypto";
import type { SqlCtx } from "#server/context.ts";

/** Where a stored instance is, and what is needed to serve it. Quarantined versions are not served. */
export type InstanceLocation = {
  instanceId: string;
  seriesInstanceUid: string;
  sopInstanceUid: string;
  sopClassUid: string;
  transferSyntaxUid: string;
  dataSetSha256: string;
  objectKey: string;
  sizeBytes: number;
  dataSetOffset: number;
  numberOfFrames: number;
  /** As the archive wrote it (`storage/frame-index.ts`). */
  frameIndex: unknown;
  /** As the archive wrote it (`archive/rendition/rendition-index.ts`); null: not looked at yet. */
  rendition: unknown;
};

type Row = {
  id: string;
  series_instance_uid: string;
  sop_instance_uid: string;
  sop_class_uid: string;
  transfer_syntax_uid: string;
  data_set_sha256: string;
  object_key: string;
  size_bytes: bigint | string;
  data_set_offset: number;
  number_of_frames: number;
  frame_index: unknown;
  rendition: unknown;
};

/**
 * The stored instances of a study, of one series, or one instance, in reading order. The caller has been authorised for
 * the study (`grant.ts` or a verb's own policy) in this tenant's transaction.
 */
export async function locateInstances(
  { tx }: Pick<SqlCtx, "tx">,
  {
    studyId,
    seriesInstanceUid,
    sopInstanceUid,
  }: { studyId: string; seriesInstanceUid?: string; sopInstanceUid?: string },
): Promise<InstanceLocation[]> {
  const rows = await tx.$queryRaw<Row[]>`
    SELECT i.id, s.series_instance_uid, i.sop_instance_uid, i.sop_class_uid, i.transfer_syntax_uid, i.data_set_sha256, i.object_key,
      i.size_bytes, i.data_set_offset, i.number_of_frames, i.frame_index, i.rendition
    FROM instance i JOIN series s ON s.id = i.series_ref
    WHERE i.study_ref = ${studyId}::uuid AND i.status = 'stored'
      AND (${seriesInstanceUid ?? null}::text IS NULL OR s.series_instance_uid = ${seriesInstanceUid ?? null})
      AND (${sopInstanceUid ?? null}::text IS NULL OR i.sop_instance_uid = ${sopInstanceUid ?? null})
    ORDER BY s.series_number NULLS LAST, s.id, i.instance_number NULLS LAST, i.id`;
  return rows.map((row) => ({
    instanceId: row.id,
    seriesInstanceUid: row.series_instance_uid,
    sopInstanceUid: row.sop_instance_uid,
    sopClassUid: row.sop_class_uid,
    transferSyntaxUid: row.transfer_syntax_uid,
    dataSetSha256: row.data_set_sha256,
    objectKey: row.object_key,
    sizeBytes: Number(row.size_bytes),
    dataSetOffset: row.data_set_offset,
    numberOfFrames: row.number_of_frames,
    frameIndex: row.frame_index,
    rendition: row.rendition,
  }));
}

/** Prepared metadata (DICOM JSON with a placeholder for the root), in the same order. */
export async function instanceMetadata(
  { tx }: Pick<SqlCtx, "tx">,
  scope: { studyId: string; seriesInstanceUid?: string | undefined } | { instanceId: string },
): Promise<string[]> {
  if ("instanceId" in scope) {
    const rows = await tx.$queryRaw<
      { metadata: string }[]
    >`SELECT metadata FROM instance WHERE id = ${scope.instanceId}::uuid`;
    return rows.map(({ metadata }) => metadata);
  }
  const { studyId, seriesInstanceUid } = scope;
  const rows = await tx.$queryRaw<{ metadata: string }[]>`
    SELECT i.metadata FROM instance i JOIN series s ON s.id = i.series_ref
    WHERE i.study_ref = ${studyId}::uuid AND i.status = 'stored'
      AND (${seriesInstanceUid ?? null}::text IS NULL OR s.series_instance_uid = ${seriesInstanceUid ?? null})
    ORDER BY s.series_number NULLS LAST, s.id, i.instance_number NULLS LAST, i.id`;
  return rows.map(({ metadata }) => metadata);
}

/**
 * A hash over the instances that make up a study's or series' metadata: it changes when an instance is added or
 * replaced, so it serves as ETag and in the name of the prepared answer.
 *
 * @returns null when there is no stored instance.
 */
export async function metadataDigest(
  { tx }: Pick<SqlCtx, "tx">,
  { studyId, seriesInstanceUid }: { studyId: string; seriesInstanceUid?: string | undefined },
): Promise<{ digest: string; instances: number } | null> {
  // A sum is independent of order, so no sorting is needed; every added or replaced instance changes it.
  const [row] = await tx.$queryRaw<{ mixed: bigint | string | null; instances: number }[]>`
    SELECT bit_xor(hashtextextended(i.id::text, 0)) AS mixed, count(*)::int AS instances
    FROM instance i JOIN series s ON s.id = i.series_ref
    WHERE i.study_ref = ${studyId}::uuid AND i.status = 'stored'
      AND (${seriesInstanceUid ?? null}::text IS NULL OR s.series_instance_uid = ${seriesInstanceUid ?? null})`;
  if (!row || row.mixed === null) return null;
  const name = [studyId, seriesInstanceUid ?? "", row.instances, row.mixed].join("/");
  return { digest: createHash("sha256").update(name).digest("hex"), instances: row.instances };
}
