import type { Ctx } from "#server/context.ts";

/**
 * The preset language of a case's report: what the terms that it was promised under ask for; else that of the reader's last report signed for this
 * hospital; empty when nothing says.
 */
export async function usualLanguage(
  { actor, tx }: Pick<Ctx, "actor" | "tx">,
  { orgId, caseId }: { orgId: string; caseId: string },
): Promise<string> {
  const [wanted] = await tx.$queryRaw<{ language: string }[]>`
    SELECT l.report_language AS language FROM reading_case c JOIN service_level l ON l.id = c.service_level_id WHERE c.id = ${caseId}::uuid`;
  if (wanted?.language) return wanted.language;
  if (actor.kind !== "user") return "";
  const [last] = await tx.$queryRaw<{ language: string }[]>`
    SELECT language FROM report_version WHERE signed_by_id = ${actor.userId}::uuid AND org_id = ${orgId}::uuid AND kind <> 'addendum'
    ORDER BY signed_at DESC LIMIT 1`;
  return last?.language ?? "";
}
