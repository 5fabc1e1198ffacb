import { DomainError } from "@overread/shared/errors";
import type { Actor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { preparedMetadata } from "./prepared-metadata.ts";

/**
 * The `study.index` job: prepares the metadata of every series for the first viewer. Idempotent.
 *
 * @throws {DomainError} `study.not-found`
 */
export async function indexStudy(actor: Actor, { studyId }: { studyId: string }): Promise<void> {
  const { org, series } = await withTenant(actor, async ({ tx }) => {
    const [org] = await tx.$queryRaw<{ id: string; slug: string }[]>`
      SELECT o.id, o.slug FROM study st JOIN organization o ON o.id = st.org_id WHERE st.id = ${studyId}::uuid`;
    const series = await tx.$queryRaw<{ uid: string }[]>`
      SELECT series_instance_uid AS uid FROM series WHERE study_ref = ${studyId}::uuid AND number_of_instances > 0`;
    return { org, series };
  });
  if (!org) throw new DomainError("study.not-found");
  for (const { uid } of series) await (await preparedMetadata(actor, org, { studyId, seriesInstanceUid: uid }))?.read();
}
