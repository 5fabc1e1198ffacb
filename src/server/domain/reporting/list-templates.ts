import type { Ctx } from "#server/context.ts";
import { audit } from "../audit/index.ts";
import { comparablePriors, historyOf, ordersOf } from "../reading/index.ts";
import type { GetReport } from "./inputs.ts";
import { findReportCase } from "./report-case.ts";
import type { ReportTemplate } from "./shapes.ts";
import { templatesFor } from "./templates/index.ts";

/**
 * The templates for this case, the suggested one first, each with the comparison filled in.
 *
 * @throws {DomainError} `case.not-found`, `auth.forbidden`
 */
export async function listTemplates(ctx: Ctx, { caseId }: GetReport): Promise<ReportTemplate[]> {
  const row = await findReportCase(ctx, caseId, "report.save-draft");
  const templates = templatesFor({
    ...row,
    priors: await comparablePriors(ctx, row),
    orders: [...(await ordersOf(ctx, row)), ...(await historyOf(ctx, row.caseId))],
  });
  await audit(ctx, {
    action: "report.read",
    orgId: row.orgId,
    patientRef: row.patientRef,
    studyRef: row.studyId,
    caseId,
    details: { templates: templates.length },
  });
  return templates;
}
