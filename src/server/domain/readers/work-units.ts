import type { Ctx, UserActor } from "#server/context.ts";
import { audit } from "../audit/index.ts";
import { announceReaders } from "./announce.ts";
import type { ImportWorkUnits } from "./inputs.ts";
import { readerPolicy } from "./policy.ts";
import { type CsvFault, workUnitsFromCsv, workUnitsToCsv } from "./work-unit-csv.ts";
import { WorkUnitContent, workUnitTable } from "./work-unit-table.ts";

/** The table in force as a file. @throws {DomainError} `auth.forbidden` */
export async function exportWorkUnits({ actor, tx }: Ctx<UserActor>): Promise<{ csv: string }> {
  readerPolicy.authorize(actor, "reader.manage", null);
  return { csv: workUnitsToCsv(await workUnitTable(tx, actor.orgId)) };
}

/**
 * Puts a file in the place of the table in force. With anything wrong in it everything stays as it was, and each line says what is wrong.
 *
 * @throws {DomainError} `auth.forbidden`
 */
export async function importWorkUnits(
  ctx: Ctx<UserActor>,
  { csv }: ImportWorkUnits,
): Promise<{ faults: CsvFault[]; procedures: number }> {
  const { actor, tx } = ctx;
  readerPolicy.authorize(actor, "reader.manage", null);
  const read = workUnitsFromCsv(csv);
  if ("faults" in read) return { faults: read.faults, procedures: 0 };
  // Two at once: the second is the version after the first.
  await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`work units ${actor.orgId}`}, 0))::text`;
  await tx.$executeRaw`
    INSERT INTO work_unit_table (org_id, version, content, by_id)
    SELECT ${actor.orgId}::uuid, coalesce(max(version), 0) + 1, ${JSON.stringify(WorkUnitContent.parse(read.table))}::jsonb, ${actor.userId}::uuid
    FROM work_unit_table WHERE org_id = ${actor.orgId}::uuid`;
  const procedures = read.table.procedures.length;
  await audit(ctx, { action: "reader.update", details: { changed: "work units", procedures } });
  await announceReaders(ctx);
  return { faults: [], procedures };
}
