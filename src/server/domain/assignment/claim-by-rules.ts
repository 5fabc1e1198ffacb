import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { type Claim, claimCase, findCase, isGivenTo, isHeldBy } from "../reading/index.ts";
import { type Finding, forceOf } from "./engine/findings.ts";
import { traces } from "./engine/trace.ts";
import { fillSnapshot } from "./fill-snapshot.ts";
import type { OfGivenCase } from "./inputs.ts";

/**
 * Claims a case, as far as the reader may have it by what is known of him and by the group's rules: contract, licence, privilege, kind of reading,
 * language, shift, and whom the rule of the case names. STAT goes past caps, never past a licence. What he has begun he may go on with after
 * his shift.
 *
 * @throws {DomainError} `case.barred` with `reasons` (codes of engine/findings.ts); `case.drawn`; as `reading/claimCase`
 */
export async function claimByRules(ctx: Ctx<UserActor>, { caseId }: OfGivenCase): Promise<Claim> {
  const row = await findCase(ctx, caseId, "case.claim");
  // Whoever has it has been asked already: a renewed lease is no new choice.
  if (isHeldBy(ctx.actor.userId, row)) return claimCase(ctx, { caseId });
  // Somebody was first: that is all there is to say.
  if (row.claimLive || (row.givenLive && row.givenToId !== ctx.actor.userId)) return claimCase(ctx, { caseId });
  const given = isGivenTo(ctx.actor.userId, row);
  const { findings, drawn } = await standingOf(ctx, caseId);
  const begun = row.draftAuthorId === ctx.actor.userId || given;
  const bars = findings.filter((finding) => refuses(finding, begun));
  if (bars.length > 0)
    throw new DomainError("case.barred", { details: { reasons: bars.map(({ code }) => code).join(",") } });
  if (drawn && !given) throw new DomainError("case.drawn");
  return claimCase(ctx, { caseId });
}

/** How the caller stands to a case. The engine is told of this case and of what he has in hand. */
async function standingOf(
  { actor, tx }: Ctx<UserActor>,
  caseId: string,
): Promise<{ findings: Finding[]; drawn: boolean }> {
  const { snapshot } = await fillSnapshot(tx, actor.orgId, { caseIds: [caseId], andOf: actor.userId });
  const trace = traces(snapshot, [caseId]).traces.get(caseId);
  const findings = trace?.readers.find(({ readerId }) => readerId === actor.userId)?.findings ?? [];
  return { findings, drawn: trace?.decision.kind === "draw" };
}

/** @param begun he has words in it, or it was given to him: the roster and his caps keep nobody from ending it. */
function refuses(finding: Finding, begun: boolean): boolean {
  switch (forceOf(finding)) {
    case "never":
      return true;
    case "now":
      // A break and a case left for later are his own, and over when he says so.
      return finding.code === "shift.off" && !begun;
    case "cap":
      return !begun;
    default:
      return false;
  }
}
