import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { audit } from "../audit/index.ts";
import { isComplete } from "./case-conditions.ts";
import { type CaseRow, missingOf } from "./case-rows.ts";
import { findCase } from "./get-case.ts";
import type { ReadIncomplete } from "./inputs.ts";
import { announceCase } from "./move-case.ts";

/**
 * Decides that a case is read without the refused or damaged images: from then on it can be claimed and signed, and the
 * report states what was missing. When more images are missing later, the decision is needed again.
 *
 * @param input.refused the number the caller was shown.
 * @throws {DomainError} `case.incomplete` with `refused` when there are more by now; `case.not-found`, `auth.forbidden`
 */
export async function readIncomplete(
  ctx: Ctx<UserActor>,
  { caseId, refused }: ReadIncomplete,
): Promise<{ refused: number }> {
  const { actor, tx } = ctx;
  const row = await findCase(ctx, caseId, "case.read-incomplete");
  const missing = missingOf(row);
  if (missing > refused) throw incomplete(missing);
  // Decided already, or no image is missing any more.
  if (isComplete({ missing, readWithout: row.readWithout })) return { refused: row.readWithout };
  await tx.$executeRaw`UPDATE reading_case SET read_without = ${missing}, read_without_by_id = ${actor.userId}::uuid,
    read_without_at = now() WHERE id = ${caseId}::uuid`;
  await audit(ctx, {
    action: "case.read-incomplete",
    orgId: row.orgId,
    patientRef: row.patientRef,
    studyRef: row.studyId,
    caseId,
    details: { refused: row.refusedInstances, damaged: row.damagedInstances, received: row.receivedInstances },
  });
  await announceCase(ctx, { caseId, orgId: row.orgId, readerOrgId: row.readerOrgId, studyRef: row.studyId });
  return { refused: missing };
}

/**
 * @throws {DomainError} `case.incomplete` with `refused`, when images are missing and nobody has decided to read
 * without them.
 */
export function requireComplete(row: Pick<CaseRow, "refusedInstances" | "damagedInstances" | "readWithout">): void {
  if (!isComplete({ missing: missingOf(row), readWithout: row.readWithout })) throw incomplete(missingOf(row));
}

const incomplete = (refused: number): DomainError => new DomainError("case.incomplete", { details: { refused } });
