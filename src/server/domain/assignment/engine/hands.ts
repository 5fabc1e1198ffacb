import type { Finding } from "./findings.ts";
import type { Ground } from "./ground.ts";
import type { Rule } from "./rules.ts";
import type { CaseFacts, ReaderFacts } from "./snapshot.ts";

type Held = { cases: number; workUnits: number; effort: number };

/** What each reader has in hand while decisions are made: claims, offers, assignments, and what this run gives him. */
export class Hands {
  readonly #held = new Map<string, Held>();
  readonly #byRule = new Map<string, Held>();
  readonly #offers = new Set<string>();
  readonly #patients = new Map<string, Set<string>>();
  readonly #ofCase = new Map<string, string>();
  readonly #ground: Ground;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  take(facts: CaseFacts, readerId: string, ruleId: string | null, { asked = false } = {}): void {
    const more = { workUnits: this.#ground.workUnits.of(facts), effort: this.#ground.workUnits.effort(facts) };
    add(this.#held, readerId, more);
    if (ruleId !== null) add(this.#byRule, `${ruleId}\n${readerId}`, more);
    if (asked) this.#offers.add(readerId);
    this.#ofCase.set(facts.id, readerId);
    if (facts.patientRef === null) return;
    const holders = this.#patients.get(facts.patientRef);
    if (holders) holders.add(readerId);
    else this.#patients.set(facts.patientRef, new Set([readerId]));
  }

  /** Those who have another open case of the same person. */
  holdersOfPatient({ patientRef }: CaseFacts): ReadonlySet<string> {
    return (patientRef !== null && this.#patients.get(patientRef)) || nobody;
  }
  holderOf(caseId: string): string | undefined {
    return this.#ofCase.get(caseId);
  }
  /** He has an offer that he has not answered. */
  isAsked(readerId: string): boolean {
    return this.#offers.has(readerId);
  }

  /** Minutes that what he has in hand still takes him, at his pace. */
  minutesInHand({ id, minutesPerWorkUnit }: ReaderFacts): number {
    return (this.#held.get(id)?.effort ?? 0) * minutesPerWorkUnit;
  }

  /** Work units per hour of his shift so far, what he has in hand counted as done; the first hour counts whole. */
  perHour({ id, done }: ReaderFacts): number {
    const hours = Math.max(1, (this.#ground.now - done.since) / 3_600_000);
    return (done.workUnits + (this.#held.get(id)?.workUnits ?? 0)) / hours;
  }

  /** Which of his caps he has reached, his own and the rule's. */
  capFindings({ id, caps, done }: ReaderFacts, rule: Rule | null): readonly Finding[] {
    if (!hasCaps(caps) && !(rule && ruleCaps(rule))) return noFindings;
    const found: Finding[] = [];
    const { cases, workUnits } = this.#held.get(id) ?? nothingHeld;
    if (caps.openCases !== null && cases >= caps.openCases)
      found.push({ code: "cap.open-cases", most: caps.openCases });
    if (caps.shiftCases !== null && done.cases + cases >= caps.shiftCases)
      found.push({ code: "cap.shift-cases", most: caps.shiftCases });
    if (caps.shiftWorkUnits !== null && done.workUnits + workUnits >= caps.shiftWorkUnits)
      found.push({ code: "cap.shift-work-units", most: caps.shiftWorkUnits });
    if (!rule || !ruleCaps(rule)) return found;
    const { openCases, openWorkUnits } = rule.caps;
    const under = this.#byRule.get(`${rule.id}\n${id}`) ?? nothingHeld;
    if (openCases !== null && under.cases >= openCases)
      found.push({ code: "cap.rule-open-cases", most: openCases, ruleId: rule.id });
    if (openWorkUnits !== null && under.workUnits >= openWorkUnits)
      found.push({ code: "cap.rule-open-work-units", most: openWorkUnits, ruleId: rule.id });
    return found;
  }
}

const nobody: ReadonlySet<string> = new Set();
const noFindings: readonly Finding[] = [];
const hasCaps = ({ openCases, shiftCases, shiftWorkUnits }: ReaderFacts["caps"]): boolean =>
  openCases !== null || shiftCases !== null || shiftWorkUnits !== null;
const ruleCaps = ({ caps }: Rule): boolean => caps.openCases !== null || caps.openWorkUnits !== null;
const nothingHeld: Held = { cases: 0, workUnits: 0, effort: 0 };

function add(of: Map<string, Held>, key: string, more: Omit<Held, "cases">): void {
  const held = of.get(key);
  if (!held) of.set(key, { cases: 1, ...more });
  else {
    held.cases++;
    held.workUnits += more.workUnits;
    held.effort += more.effort;
  }
}
