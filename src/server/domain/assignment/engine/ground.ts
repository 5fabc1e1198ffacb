import type { caseStates } from "./codes.ts";
import { conditionsAsked } from "./condition.ts";
import { dutyFindings, dutyKey, ownFindings, rosterFindings, trainingFinding, trainingKey } from "./eligibility.ts";
import { type Finding, type FindingCode, type Force, forceOf } from "./findings.ts";
import type { Rule, RuleSet } from "./rules.ts";
import { isOpen } from "./schedule.ts";
import type { CaseFacts, ReaderFacts, Snapshot } from "./snapshot.ts";
import { type WorkUnits, workUnitsBy } from "./work-units.ts";

/** A rule made ready to be asked. `names`: place by place, 1 where it names the reader. */
export type ReadyRule = { rule: Rule; fits: (facts: CaseFacts) => boolean; open: boolean; names: Flags };

/** A 1 or 0 for each reader, by his place in `Ground.readers`. */
type Flags = Uint8Array;
/** How the readers stand to a case: `never` must not read it, `match` are trained for it. */
export type Standing = { never: Flags; match: Flags };

/** A snapshot made ready: sorted, so that the order in which its lists came changes nothing, and looked up by id. */
export type Ground = {
  snapshot: Snapshot;
  now: number;
  /** By id. */
  readers: readonly ReaderFacts[];
  placeOf: ReadonlyMap<string, number>;
  /** Open ones, by id. */
  cases: readonly CaseFacts[];
  rules: readonly ReadyRule[];
  workUnits: WorkUnits;
  /** Off shift or on a break, by what, place by place; signed in. */
  away: Flags;
  awayBy: readonly (readonly FindingCode[])[];
  signedIn: Flags;
  standing: (facts: CaseFacts) => Standing;
  /** In full, of one reader: what the flags are made of. */
  findings: (facts: CaseFacts, place: number) => Finding[];
  own: (facts: CaseFacts) => ReadonlyMap<string, readonly Finding[]>;
};

const closedStates: readonly (typeof caseStates)[number][] = ["final", "amended", "cancelled"];
const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
const nothing: ReadonlyMap<string, readonly Finding[]> = new Map();

export function prepare(snapshot: Snapshot, ruleSet: RuleSet): Ground {
  const { now } = snapshot;
  const readers = snapshot.readers.toSorted(byId);
  const placeOf = new Map(readers.map(({ id }, place) => [id, place]));
  const jurisdictions = new Map(snapshot.facilities.map(({ id, jurisdiction }) => [id, jurisdiction]));
  const standingGround = {
    now,
    contracts: snapshot.contracts,
    jurisdictionOf: (facilityId: string) => jurisdictions.get(facilityId) ?? "unknown",
  };
  const flags = (of: (reader: ReaderFacts) => boolean): Flags => Uint8Array.from(readers, (each) => (of(each) ? 1 : 0));
  const some = (findings: readonly Finding[], force: Force) => findings.some((each) => forceOf(each) === force);
  const never = remembered(dutyKey, (facts) =>
    flags((each) => some(dutyFindings(facts, each, standingGround), "never")),
  );
  const match = remembered(trainingKey, (facts) =>
    flags((each) => trainingFinding(facts, each).code === "subspecialty.match"),
  );
  const awayBy = readers.map((each) =>
    rosterFindings(each, now).flatMap((found) => (forceOf(found) === "now" ? [found.code] : [])),
  );
  return {
    snapshot,
    now,
    readers,
    placeOf,
    cases: snapshot.cases.filter(({ state }) => !closedStates.includes(state)).sort(byId),
    rules: readyRules(snapshot, ruleSet, placeOf),
    workUnits: workUnitsBy(snapshot.workUnits),
    away: Uint8Array.from(awayBy, (codes) => (codes.length > 0 ? 1 : 0)),
    awayBy,
    signedIn: flags(({ signedIn }) => signedIn),
    standing: remembered(
      (facts) => facts,
      (facts) => ({ never: never(facts), match: match(facts) }),
    ),
    findings: (facts, place) => {
      const reader = readers[place];
      if (!reader) return [];
      const duty = dutyFindings(facts, reader, standingGround);
      return [...duty, trainingFinding(facts, reader), ...rosterFindings(reader, now)];
    },
    own: (facts) =>
      facts.conflictReaderIds.length + facts.readBy.length + facts.skips.length + facts.declined.length > 0 ||
      facts.offer
        ? ownFindings(facts, now)
        : nothing,
  };
}

/** Asks once for all cases that are alike. */
function remembered<K, T>(keyOf: (facts: CaseFacts) => K, ask: (facts: CaseFacts) => T): (facts: CaseFacts) => T {
  const known = new Map<K, T>();
  return (facts) => {
    const key = keyOf(facts);
    let answer = known.get(key);
    if (answer === undefined) {
      answer = ask(facts);
      known.set(key, answer);
    }
    return answer;
  };
}

function readyRules(snapshot: Snapshot, { rules }: RuleSet, placeOf: ReadonlyMap<string, number>): ReadyRule[] {
  const groups = new Map(snapshot.groups.map(({ id, readerIds }) => [id, readerIds]));
  return rules.map((rule) => {
    const { readerIds, groupIds } = rule.readers;
    const names = new Uint8Array(placeOf.size);
    if (readerIds.length + groupIds.length === 0) names.fill(1);
    for (const id of [...readerIds, ...groupIds.flatMap((each) => groups.get(each) ?? [])]) {
      const place = placeOf.get(id);
      if (place !== undefined) names[place] = 1;
    }
    return { rule, fits: conditionsAsked(rule.when, snapshot.now), open: isOpen(rule.schedule, snapshot.now), names };
  });
}

/** What a rule says of a reader for a case. @param ready null: no rule speaks of the case, and everybody is meant. */
export function ruleFindings(ready: ReadyRule | null, place: number, { match }: Standing): Finding[] {
  if (!ready) return [];
  const { id: ruleId, subspecialty } = ready.rule;
  const found: Finding[] = [{ code: ready.names[place] ? "rule.names-him" : "rule.names-others", ruleId }];
  if (subspecialty === "required" && !match[place]) found.push({ code: "subspecialty.required" });
  return found;
}

/** The same in brief: whether the rule lets him. */
export const ruleLets = (ready: ReadyRule | null, place: number, { match }: Standing): boolean =>
  !ready || (ready.names[place] === 1 && (ready.rule.subspecialty !== "required" || match[place] === 1));
