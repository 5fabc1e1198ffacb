import type {
  CaseFacts,
  Habit,
  Played,
  ReaderFacts,
  RecordedEvent,
  Rule,
  Snapshot,
} from "#server/domain/assignment/index.ts";
import { rehearse } from "#server/domain/assignment/index.ts";
import { dice } from "./dice.ts";

/** Days and nights of a group: seven readers in each of three shifts, cases as a Poisson stream that swells in the evening. */

export const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
export const begin = Date.parse("2026-11-02T06:00Z");
const shiftHours = 8;
const perShift = 7;

/** Share of all cases, work units (what is counted and paid), effort (what it takes): the two differ, which is what picking lives on. */
const procedures = [
  { code: "XR", modality: "CR", share: 0.4, workUnits: 0.3, effort: 0.18 },
  { code: "MR-KNEE", modality: "MR", share: 0.15, workUnits: 1.5, effort: 0.9 },
  { code: "CT", modality: "CT", share: 0.3, workUnits: 1.2, effort: 1.3 },
  { code: "CT-TRAUMA", modality: "CT", share: 0.15, workUnits: 1.6, effort: 2.6 },
];
/** A routine case that pays best for its time. */
const wellPaid = procedures[1] as (typeof procedures)[number];
/** What is expedited is mostly what takes long. */
const shares = { "CT-TRAUMA": [0.35, 0.4], CT: [0.15, 0.35], XR: [0.05, 0.2], "MR-KNEE": [0, 0.05] } as Record<
  string,
  [number, number]
>;
const minutesToRead = { stat: 30, urgent: 120, routine: 1440 };

function aCase(
  n: number,
  arrivedAt: number,
  procedure: (typeof procedures)[number],
  priority: CaseFacts["priority"],
): CaseFacts {
  const dueAt = arrivedAt + minutesToRead[priority] * minuteMs;
  return {
    id: `c${String(n).padStart(6, "0")}`,
    hospitalId: "hospital",
    facilityId: "facility",
    modalities: [procedure.modality],
    bodyRegions: [],
    procedureCode: procedure.code,
    procedures: [],
    patientClass: "unknown",
    ageBand: "adult",
    patientRef: null,
    linkedCaseIds: [],
    priority,
    state: "unread",
    ready: true,
    arrivedAt,
    dueAt,
    promisedAt: dueAt,
    readType: "final",
    doubleReading: false,
    language: null,
    readBy: [],
    draftReaderId: null,
    priorReaderIds: [],
    conflictReaderIds: [],
    claim: null,
    offer: null,
    assignment: null,
    declined: [],
    skips: [],
  };
}
export const extraCase = (at: number): CaseFacts => aCase(999_999, at, wellPaid, "routine");

function drawn(lot: number): (typeof procedures)[number] {
  let below = 0;
  for (const each of procedures) {
    below += each.share;
    if (lot < below) return each;
  }
  return wellPaid;
}

export function streamOf(count: number, seed: number, load: number): CaseFacts[] {
  const roll = dice(seed);
  const effort = procedures.reduce((sum, each) => sum + each.share * each.effort, 0);
  // What seven readers do in an hour at six minutes for a unit of effort.
  const perHour = (load * perShift * 60) / (6 * effort);
  const cases: CaseFacts[] = [];
  for (let at = begin; cases.length < count; ) {
    const swell = 1 + 0.25 * Math.sin((2 * Math.PI * (at - begin)) / (24 * hourMs));
    at += Math.round((-Math.log(1 - roll()) * hourMs) / (perHour * swell));
    const procedure = drawn(roll());
    const [stat, urgent] = shares[procedure.code] ?? [0, 0];
    const urgency = roll();
    cases.push(
      aCase(cases.length, at, procedure, urgency < stat ? "stat" : urgency < stat + urgent ? "urgent" : "routine"),
    );
  }
  return cases;
}

/** Three crews, each at the same eight hours of every day; paces differ by a third. */
export function crews(until: number): ReaderFacts[] {
  return Array.from({ length: 3 * perShift }, (_, n) => {
    const first = begin + Math.floor(n / perShift) * shiftHours * hourMs;
    const days = Math.ceil((until - begin) / (24 * hourMs)) + 1;
    return {
      id: `r${String(n).padStart(2, "0")}`,
      orgId: "group",
      signedIn: true,
      shifts: Array.from({ length: days }, (_, day) => ({
        from: first + day * 24 * hourMs,
        until: first + day * 24 * hourMs + shiftHours * hourMs,
      })),
      breaks: [],
      licences: [{ jurisdiction: "DE", validFrom: null, validUntil: null }],
      privileges: [{ facilityId: "facility", level: "report" as const, expiresAt: null }],
      subspecialties: [],
      readTypes: ["final" as const],
      languages: ["en"],
      caps: { openCases: null, shiftCases: null, shiftWorkUnits: null },
      done: { since: begin, cases: 0, workUnits: 0 },
      minutesPerWorkUnit: 5 + (n % 3),
    };
  });
}

const rule = (mode: Rule["mode"], openCases: number | null = null): Rule => ({
  id: mode.kind,
  when: [],
  readers: { readerIds: [], groupIds: [] },
  schedule: null,
  subspecialty: "preferred",
  caps: { openCases, openWorkUnits: null },
  mode,
  exclusive: false,
});
export type Policy = { name: string; rule: Rule; habitOf: (readerId: string) => Habit };
/** Every second reader picks; the others take what has waited longest. */
const everySecondPicks = (readerId: string): Habit => (Number(readerId.slice(1)) % 2 === 0 ? "best-paid" : "oldest");
export const policies: readonly [Policy, Policy, Policy, Policy] = [
  { name: "greedy picking", rule: rule({ kind: "pool" }), habitOf: everySecondPicks },
  { name: "first come", rule: rule({ kind: "pool" }), habitOf: () => "oldest" },
  { name: "balance", rule: rule({ kind: "push", acceptSeconds: null }, 2), habitOf: () => "least-slack" },
  { name: "draw", rule: rule({ kind: "draw" }), habitOf: () => "least-slack" },
];

/** @returns what was read and what waits when the last case has been there for a day. */
export function play(
  cases: readonly CaseFacts[],
  readers: ReaderFacts[],
  { rule: only, habitOf }: Policy,
  until: number,
): Played {
  const rules = { version: 1, rules: [only] };
  const snapshot: Snapshot = {
    version: 1,
    now: begin,
    seed: 1,
    cases: [],
    readers,
    groups: [],
    facilities: [{ id: "facility", hospitalId: "hospital", jurisdiction: "DE", timeZone: "UTC" }],
    contracts: [{ id: "contract", hospitalId: "hospital", facilityId: null, validFrom: null, validUntil: null }],
    rules,
    workUnits: {
      procedures: procedures.map(({ code, workUnits, effort }) => ({ code, workUnits, effort })),
      modalities: [],
      otherwise: 1,
    },
  };
  const events = cases.map((facts): RecordedEvent => ({ kind: "arrival", at: facts.arrivedAt, facts }));
  return rehearse({ snapshot, events, rules, until, habitOf });
}
