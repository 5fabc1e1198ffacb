import type { Decision, Outcome } from "./decisions.ts";
import { type BarCode, bars } from "./findings.ts";
import { type Ground, prepare, type ReadyRule, ruleFindings, ruleLets, type Standing } from "./ground.ts";
import { Hands } from "./hands.ts";
import { kept } from "./keep.ts";
import { linesOf } from "./lines.ts";
import { lookAgainAt } from "./look-again.ts";
import type { RuleSet } from "./rules.ts";
import type { CaseFacts, ReaderFacts, Snapshot } from "./snapshot.ts";
import { byUrgency } from "./urgency.ts";
import { byWishes, type Candidate, candidates, firstFour, knownTo, linksOf, wishesOf } from "./wishes.ts";

/** Sees each case in the moment in which it is decided; the trace is made of this (trace.ts). */
export type Watch = (seen: {
  facts: CaseFacts;
  decision: Decision;
  tried: readonly (ReadyRule | null)[];
  ground: Ground;
  hands: Hands;
}) => void;

/**
 * Who reads what. Every open case gets exactly one decision; the same snapshot gets the same answer, in whatever order its lists came.
 *
 * The order of wishes: never a barred reader; the least slack first (STAT before all); his own draft; training; the same patient, a linked case,
 * the priors; for STAT who is free first; fewest work units per hour of the shift; the seed. STAT goes past caps, never past a bar.
 *
 * @param rules other than the snapshot's own: to try them out.
 */
export function assign(snapshot: Snapshot, rules: RuleSet = snapshot.rules, watch?: Watch): Outcome {
  const ground = prepare(snapshot, rules);
  const hands = new Hands(ground);
  const sets = new ReaderSets(ground);
  const links = linksOf(ground.cases);
  const decisions: Decision[] = [];
  const open: CaseFacts[] = [];
  const decide = (facts: CaseFacts, decision: Decision, tried: readonly (ReadyRule | null)[]) => {
    decisions.push(decision);
    watch?.({ facts, decision, tried, ground, hands });
  };

  // What somebody has in hand counts before anything is given out.
  for (const facts of ground.cases) {
    const decision = kept(facts, ground);
    if (decision) hands.take(facts, decision.readerId, decision.ruleId, { asked: decision.what === "offer" });
    if (decision) decide(facts, decision, []);
    else open.push(facts);
  }
  for (const facts of open.sort(byUrgency)) {
    const wait = waits(facts);
    if (wait) {
      decide(facts, { kind: "wait", caseId: facts.id, why: wait }, []);
      continue;
    }
    const { decision, tried } = decideOne(facts, links(facts), ground, hands, sets);
    decide(facts, decision, tried);
    if (decision.kind === "offer" || decision.kind === "assign")
      hands.take(facts, decision.readerId, decision.ruleId, { asked: decision.kind === "offer" });
  }

  decisions.sort((a, b) => (a.caseId < b.caseId ? -1 : 1));
  const drawn = decisions.filter((each) => each.kind === "draw");
  return {
    version: 1,
    now: snapshot.now,
    rulesVersion: rules.version,
    decisions,
    lines: linesOf(drawn, sets.all, ground, hands),
    readerSets: sets.all,
    lookAgainAt: lookAgainAt(snapshot, rules),
  };
}

function waits({ state, ready }: CaseFacts): "arriving" | "held" | "not-ready" | null {
  if (state === "arriving" || state === "held") return state;
  return ready ? null : "not-ready";
}

/** Readers sorted by what they can do with a case now, by their places. */
type Sorted = { may: readonly number[]; askable: number[]; busy: number; capped: number };

function decideOne(facts: CaseFacts, linked: readonly string[], ground: Ground, hands: Hands, sets: ReaderSets) {
  const fitting = ground.rules.filter(({ open, fits }) => open && fits(facts));
  const tried: (ReadyRule | null)[] = [];
  let full = false;
  let nobodyToAsk: Decision | null = null;
  for (const ready of fitting.length > 0 ? fitting : [null]) {
    tried.push(ready);
    const sorted = sortReaders(facts, ready, ground, hands, sets);
    const decision = byMode({ facts, linked, ready }, sorted, ground, hands, sets);
    if (decision && !(decision.kind === "pool" && decision.asked)) return { decision, tried };
    // All have said no or are not there: the rules below may know somebody.
    nobodyToAsk ??= decision;
    full ||= sorted.capped > 0;
    if (ready?.rule.exclusive) break;
  }
  if (nobodyToAsk) return { decision: nobodyToAsk, tried };
  const decision: Decision = full
    ? { kind: "wait", caseId: facts.id, why: "capacity" }
    : nobody(facts, tried[0] ?? null, ground);
  return { decision, tried };
}

