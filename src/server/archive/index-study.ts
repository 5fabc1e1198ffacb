import { DomainError } from "@overread/shared/errors";
import type { Actor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import { askForRenditions, notePrepared } from "#server/domain/imaging/index.ts";
import { preparedMetadata } from "./prepared-metadata.ts";

/**
 * The `study.index` and `study.prepare-ahead` jobs: prepare the metadata of every series for the first viewer, and ask for the renditions that are not there. Idempotent: what lies ready
 * is read once, which also keeps it from being cleared away.
 *
 * @throws {DomainError} `study.not-found`
 */
export async function indexStudy(actor: Actor, { studyId }: { studyId: string }): Promise<void> {
  const { org, series, at } = await withTenant(actor, async ({ tx, now }) => {
    const [org] = await tx.$queryRaw<{ id: string; slug: string }[]>`
      SELECT o.id, o.slug FROM study st JOIN organization o ON o.id = st.org_id WHERE st.id = ${studyId}::uuid`;
    const series = await tx.$queryRaw<{ uid: string }[]>`
      SELECT series_instance_uid AS uid FROM series WHERE study_ref = ${studyId}::uuid AND number_of_instances > 0`;
    return { org, series, at: now };
  });
  if (!org) throw new DomainError("study.not-found");
  for (const { uid } of series) await (await preparedMetadata(actor, org, { studyId, seriesInstanceUid: uid }))?.read();
  await withTenantSql(actor, async (ctx) => {
    await notePrepared(ctx, { studyId, at });
    await askForRenditions(ctx, { studyId });
  });
}
