import type { SqlCtx } from "#server/context.ts";
import { enqueue } from "#server/jobs/enqueue.ts";

type Ctx = Pick<SqlCtx, "tx" | "actor">;

/**
 * Has the worker make the renditions of a study that are not there, behind everything else. Images whose pixels are compressed have none
 * (`frame_index`), nor have those of which none was worth it; an older one may have been cleared away (`preparedAgeMs`).
 */
export async function askForRenditions({ tx, actor }: Ctx, { studyId }: { studyId: string }): Promise<void> {
  const [row] = await tx.$queryRaw<{ any: boolean }[]>`
    SELECT EXISTS (SELECT FROM instance WHERE study_ref = ${studyId}::uuid AND org_id = ${actor.orgId}::uuid AND status = 'stored'
      AND frame_index->'pixel'->>'kind' = 'native'
      AND (rendition IS NULL OR (rendition->>'madeAt')::timestamptz < now() - interval '25 days')) AS any`;
  if (row?.any) await enqueue(tx, "study.make-renditions", { orgId: actor.orgId, studyId });
}

/** Keeps with each image what became of its rendition. The caller's organisation is the hospital's. */
export async function noteRenditions(
  { tx, actor }: Ctx,
  made: { instanceId: string; rendition: object | null }[],
): Promise<void> {
  if (made.length === 0) return;
  await tx.$executeRaw`
    UPDATE instance i SET rendition = r.rendition
    FROM jsonb_to_recordset(${JSON.stringify(made.map(({ instanceId, rendition }) => ({ id: instanceId, rendition })))}::jsonb) AS r (id uuid, rendition jsonb)
    WHERE i.id = r.id AND i.org_id = ${actor.orgId}::uuid`;
}
