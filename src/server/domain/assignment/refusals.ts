import type { SqlTx } from "#server/context.ts";
import { type Finding, type FindingCode, forceOf } from "./engine/findings.ts";
import { traces } from "./engine/trace.ts";
import { fillSnapshot } from "./fill-snapshot.ts";

/** How one reader stands to a case. `drawn`: nobody chooses it. `ruleId`: the rule that decides it; null: none does. */
export type OwnStanding = { findings: Finding[]; drawn: boolean; ruleId: string | null };

/**
 * How a reader of the group stands to each of these cases; one that is not open any more is missing. The engine is told of these cases and of
 * what he has in hand.
 */
export async function standingsOf(
  tx: SqlTx,
  { orgId, userId }: { orgId: string; userId: string },
  caseIds: readonly string[],
): Promise<Map<string, OwnStanding>> {
  const { snapshot } = await fillSnapshot(tx, orgId, { caseIds, andOf: userId });
  const found = traces(snapshot, [...caseIds]).traces;
  return new Map(
    caseIds.flatMap((caseId) => {
      const trace = found.get(caseId);
      const own = trace?.readers.find(({ readerId }) => readerId === userId);
      if (!trace || !own) return [];
      const { decision } = trace;
      const ruleId = "ruleId" in decision ? decision.ruleId : null;
      return [[caseId, { findings: own.findings, drawn: decision.kind === "draw", ruleId }] as const];
    }),
  );
}

/**
 * The codes of what keeps a reader from taking a case by himself, in the order in which it weighs; empty: nothing does.
 *
 * @param begun he has words in it, or it was given to him: the roster and his caps keep nobody from ending it.
 */
export const refusalsOf = (findings: readonly Finding[], begun: boolean): FindingCode[] =>
  findings.filter((each) => refuses(each, begun)).map(({ code }) => code);

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
