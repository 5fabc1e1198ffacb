import { assign } from "./assign.ts";
import { type Instant, minuteMs } from "./codes.ts";
import type { Decision, Outcome } from "./decisions.ts";
import { byId, type Played, type Reading, type RecordedEvent, readingOf } from "./recorded.ts";
import type { RuleSet } from "./rules.ts";
import type { CaseFacts, ReaderFacts, Snapshot } from "./snapshot.ts";
import { byUrgency } from "./urgency.ts";
import { type WorkUnits, workUnitsBy } from "./work-units.ts";

/** How people choose from a pool: as they should, by the time of arrival, or what pays best for the time it takes. */
export type Habit = "least-slack" | "oldest" | "best-paid";

export type Rehearsed = {
  /** Readers with all their shifts, facilities, contracts, work units; its cases are what is open at `now`, when the play begins. */
  snapshot: Snapshot;
  /** Arrivals are played; claims and signatures are what truly happened, and are measured beside it (recorded.ts). */
  events: readonly RecordedEvent[];
  rules: RuleSet;
  /** The end. What is being read then is read to its end. */
  until: Instant;
  /** Of each reader, where he has a choice. */
  habitOf: (readerId: string) => Habit;
};

/**
 * Plays rules over what arrived: who would have read what, and when it would have been signed. Its people are simple ones: on shift they are there, say yes
 * to what they are offered, read one case at a time at their own pace without a pause, and go on to the end of a case when the shift is over.
 */
export function rehearse(rehearsed: Rehearsed): Played {
  const play = rehearsing(rehearsed);
  for (;;) {
    const { done, value } = play.next();
    if (done) return value;
  }
}

/** The same moment by moment, for whoever has other things to do in between: yields what has come of it so far, and when that was. */
export function* rehearsing(rehearsed: Rehearsed): Generator<{ at: Instant; soFar: () => Played }, Played> {
  return yield* new Play(rehearsed).run();
}

type Desk = { reader: ReaderFacts; reading: Reading | null; facts: CaseFacts | null; done: ReaderFacts["done"] };

class Play {
  readonly #play: Rehearsed;
  readonly #workUnits: WorkUnits;
  readonly #desks: Desk[];
  readonly #waiting = new Map<string, CaseFacts>();
  readonly #arrivals: CaseFacts[];
  readonly #pushes: boolean;
  readonly #readings: Reading[] = [];
  #wakeAt: Instant | null = null;
  #now: Instant;

  constructor(play: Rehearsed) {
    this.#play = play;
    const { snapshot, events, rules } = play;
    this.#now = snapshot.now;
    this.#workUnits = workUnitsBy(snapshot.workUnits);
    this.#pushes = rules.rules.some(({ mode }) => mode.kind === "push");
    this.#desks = snapshot.readers
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .map((reader) => ({ ...reader, shifts: reader.shifts?.toSorted((a, b) => a.from - b.from) ?? null }))
      .map((reader) => ({ reader, reading: null, facts: null, done: reader.done }));
    this.#arrivals = events
      .filter((each) => each.kind === "arrival")
      .map(({ at, facts }) => ({ ...facts, arrivedAt: at }))
      .sort((a, b) => a.arrivedAt - b.arrivedAt || (a.id < b.id ? -1 : 1));
    for (const facts of snapshot.cases) this.#waiting.set(facts.id, facts);
  }

