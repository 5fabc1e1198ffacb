import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { type Claim, claimCase, findCase, isGivenTo, isHeldBy } from "../reading/index.ts";
import type { OfGivenCase } from "./inputs.ts";
import { refusalsOf, standingsOf } from "./refusals.ts";
import { takeTurn } from "./take-turn.ts";

/**
 * Claims a case, as far as the reader may have it by what is known of him and by the group's rules: contract, licence, privilege, kind of reading,
 * language, shift, and whom the rule of the case names. STAT goes past caps, never past a licence. What he has begun he may go on with after
 * his shift, and his own preliminary report he may take up again to correct it: its final signature is a colleague's in any case.
 *
 * @param again what he handed over and takes back: he goes on with it.
 * @throws {DomainError} `case.barred` with `reasons` (codes of engine/findings.ts); `case.drawn`; as `reading/claimCase`
 */
export async function claimByRules(
  ctx: Ctx<UserActor>,
  { caseId }: OfGivenCase,
  { again = false }: { again?: boolean } = {},
): Promise<Claim> {
  const row = await findCase(ctx, caseId, "case.claim");
  // Whoever has it has been asked already: a renewed lease is no new choice.
  if (isHeldBy(ctx.actor.userId, row)) return claimCase(ctx, { caseId });
  // Somebody was first: that is all there is to say.
  if (row.claimLive || (row.givenLive && row.givenToId !== ctx.actor.userId)) return claimCase(ctx, { caseId });
  await takeTurn(ctx);
  const given = isGivenTo(ctx.actor.userId, row);
  const standing = (await standingsOf(ctx.tx, ctx.actor, [caseId])).get(caseId);
  const findings = (standing?.findings ?? []).filter(
    (each) => each.code !== "conflict.same-reader" || each.readType !== "preliminary",
  );
  const begun = row.draftAuthorId === ctx.actor.userId || given || again;
  const bars = refusalsOf(findings, begun);
  if (bars.length > 0) throw new DomainError("case.barred", { details: { reasons: bars.join(",") } });
  if (standing?.drawn && !given && !again) throw new DomainError("case.drawn");
  return claimCase(ctx, { caseId }, { ruleId: standing?.ruleId ?? null, drawn: again });
}
