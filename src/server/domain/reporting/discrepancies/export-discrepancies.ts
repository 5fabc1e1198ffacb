import type { Ctx, UserActor } from "#server/context.ts";
import { audit } from "../../audit/index.ts";
import { discrepancyPolicy } from "../policy.ts";
import { ExportDiscrepancies } from "./inputs.ts";
import { type DiscrepancyRow, selectDiscrepancies } from "./select-discrepancies.ts";

/** What one file holds at most; more is exported in pieces of time. */
const exportLimit = 5000;

/** Without anything of the patient's: the case is named by its id, which only the portal can follow. */
export type ExportedDiscrepancy = Pick<
  DiscrepancyRow,
  | "caseId"
  | "modalities"
  | "studyDate"
  | "firstReader"
  | "overReader"
  | "score"
  | "significant"
  | "comment"
  | "closures"
> & { facility: string; at: string; acknowledgedAt: string | null };

/**
 * The same list as a whole, for a file; audited as an export.
 *
 * @returns `left`: how many there was no room for.
 * @throws {DomainError} `auth.forbidden`
 */
export async function exportDiscrepancies(
  ctx: Ctx<UserActor>,
  input: ExportDiscrepancies,
): Promise<{ items: ExportedDiscrepancy[]; left: number }> {
  discrepancyPolicy.authorize(ctx.actor, "discrepancy.list", null);
  const rows = await selectDiscrepancies(ctx, ExportDiscrepancies.parse(input), { limit: exportLimit, offset: 0 });
  await audit(ctx, { action: "discrepancy.export", details: { count: rows.length } });
  return {
    items: rows.map((row) => ({
      caseId: row.caseId,
      facility: row.facility ?? "",
      modalities: row.modalities,
      studyDate: row.studyDate,
      firstReader: row.firstReader,
      overReader: row.overReader,
      score: row.score,
      significant: row.significant,
      comment: row.comment,
      at: row.at.toISOString(),
      acknowledgedAt: row.acknowledgedAt?.toISOString() ?? null,
      closures: row.closures,
    })),
    left: (rows[0]?.total ?? 0) - rows.length,
  };
}
