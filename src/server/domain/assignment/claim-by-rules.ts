import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { type Claim, claimCase, findCase, isGivenTo } from "../reading/index.ts";
import { type Finding, forceOf } from "./engine/findings.ts";
import type { OfGivenCase } from "./inputs.ts";
import { refusalsOf, standingsOf } from "./refusals.ts";
import { takeTurn } from "./take-turn.ts";

/**
 * Claims a case, as far as the reader may have it by what is known of him and by the group's rules: contract, licence, privilege, kind of reading,
 * language, shift, and whom the rule of the case names. STAT goes past caps, never past a licence; what is kept for him was asked of them before. What he has begun he may go on with after
 * his shift, and his own preliminary report he may take up again to correct it, whatever its final signature would ask of him.
 *
 * Of cases that are read together he gets all or none.
 *
 * @param again what he handed over and takes back, or reads with a case of his: he goes on with it.
 * @throws {DomainError} `case.barred` with `reasons` (codes of engine/findings.ts); `case.drawn`; as `reading/claimCase`
 */
export async function claimByRules(
  ctx: Ctx<UserActor>,
  { caseId }: OfGivenCase,
  { again = false }: { again?: boolean } = {},
): Promise<Claim> {
  const { userId } = ctx.actor;
  let row = await findCase(ctx, caseId, "case.claim");
  // Whoever has it has been asked already: a renewed lease is no new choice. And where somebody was first, that is all there is to say.
  const isDecided = () => row.claimLive || (row.givenLive && row.givenToId !== userId);
  if (isDecided()) return claimCase(ctx, { caseId });
  const together = row.readWith?.map((each) => each.caseId) ?? [caseId];
  const ask = async () => {
    const standings = await standingsOf(ctx.tx, ctx.actor, together);
    const findings = together.flatMap((id) => standings.get(id)?.findings ?? []);
    const own = standings.get(caseId);
    return own && { ...own, findings };
  };
  let standing = await ask();
  if (standing?.capped) {
    await takeTurn(ctx);
    row = await findCase(ctx, caseId, "case.claim");
    if (isDecided()) return claimCase(ctx, { caseId });
    standing = await ask();
  }
  const given = isGivenTo(userId, row);
  // What is kept for him was held against his caps then, and counts towards them since: itself it is not in its way.
  const kept = row.reservationLive && row.reservedById === userId;
  const findings = besidesOwnPreliminary(standing?.findings ?? []).filter((each) => !kept || forceOf(each) !== "cap");
  const begun = row.draftAuthorId === userId || given || again;
  const bars = refusalsOf(findings, begun);
  if (bars.length > 0) throw new DomainError("case.barred", { details: { reasons: bars.join(",") } });
  if (standing?.drawn && !given && !again) throw new DomainError("case.drawn");
  return claimCase(ctx, { caseId }, { ruleId: standing?.ruleId ?? null, drawn: again });
}

/** Whoever signed the preliminary report needs for its correction what it took to sign it: no over-read, and the privilege to draft. */
function besidesOwnPreliminary(findings: readonly Finding[]): Finding[] {
  const isOwn = (each: Finding) => each.code === "conflict.same-reader" && each.readType === "preliminary";
  if (!findings.some(isOwn)) return [...findings];
  return findings.filter(
    (each) =>
      !isOwn(each) &&
      each.code !== "read-type.missing" &&
      !((each.code === "privilege.too-low" || each.code === "privilege.expired") && each.level === "draft"),
  );
}
