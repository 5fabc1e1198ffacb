import type { Wish } from "./decisions.ts";
import type { Hands } from "./hands.ts";
import type { CaseFacts, ReaderFacts } from "./snapshot.ts";

/** One who may be given a case, with all that speaks for him. */
export type Candidate = {
  reader: ReaderFacts;
  /** His own words are saved in it. */
  draft: boolean;
  match: boolean;
  /** 3: has another open case of the person, 2: a linked one, 1: signed a prior. */
  near: 0 | 1 | 2 | 3;
  /** Of STAT, which goes to who is free first: minutes of work in hand. Of everything else 0. */
  waits: number;
  perHour: number;
};

/** Cases that one report would cover, from either side, by case. */
export function linksOf(cases: readonly CaseFacts[]): (facts: CaseFacts) => readonly string[] {
  const linkedBy = new Map<string, string[]>();
  for (const { id, linkedCaseIds } of cases)
    for (const linked of linkedCaseIds) linkedBy.set(linked, [...(linkedBy.get(linked) ?? []), id]);
  const none: readonly string[] = [];
  return ({ id, linkedCaseIds }) => {
    const back = linkedBy.get(id);
    return back ? [...linkedCaseIds, ...back] : linkedCaseIds.length > 0 ? linkedCaseIds : none;
  };
}

/** Makes ready to say of many readers what speaks for each for this case. */
export function candidates(
  facts: CaseFacts,
  linked: readonly string[],
  hands: Hands,
): (reader: ReaderFacts, match: boolean) => Candidate {
  const near = nearness(facts, linked, hands);
  return (reader, match) => ({
    reader,
    draft: facts.draftReaderId === reader.id,
    match,
    near: near(reader.id),
    waits: facts.priority === "stat" ? hands.minutesInHand(reader) : 0,
    perHour: hands.perHour(reader),
  });
}

/** How near the patient is to a reader, as `Candidate` counts it. */
function nearness(facts: CaseFacts, linked: readonly string[], hands: Hands): (readerId: string) => Candidate["near"] {
  const holders = hands.holdersOfPatient(facts);
  const ofLinked = linked.map((each) => hands.holderOf(each));
  return (readerId) =>
    holders.has(readerId) ? 3 : ofLinked.includes(readerId) ? 2 : facts.priorReaderIds.includes(readerId) ? 1 : 0;
}

/** Whose words are saved in it, or who has the same patient or a linked case: mostly nobody. */
export function knownTo(facts: CaseFacts, linked: readonly string[], hands: Hands): ReadonlySet<string> {
  const holders = hands.holdersOfPatient(facts);
  if (facts.draftReaderId === null && linked.length === 0) return holders;
  const known = new Set(holders);
  if (facts.draftReaderId !== null) known.add(facts.draftReaderId);
  for (const each of linked) {
    const holder = hands.holderOf(each);
    if (holder !== undefined) known.add(holder);
  }
  return known;
}

/** Who goes first, below 0: `a`. His own draft, then training, then who knows the patient, for STAT who is free first, then who has done less, then the seed. */
export function byWishes(facts: CaseFacts, seed: number): (a: Candidate, b: Candidate) => number {
  return (a, b) =>
    Number(b.draft) - Number(a.draft) ||
    Number(b.match) - Number(a.match) ||
    b.near - a.near ||
    a.waits - b.waits ||
    a.perHour - b.perHour ||
    lot(seed, facts.id, a.reader.id) - lot(seed, facts.id, b.reader.id) ||
    (a.reader.id < b.reader.id ? -1 : 1);
}

/** The best of them and the next three, in order. */
export function firstFour(
  candidates: readonly Candidate[],
  order: (a: Candidate, b: Candidate) => number,
): Candidate[] {
  const first: Candidate[] = [];
  for (const each of candidates) {
    let place = first.length;
    while (place > 0 && order(each, first[place - 1] as Candidate) < 0) place--;
    if (place < 4) {
      first.splice(place, 0, each);
      if (first.length > 4) first.pop();
    }
  }
  return first;
}

const nearnessCodes = { 3: "wish.same-patient", 2: "wish.linked", 1: "wish.priors" } as const;

/** Why the first of them: all that speaks for him, and what decided between him and the next. */
export function wishesOf([chosen, next]: readonly Candidate[]): Wish[] {
  if (!chosen) return [];
  const wishes: Wish[] = [];
  if (chosen.draft) wishes.push({ code: "wish.own-draft" });
  if (chosen.match) wishes.push({ code: "wish.subspecialty" });
  if (chosen.near > 0) wishes.push({ code: nearnessCodes[chosen.near as 1 | 2 | 3] });
  if (!next) wishes.push({ code: "wish.only-one" });
  if (
    next &&
    next.draft === chosen.draft &&
    next.match === chosen.match &&
    next.near === chosen.near &&
    chosen.waits < next.waits
  )
    wishes.push({ code: "wish.free-first", minutes: chosen.waits, next: next.waits });
  wishes.push({ code: "wish.balance", perHour: chosen.perHour, next: next ? next.perHour : null });
  const alike =
    next &&
    next.draft === chosen.draft &&
    next.match === chosen.match &&
    next.near === chosen.near &&
    next.waits === chosen.waits &&
    next.perHour === chosen.perHour;
  if (alike) wishes.push({ code: "wish.drawn-by-seed" });
  return wishes;
}

/** FNV-1a of 32 bit, stirred: the same lot for the same seed, case and reader, everywhere and always. */
function lot(seed: number, caseId: string, readerId: string): number {
  let hash = 0x811c9dc5;
  const text = `${seed}:${caseId}:${readerId}`;
  for (let n = 0; n < text.length; n++) hash = Math.imul(hash ^ text.charCodeAt(n), 0x01000193);
  // Ids that differ in their last letter only would else lie side by side.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
