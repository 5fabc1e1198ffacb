import type { Ctx } from "#server/context.ts";

/** The preset language: that of the reader's last report signed for this hospital; empty when there is none. */
export async function usualLanguage({ actor, tx }: Pick<Ctx, "actor" | "tx">, orgId: string): Promise<string> {
  if (actor.kind !== "user") return "";
  const [last] = await tx.$queryRaw<{ language: string }[]>`
    SELECT language FROM report_version WHERE signed_by_id = ${actor.userId}::uuid AND org_id = ${orgId}::uuid AND kind <> 'addendum'
    ORDER BY signed_at DESC LIMIT 1`;
  return last?.language ?? "";
}