function sortReaders(
  facts: CaseFacts,
  ready: ReadyRule | null,
  ground: Ground,
  hands: Hands,
  sets: ReaderSets,
): Sorted {
  const own = ground.own(facts);
  const stat = facts.priority === "stat";
  const letByRule = sets.letBy(ready, ground.standing(facts));
  const may: number[] = [];
  const sorted: Sorted = { may, askable: [], busy: 0, capped: 0 };
  const pushed = ready?.rule.mode.kind === "push";
  for (const place of letByRule) {
    const reader = ground.readers[place] as ReaderFacts;
    const ownFindings = own.size > 0 ? own.get(reader.id) : undefined;
    if (ownFindings?.some(bars)) continue;
    if (!stat && hands.capFindings(reader, ready?.rule ?? null).length > 0) {
      sorted.capped++;
      continue;
    }
    may.push(place);
    if (!pushed || !ground.signedIn[place] || ownFindings?.some(({ code }) => code === "offer.declined")) continue;
    if (!stat && hands.isAsked(reader.id)) sorted.busy++;
    else sorted.askable.push(place);
  }
  // The list itself where nobody is missing from it: it is known which set that is.
  return may.length === letByRule.length ? { ...sorted, may: letByRule } : sorted;
}

/** @returns null: nobody is left under this rule. */
function byMode(
  { facts, linked, ready }: { facts: CaseFacts; linked: readonly string[]; ready: ReadyRule | null },
  { may, askable, busy }: Sorted,
  ground: Ground,
  hands: Hands,
  sets: ReaderSets,
): Decision | null {
  if (may.length === 0) return null;
  const caseId = facts.id;
  const order = byWishes(facts, ground.snapshot.seed);
  const { match } = ground.standing(facts);
  const firstOf = (places: readonly number[]): Candidate[] => {
    const of = candidates(facts, linked, hands);
    return firstFour(
      places.map((place) => of(ground.readers[place] as ReaderFacts, match[place] === 1)),
      order,
    );
  };
  const pool = (asked: boolean): Decision => {
    const known = knownTo(facts, linked, hands);
    const near = known.size > 0 ? may.filter((place) => known.has((ground.readers[place] as ReaderFacts).id)) : [];
    const preferred = near.length > 0 ? (firstOf(near)[0]?.reader.id ?? null) : null;
    return { kind: "pool", caseId, set: sets.of(may), ruleId: ready?.rule.id ?? null, preferred, asked };
  };
  if (!ready || ready.rule.mode.kind === "pool") return pool(false);
  const { id: ruleId, mode } = ready.rule;
  if (mode.kind === "draw") return { kind: "draw", caseId, set: sets.of(may), ruleId };
  const first = firstOf(askable);
  const [chosen, ...afterHim] = first;
  if (!chosen) return busy > 0 ? { kind: "wait", caseId, why: "capacity" } : pool(true);
  const readerId = chosen.reader.id;
  const wishes = wishesOf(first);
  if (mode.acceptSeconds === null) return { kind: "assign", caseId, readerId, ruleId, wishes };
  const until = ground.now + mode.acceptSeconds * 1000;
  return { kind: "offer", caseId, readerId, until, afterHim: afterHim.map(({ reader }) => reader.id), ruleId, wishes };
}

function nobody(facts: CaseFacts, ready: ReadyRule | null, ground: Ground): Decision {
  const counts = new Map<BarCode, number>();
  const standing = ground.standing(facts);
  for (const [place, reader] of ground.readers.entries()) {
    const own = ground.own(facts).get(reader.id) ?? [];
    const first = [...ruleFindings(ready, place, standing), ...ground.findings(facts, place), ...own].find(bars);
    if (first) counts.set(first.code, (counts.get(first.code) ?? 0) + 1);
  }
  const barred = [...counts].map(([code, readers]) => ({ code, readers }));
  barred.sort((a, b) => b.readers - a.readers || (a.code < b.code ? -1 : 1));
  return { kind: "nobody", caseId: facts.id, ruleId: ready?.rule.id ?? null, barred };
}

/** Many cases have the same readers: whom a rule lets is asked once for all that stand alike, and each set is written once. */
class ReaderSets {
  readonly all: string[][] = [];
  readonly #ground: Ground;
  readonly #places = new Map<string, number>();
  readonly #known = new Map<readonly number[], number>();
  readonly #let = new Map<ReadyRule | null, Map<Standing["never"], Map<Standing["match"] | null, readonly number[]>>>();

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  /** The places of those who are there, may read it and whom the rule lets; the same list for cases that are alike in that. */
  letBy(ready: ReadyRule | null, standing: Standing): readonly number[] {
    const trained = ready?.rule.subspecialty === "required" ? standing.match : null;
    const byNever =
      this.#let.get(ready) ?? new Map<Standing["never"], Map<Standing["match"] | null, readonly number[]>>();
    this.#let.set(ready, byNever);
    const byMatch = byNever.get(standing.never) ?? new Map<Standing["match"] | null, readonly number[]>();
    byNever.set(standing.never, byMatch);
    let places = byMatch.get(trained);
    if (!places) {
      const { readers, away } = this.#ground;
      places = [...readers.keys()].filter(
        (place) => !standing.never[place] && !away[place] && ruleLets(ready, place, standing),
      );
      byMatch.set(trained, places);
    }
    return places;
  }

  of(places: readonly number[]): number {
    const known = this.#known.get(places);
    if (known !== undefined) return known;
    const key = places.join();
    let set = this.#places.get(key);
    if (set === undefined) {
      set = this.all.push(places.map((place) => (this.#ground.readers[place] as ReaderFacts).id)) - 1;
      this.#places.set(key, set);
    }
    this.#known.set(places, set);
    return set;
  }
}
