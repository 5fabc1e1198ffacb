import type { Decision, Outcome } from "./engine/decisions.ts";
import type { CaseFacts, Snapshot } from "./engine/snapshot.ts";

/** A run in short: of its cases and decisions those that are other than in the run before it, and which cases are gone. Pure. */
export type RunChanges = { snapshot: Snapshot & { gone: string[] }; outcome: Outcome };
/** What a run is held against: the facts of the run before by case, and its decisions as texts. */
export type Before = { facts: ReadonlyMap<string, CaseFacts>; decisions: ReadonlyMap<string, string> };
type Run = { snapshot: Snapshot; outcome: Outcome };

export const beforeOf = ({ snapshot, outcome }: Run): Before => ({
  facts: new Map(snapshot.cases.map((each) => [each.id, each])),
  decisions: new Map(outcome.decisions.map((each) => [each.caseId, JSON.stringify(each)])),
});

/** @param now its own facts and decisions, as the next run is held against them. Facts that did not change are the same object (case-facts-kept.ts). */
export function changesSince(before: Before, { snapshot, outcome }: Run, now: Before): RunChanges {
  return {
    snapshot: {
      ...snapshot,
      cases: snapshot.cases.filter((each) => before.facts.get(each.id) !== each),
      gone: [...before.facts.keys()].filter((id) => !now.facts.has(id)),
    },
    outcome: {
      ...outcome,
      decisions: outcome.decisions.filter(({ caseId }) => before.decisions.get(caseId) !== now.decisions.get(caseId)),
    },
  };
}

/** The whole run again, to the byte: cases and decisions stand in the order of their ids. */
export function withChanges(before: Run, { snapshot: { gone, ...snapshot }, outcome }: RunChanges): Run {
  const left = new Set(gone);
  const merged = <T>(old: readonly T[], changed: readonly T[], idOf: (each: T) => string): T[] => {
    const all = new Map([...old, ...changed].map((each) => [idOf(each), each]));
    return [...all.values()]
      .filter((each) => !left.has(idOf(each)))
      .sort((a, b) => (idOf(a) < idOf(b) ? -1 : idOf(a) > idOf(b) ? 1 : 0));
  };
  return {
    snapshot: { ...snapshot, cases: merged(before.snapshot.cases, snapshot.cases, ({ id }) => id) },
    outcome: {
      ...outcome,
      decisions: merged<Decision>(before.outcome.decisions, outcome.decisions, ({ caseId }) => caseId),
    },
  };
}
