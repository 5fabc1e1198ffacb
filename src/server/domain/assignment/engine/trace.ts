import { assign } from "./assign.ts";
import type { Decision, Outcome, Wish } from "./decisions.ts";
import { type Finding, forceOf } from "./findings.ts";
import { barsInShort, findingInWords, type Times, wishInWords } from "./findings-in-words.ts";
import { type Ground, type ReadyRule, ruleFindings } from "./ground.ts";
import type { Hands } from "./hands.ts";
import type { RuleSet } from "./rules.ts";
import type { CaseFacts, ReaderFacts, Snapshot } from "./snapshot.ts";
import { type Names, plural } from "./words.ts";

/**
 * How a reader stood to a case when it was decided. `has`: it is his, or offered to him. `may`: he could have it. `not-asked`: he may claim it, but an
 * offer goes to others. `full`: a cap or an unanswered offer is in the way. `barred`: he must not.
 */
type Stand = "has" | "may" | "not-asked" | "full" | "barred";
export type ReaderTrace = { readerId: string; stand: Stand; findings: Finding[] };
export type CaseTrace = {
  caseId: string;
  decision: Decision;
  /** Rules in the order in which they were asked; the last one decided. Empty: none spoke of it, or it stayed as it was. */
  ruleIds: string[];
  /** By reader id, everybody of the group. */
  readers: ReaderTrace[];
};

/** Decides once more and writes down, for the cases asked for, every finding about every reader. @param caseIds null: of all. */
export function traces(
  snapshot: Snapshot,
  caseIds: readonly string[] | null,
  rules: RuleSet = snapshot.rules,
): { outcome: Outcome; traces: Map<string, CaseTrace> } {
  const asked = caseIds && new Set(caseIds);
  const found = new Map<string, CaseTrace>();
  const outcome = assign(snapshot, rules, ({ facts, decision, tried, ground, hands }) => {
    if (asked && !asked.has(facts.id)) return;
    const ready = decisive(decision, tried, ground);
    found.set(facts.id, {
      caseId: facts.id,
      decision,
      ruleIds: tried.flatMap((each) => (each ? [each.rule.id] : [])),
      readers: ground.readers.map((reader, place) => {
        const findings = findingsOf(facts, place, reader, ready, ground, hands);
        return { readerId: reader.id, stand: standOf(findings, decision, reader.id), findings };
      }),
    });
  });
  return { outcome, traces: found };
}

/** The rule that a reader is held against: the one that decided; where none did, the first that was asked. */
function decisive(decision: Decision, tried: readonly (ReadyRule | null)[], ground: Ground): ReadyRule | null {
  const ruleId = "ruleId" in decision ? decision.ruleId : null;
  return ground.rules.find(({ rule }) => rule.id === ruleId) ?? tried[0] ?? null;
}

function findingsOf(
  facts: CaseFacts,
  place: number,
  reader: ReaderFacts,
  ready: ReadyRule | null,
  ground: Ground,
  hands: Hands,
): Finding[] {
  const caps = hands.capFindings(reader, ready?.rule ?? null);
  const stat = facts.priority === "stat";
  const findings: Finding[] = [
    ...ruleFindings(ready, place, ground.standing(facts)),
    ...ground.findings(facts, place),
    ...(ground.own(facts).get(reader.id) ?? []),
    ...(stat ? (caps.length > 0 ? [{ code: "cap.stat" } as const] : []) : caps),
  ];
  if (ready?.rule.mode.kind === "push" && !stat && hands.isAsked(reader.id)) findings.push({ code: "offer.waits" });
  return findings.sort((a, b) => weight[forceOf(a)] - weight[forceOf(b)]);
}
/** What is in the way stands first. */
const weight = { never: 0, now: 1, cap: 2, ask: 3, busy: 4, lets: 5 } as const;

function standOf(findings: readonly Finding[], decision: Decision, readerId: string): Stand {
  if ("readerId" in decision && decision.readerId === readerId) return "has";
  const first = findings[0] ? forceOf(findings[0]) : "lets";
  if (first === "never" || first === "now") return "barred";
  if (first === "cap" || first === "busy") return "full";
  return first === "ask" ? "not-asked" : "may";
}

/** For the lead's menu: one reader's line, what is in the way first; who may has what speaks for him. */
export function readerInWords({ stand, findings }: ReaderTrace, names: Names, at: Times): string {
  const lets = findings.every((each) => forceOf(each) === "lets");
  const told = lets || stand === "has" ? findings : findings.filter((each) => forceOf(each) !== "lets");
  return `${told.map((each) => findingInWords(each, names, at)).join("; ")}.`;
}

/**
 * "Why me?" to the reader whom a case was given, "why him?", "why nobody?" and "why not yet?" to the lead.
 *
 * @param me who reads it: he is called "you". Null: no reader of the group.
 */
export function decisionInWords(decision: Decision, names: Names, at: Times, me: string | null): string {
  const who = (readerId: string) => (readerId === me ? "you" : names("reader", readerId));
  switch (decision.kind) {
    case "keep":
      return `${{ claim: "Read by", offer: "Offered to", assignment: "Assigned to" }[decision.what]} ${who(decision.readerId)}.`;
    case "offer":
      return `Offered to ${who(decision.readerId)} until ${at(decision.until)} by the rule ${names("rule", decision.ruleId)}: ${because(decision.wishes)}.`;
    case "assign":
      return `Assigned to ${who(decision.readerId)} by the rule ${names("rule", decision.ruleId)}: ${because(decision.wishes)}.`;
    case "pool":
      return decision.asked
        ? "It was to be offered, and nobody is left to ask: whoever may claims it."
        : decision.ruleId === null
          ? "No rule speaks of it: whoever may claims it."
          : `Whoever may claims it, by the rule ${names("rule", decision.ruleId)}.`;
    case "draw":
      return `Drawn by who asks for the next case, by the rule ${names("rule", decision.ruleId)}.`;
    case "wait":
      return waits[decision.why];
    case "nobody":
      return decision.barred.length === 0
        ? "Nobody may read it: there is no reader."
        : `Nobody may read it: ${decision.barred.map(({ code, readers }) => `${plural(readers, "reader")} ${barsInShort[code]}`).join(", ")}.`;
  }
}

/** "Why me?" of what is already in his hand, with what spoke for him when it was given. @param ruleId null: a person gave it. */
export function givenInWords(
  given: { as: "offer" | "assignment"; ruleId: string | null; wishes: readonly Wish[] },
  names: Names,
): string {
  const how = given.as === "offer" ? "Offered to you" : "Assigned to you";
  const by = given.ruleId === null ? " by a person" : ` by the rule ${names("rule", given.ruleId)}`;
  return `${how}${by}${given.wishes.length > 0 ? `: ${because(given.wishes)}` : ""}.`;
}

const because = (wishes: readonly Wish[]): string => wishes.map(wishInWords).join("; ");
const waits = {
  arriving: "Its images are still coming.",
  held: "It is held.",
  "not-ready": "It is not ready to be read.",
  capacity: "Everybody who may has enough for now.",
} as const;