  *run(): Generator<{ at: Instant; soFar: () => Played }, Played> {
    const soFar = () => this.#played();
    let arrived = 0;
    for (;;) {
      while ((this.#arrivals[arrived]?.arrivedAt ?? Number.POSITIVE_INFINITY) <= this.#now) {
        const facts = this.#arrivals[arrived++] as CaseFacts;
        this.#waiting.set(facts.id, facts);
      }
      this.#finish();
      this.#giveOut();
      const next = this.#nextMoment(this.#arrivals[arrived]?.arrivedAt);
      if (next === null || next > this.#play.until) break;
      this.#now = next;
      yield { at: next, soFar };
    }
    return this.#played();
  }

  /** What is being read counts as read to its end. */
  #played(): Played {
    const running = this.#desks.flatMap(({ reading }) => (reading ? [reading] : []));
    return { readings: [...this.#readings, ...running], unread: byId([...this.#waiting.values()]) };
  }

  #nextMoment(arrival: Instant | undefined): Instant | null {
    const moments = this.#desks.flatMap(({ reading }) => (reading ? [reading.signedAt] : []));
    if (arrival !== undefined) moments.push(arrival);
    if (this.#wakeAt !== null && this.#waiting.size > 0) moments.push(this.#wakeAt);
    return moments.length === 0 ? null : Math.min(...moments);
  }

  #finish(): void {
    for (const desk of this.#desks) {
      const { reading } = desk;
      if (!reading || reading.signedAt > this.#now) continue;
      this.#readings.push(reading);
      desk.done = {
        ...this.#doneIn(desk),
        cases: desk.done.cases + 1,
        workUnits: desk.done.workUnits + reading.workUnits,
      };
      desk.reading = null;
      desk.facts = null;
    }
  }

  /** Counts anew with every shift. */
  #doneIn(desk: Desk): ReaderFacts["done"] {
    const shift = this.#shiftOf(desk.reader);
    if (shift && shift.from > desk.done.since) desk.done = { since: shift.from, cases: 0, workUnits: 0 };
    return desk.done;
  }
  #shiftOf = ({ shifts }: ReaderFacts) => shifts?.find(({ from, until }) => from <= this.#now && until > this.#now);
  #isIdle({ reader, reading }: Desk): boolean {
    if (reading || (reader.shifts !== null && !this.#shiftOf(reader))) return false;
    return !reader.breaks.some(({ from, until }) => from <= this.#now && until > this.#now);
  }

  /** Decides, and lets everybody who is idle take one case; again, while somebody found his taken by another. */
  #giveOut(): void {
    for (let again = true; again; ) {
      again = false;
      const idle = this.#desks.filter((each) => this.#isIdle(each));
      if (
        this.#waiting.size === 0 ||
        (idle.length === 0 && !this.#pushes && this.#wakeAt !== null && this.#wakeAt > this.#now)
      )
        return;
      const outcome = assign(this.#snapshot(), this.#play.rules);
      this.#wakeAt = outcome.lookAgainAt;
      this.#accept(outcome);
      const choice = this.#choices(outcome);
      const taken = new Set<string>();
      for (const desk of idle) {
        const wished = choice(desk.reader.id);
        const found = wished.find(({ facts }) => !taken.has(facts.id));
        if (!found) again ||= wished.length > 0;
        else {
          taken.add(found.facts.id);
          this.#take(desk, found.facts, found.ruleId);
        }
      }
    }
  }

  #snapshot(): Snapshot {
    const cases = [...this.#waiting.values()];
    for (const { facts, reading } of this.#desks)
      if (facts && reading)
        cases.push({
          ...facts,
          claim: { readerId: reading.readerId, until: Number.MAX_SAFE_INTEGER, ruleId: reading.ruleId },
        });
    const readers = this.#desks.map((desk) => ({
      ...desk.reader,
      signedIn: true,
      // Of all shifts the one that runs and the next: the engine asks for no others.
      shifts: desk.reader.shifts?.filter(({ until }) => until > this.#now).slice(0, 2) ?? null,
      done: this.#doneIn(desk),
    }));
    return { ...this.#play.snapshot, now: this.#now, cases, readers };
  }

  /** Everybody says yes. */
  #accept({ decisions }: Outcome): void {
    for (const decision of decisions)
      if (decision.kind === "offer" || decision.kind === "assign") {
        const { readerId, ruleId } = decision;
        const facts = this.#waiting.get(decision.caseId) as CaseFacts;
        this.#waiting.set(facts.id, { ...facts, assignment: { readerId, assignedAt: this.#now, ruleId } });
      }
  }

  /** What each reader would take now, the first first: what is his, what he draws, what he picks. */
  #choices({
    decisions,
    lines,
    readerSets,
  }: Outcome): (readerId: string) => { facts: CaseFacts; ruleId: string | null }[] {
    const his = new Map<string, { facts: CaseFacts; ruleId: string | null }[]>();
    const pools: { facts: CaseFacts; ruleId: string | null; set: number }[] = [];
    const rules = new Map<string, string | null>();
    // As it was when it was decided: others take theirs meanwhile.
    const waiting = new Map(this.#waiting);
    for (const decision of decisions) {
      const facts = waiting.get(decision.caseId);
      if (!facts) continue;
      const ruleId = "ruleId" in decision ? decision.ruleId : null;
      rules.set(facts.id, ruleId);
      if (decision.kind === "pool") pools.push({ facts, ruleId, set: decision.set });
      else if (belongs(decision))
        his.set(decision.readerId, [...(his.get(decision.readerId) ?? []), { facts, ruleId }]);
    }
    const sorted = new Map<Habit, typeof pools>();
    const poolBy = (habit: Habit) => {
      const known = sorted.get(habit) ?? pools.toSorted((a, b) => this.#byHabit(habit, a.facts, b.facts));
      sorted.set(habit, known);
      return known;
    };
    const members = readerSets.map((each) => new Set(each));
    return (readerId) => {
      const own = (his.get(readerId) ?? []).sort((a, b) => byUrgency(a.facts, b.facts));
      const line = (lines.find((each) => each.readerId === readerId)?.caseIds ?? []).map((id) => ({
        facts: waiting.get(id) as CaseFacts,
        ruleId: rules.get(id) ?? null,
      }));
      const habit = this.#play.habitOf(readerId);
      const pool = poolBy(habit).filter(({ set }) => members[set]?.has(readerId));
      // What is his and what he draws before what he may pick; STAT before all, for who does as he should.
      const all = [...own, ...line, ...pool.slice(0, this.#desks.length)];
      const isStat = ({ facts }: { facts: CaseFacts }) => facts.priority === "stat";
      return habit === "least-slack" ? [...all.filter(isStat), ...all.filter((each) => !isStat(each))] : all;
    };
  }

  #byHabit(habit: Habit, a: CaseFacts, b: CaseFacts): number {
    if (habit === "least-slack") return byUrgency(a, b);
    const pay = (facts: CaseFacts) => this.#workUnits.of(facts) / this.#workUnits.effort(facts);
    const better = habit === "best-paid" ? pay(b) - pay(a) : 0;
    return better || a.arrivedAt - b.arrivedAt || (a.id < b.id ? -1 : 1);
  }

  #take(desk: Desk, facts: CaseFacts, ruleId: string | null): void {
    const minutes = this.#workUnits.effort(facts) * desk.reader.minutesPerWorkUnit;
    this.#waiting.delete(facts.id);
    desk.facts = facts;
    desk.reading = {
      ...readingOf(facts, desk.reader.id, ruleId, this.#workUnits.of(facts)),
      takenAt: this.#now,
      signedAt: this.#now + Math.max(1, Math.round(minutes * minuteMs)),
    };
  }
}

/** It is one reader's. */
const belongs = (decision: Decision): decision is Extract<Decision, { kind: "keep" | "offer" | "assign" }> =>
  decision.kind === "keep" || decision.kind === "offer" || decision.kind === "assign";
