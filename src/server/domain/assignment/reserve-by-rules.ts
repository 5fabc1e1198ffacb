import { mostReserved } from "@overread/shared/reservation";
import type { Ctx, UserActor } from "#server/context.ts";
import { type Reservation, type ReserveCases, reservableCases, reserveCases, reservedCases } from "../reading/index.ts";
import type { FindingCode } from "./engine/findings.ts";
import { type OwnStanding, refusalsOf, standingsOf } from "./refusals.ts";
import { takeTurn } from "./take-turn.ts";

/** So many are held against him at a time, and so many at most: mostly the first few are his. */
const together = 40;
const most = 400;

/** `passedOver`: what stood before them on the list and is not for him, and why: codes of engine/findings.ts, or `case.drawn`. */
export type Reserved = {
  kept: Reservation[];
  passedOver: { caseId: string; reasons: (FindingCode | "case.drawn" | "case.gone")[] }[];
};

/**
 * Keeps the next few cases for the caller, of those that he could claim by what is known of him and by the group's rules: a reservation is no way
 * around a licence, a privilege, a cap or a rule that names others, and what is drawn nobody keeps.
 *
 * @throws {DomainError} `auth.forbidden`
 */
export async function reserveByRules(ctx: Ctx<UserActor>, { count }: ReserveCases): Promise<Reserved> {
  await takeTurn(ctx);
  let kept = await reservedCases(ctx);
  const wanted = Math.min(kept.length + count, mostReserved);
  const passedOver: Reserved["passedOver"] = [];
  // One after the other: each that he keeps counts towards his caps before the next is asked for.
  for (let looked = 0; kept.length < wanted && looked < most; ) {
    const caseIds = await reservableCases(ctx, { but: passedOver.map(({ caseId }) => caseId), most: together });
    const standings = await standingsOf(ctx.tx, ctx.actor, caseIds);
    const asked = caseIds.map((caseId) => ({ caseId, reasons: reasonsAgainst(standings.get(caseId)) }));
    const allowed = asked.flatMap(({ caseId, reasons }) => (reasons.length === 0 ? [caseId] : []));
    const byRule = new Map(allowed.map((caseId) => [caseId, standings.get(caseId)?.ruleId ?? null]));
    const had = new Set(kept.map(({ caseId }) => caseId));
    kept = await reserveCases(ctx, { count: 1 }, byRule);
    const got = asked.findIndex(({ caseId }) => !had.has(caseId) && kept.some((each) => each.caseId === caseId));
    const before = got === -1 ? asked : asked.slice(0, got);
    looked += before.length + 1;
    passedOver.push(...before.filter(({ reasons }) => reasons.length > 0));
    if (got === -1 && allowed.length === 0 && caseIds.length < together) break;
  }
  return { kept, passedOver };
}

function reasonsAgainst(standing: OwnStanding | undefined): Reserved["passedOver"][number]["reasons"] {
  // Between two looks it was signed, or is no longer there.
  if (!standing) return ["case.gone"];
  const bars = refusalsOf(standing.findings, false);
  return standing.drawn ? [...bars, "case.drawn"] : bars;
}
