import { DomainError } from "@overread/shared/errors";
import type { Ctx } from "#server/context.ts";
import { type CaseRow, readCaseRow } from "../reading/index.ts";
import { reportPolicy } from "./policy.ts";

/**
 * The case of a report, for a caller who may do `action` to it.
 * @throws {DomainError} `case.not-found` (also for another's), `auth.forbidden`
 */
export async function findReportCase(
  { actor, tx }: Pick<Ctx, "actor" | "tx">,
  caseId: string,
  action: keyof typeof reportPolicy.table,
): Promise<CaseRow> {
  const row = await readCaseRow({ tx }, caseId);
  if (!row) throw new DomainError("case.not-found");
  reportPolicy.authorize(actor, action, row);
  return row;
}
