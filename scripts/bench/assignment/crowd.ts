import type { CaseFacts, ReaderFacts, Rule, Snapshot } from "#server/domain/assignment/index.ts";
import { dice, oneOf } from "./dice.ts";

/** A group of readers and a queue for the benchmark: 40 facilities in six jurisdictions, five modalities, six regions, half of the readers trained for something. */

const minuteMs = 60_000;
const start = Date.parse("2026-11-27T20:00Z");

const key = (letter: string, n: number): string => `${letter}${String(n).padStart(5, "0")}`;

const facilities = Array.from({ length: 40 }, (_, n) => ({
  id: key("f", n),
  hospitalId: key("h", n >> 2),
  jurisdiction: `DE-${n % 6}`,
  timeZone: "Europe/Berlin",
}));
const modalities = ["CT", "MR", "CR", "US", "MG"];
const regions = ["head", "neck", "chest", "abdomen", "spine", "knee"];

export function crowd({
  cases,
  readers,
  rules,
  seed,
}: {
  cases: number;
  readers: number;
  rules: Rule[];
  seed: number;
}): Snapshot {
  const roll = dice(seed);
  return {
    version: 1,
    now: start,
    seed,
    cases: Array.from({ length: cases }, (_, n) => queued(n, roll)),
    readers: Array.from({ length: readers }, (_, n) => reader(n, roll)),
    groups: [],
    facilities,
    contracts: facilities.map(({ hospitalId }, n) => ({
      id: key("k", n),
      hospitalId,
      facilityId: null,
      validFrom: null,
      validUntil: null,
    })),
    rules: { version: 1, rules },
    workUnits: {
      procedures: [],
      modalities: [
        { modality: "MR", workUnits: 1.5 },
        { modality: "CR", workUnits: 0.2 },
      ],
      otherwise: 0.9,
    },
  };
}

function queued(n: number, roll: () => number): CaseFacts {
  const facility = oneOf(roll, facilities);
  const lot = roll();
  const priority = lot < 0.1 ? "stat" : lot < 0.35 ? "urgent" : "routine";
  const arrivedAt = start - Math.floor(roll() * 120) * minuteMs;
  const dueAt = arrivedAt + { stat: 30, urgent: 120, routine: 1440 }[priority] * minuteMs;
  return {
    id: key("c", n),
    hospitalId: facility.hospitalId,
    facilityId: facility.id,
    modalities: [oneOf(roll, modalities)],
    bodyRegions: [oneOf(roll, regions)],
    procedureCode: null,
    procedures: [],
    patientClass: "inpatient",
    ageBand: roll() < 0.1 ? "child" : "adult",
    patientRef: key("p", Math.floor(roll() * 20_000)),
    linkedCaseIds: [],
    priority,
    state: "unread",
    ready: true,
    arrivedAt,
    dueAt,
    promisedAt: dueAt,
    readType: roll() < 0.2 ? "preliminary" : "final",
    doubleReading: false,
    language: null,
    readBy: [],
    draftReaderId: null,
    priorReaderIds: [key("r", Math.floor(roll() * 60))],
    conflictReaderIds: [],
    claim: null,
    offer: null,
    assignment: null,
    declined: [],
    skips: roll() < 0.02 ? [{ readerId: key("r", Math.floor(roll() * 60)), until: start + minuteMs }] : [],
  };
}

function reader(n: number, roll: () => number): ReaderFacts {
  return {
    id: key("r", n),
    orgId: "group",
    signedIn: true,
    shifts: [{ from: start - 60 * minuteMs, until: start + 600 * minuteMs }],
    breaks: [],
    licences: [0, 1, 2, 3, 4, 5]
      .filter(() => roll() < 0.8)
      .map((each) => ({ jurisdiction: `DE-${each}`, validFrom: null, validUntil: null })),
    privileges: facilities
      .filter(() => roll() < 0.8)
      .map(({ id }) => ({
        facilityId: id,
        level: roll() < 0.1 ? ("draft" as const) : ("report" as const),
        expiresAt: null,
      })),
    subspecialties:
      roll() < 0.5 ? [{ modalities: [oneOf(roll, modalities)], bodyRegions: [], ageBands: [], procedures: [] }] : [],
    readTypes: ["preliminary", "final"],
    languages: ["en"],
    caps: { openCases: null, shiftCases: null, shiftWorkUnits: null },
    done: { since: start - 60 * minuteMs, cases: 0, workUnits: Math.floor(roll() * 8) },
    minutesPerWorkUnit: 5 + Math.floor(roll() * 6),
  };
}
