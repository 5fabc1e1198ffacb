import type { SqlTx } from "#server/context.ts";
import { type Finding, type FindingCode, forceOf } from "./engine/findings.ts";
import type { Snapshot } from "./engine/snapshot.ts";
import { type CaseTrace, traces } from "./engine/trace.ts";
import { type Filled, fillSnapshot } from "./fill-snapshot.ts";
import { everybody } from "./snapshot-rows.ts";

/** How one reader stands to a case. `drawn`: nobody chooses it. `ruleId`: the rule that decides it; null: none does. `capped`: how much he has in hand counts. */
export type OwnStanding = { findings: Finding[]; drawn: boolean; ruleId: string | null; capped: boolean };

/** There is a cap for him, of his own or of a rule: only then what he takes in another window matters. */
export const isCapped = ({ readers, rules }: Pick<Snapshot, "readers" | "rules">, userId: string): boolean =>
  [readers.find(({ id }) => id === userId)?.caps ?? {}, ...rules.rules.map(({ caps }) => caps)].some((caps) =>
    Object.values(caps).some((most) => most !== null),
  );

/**
 * A reader of the group held against a few cases. The engine is told of these cases and of what he has in hand; where a rule keeps him from one,
 * or has it drawn, also of what everybody else has: a rule whose readers are full leaves it to the next one, which may name him.
 */
export async function lookAt(
  tx: SqlTx,
  { orgId, userId }: { orgId: string; userId: string },
  caseIds: readonly string[],
): Promise<{ filled: Filled; found: Map<string, CaseTrace> }> {
  const look = async (andOf: string | typeof everybody) => {
    const filled = await fillSnapshot(tx, orgId, { caseIds, andOf });
    return { filled, found: traces(filled.snapshot, caseIds).traces };
  };
  const own = await look(userId);
  const byRule = [...own.found.values()].some(
    ({ decision, readers }) =>
      decision.kind === "draw" ||
      readers.some(({ readerId, findings }) => readerId === userId && findings.some(({ code }) => ofRules.has(code))),
  );
  return byRule ? look(everybody) : own;
}
const ofRules: ReadonlySet<FindingCode> = new Set(["rule.names-others", "subspecialty.required"]);

/**
 * How a reader of the group stands to each of these cases; one that is not open any more is missing.
 */
export async function standingsOf(
  tx: SqlTx,
  { orgId, userId }: { orgId: string; userId: string },
  caseIds: readonly string[],
): Promise<Map<string, OwnStanding>> {
  const { filled, found } = await lookAt(tx, { orgId, userId }, caseIds);
  const capped = isCapped(filled.snapshot, userId);
  return new Map(
    caseIds.flatMap((caseId) => {
      const trace = found.get(caseId);
      const own = trace?.readers.find(({ readerId }) => readerId === userId);
      if (!trace || !own) return [];
      const { decision } = trace;
      const ruleId = "ruleId" in decision ? decision.ruleId : null;
      return [[caseId, { findings: own.findings, drawn: decision.kind === "draw", ruleId, capped }] as const];
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
