import type { Ctx } from "#server/context.ts";

/** The number of the version to come, after readings too that the caller may not see. The case's row is locked by the claim check. */
export async function nextVersion({ tx }: Pick<Ctx, "tx">, caseId: string): Promise<number> {
  const [row] = await tx.$queryRaw<[{ next: number }]>`
    SELECT greatest((SELECT max(v.version) FROM report_version v WHERE v.case_id = ${caseId}::uuid),
      (SELECT count(*) FROM kept_readings(${caseId}::uuid)), 0)::int + 1 AS next`;
  return row.next;
}
