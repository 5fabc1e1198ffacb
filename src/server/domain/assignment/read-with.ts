import type { Ctx, UserActor } from "#server/context.ts";
import {
  bindCases,
  type Claim,
  findCase,
  holdClaim,
  lockCases,
  readTogether,
  renewClaim,
  requireBindable,
} from "../reading/index.ts";
import { claimByRules } from "./claim-by-rules.ts";
import type { ReadCaseWith } from "./inputs.ts";

/**
 * Reads further cases with the one that the caller holds: each is claimed by the rules in the same step, all or none, and one report is of all of
 * them. They keep their promises, orders and trails. What he reads with a case of his his caps and his roster do not keep from him; licence,
 * privilege and kind of reading do.
 *
 * @returns the claim of all, under a token that may be newer than the one that was named.
 * @throws {DomainError} `case.not-together` with `bar` (not the same patient beyond doubt, another facility or physician, begun or bound already); as
 * {@link claimByRules} for each; `case.claim-expired`, `case.not-claimed`, `report.already-signed`, `case.not-found`, `auth.forbidden`
 */
export async function readWith(ctx: Ctx<UserActor>, input: ReadCaseWith): Promise<Claim> {
  const { caseId, claimToken, withIds } = input;
  await findCase(ctx, caseId, "case.claim");
  // Of two who bind the same cases to each other, one waits.
  await lockCases(ctx, [caseId, ...withIds]);
  const held = await holdClaim(ctx, { caseId, claimToken });
  const bound = await readTogether(ctx, held.caseId);
  const further = [...new Set(withIds)].filter((id) => !bound.some((each) => each.caseId === id));
  // A repeated call whose answer was lost.
  if (further.length === 0) return renewClaim(ctx, { caseId, claimToken });
  await requireBindable(ctx, held.caseId, further);
  for (const id of further) await claimByRules(ctx, { caseId: id }, { again: true });
  return bindCases(ctx, held, further);
}
