import { DomainError } from "@overread/shared/errors";
import type { Ctx } from "#server/context.ts";
import { type CaseRow, isOpen, readCaseRow } from "../reading/index.ts";
import { reportPolicy } from "./policy.ts";

/**
 * The case of a report, for a caller who may do `action` to it. Of cases that are read together the leading one has the text until it is signed: it is
 * read from any of them, and written on that one alone. What is signed is each one's own.
 *
 * @throws {DomainError} `case.not-found` (also for another's), `case.read-with` (the text is the leading case's), `auth.forbidden`
 */
export async function findReportCase(
  { actor, tx }: Pick<Ctx, "actor" | "tx">,
  caseId: string,
  action: keyof typeof reportPolicy.table,
): Promise<CaseRow> {
  const row = await readCaseRow({ tx }, caseId);
  if (!row) throw new DomainError("case.not-found");
  reportPolicy.authorize(actor, action, row);
  if (!row.readWithId || row.readWithId === caseId || !isOpen(row)) return row;
  if (action !== "report.read") throw new DomainError("case.read-with");
  return findReportCase({ actor, tx }, row.readWithId, action);
}
