import fc from "fast-check";
import type { Rule } from "#server/domain/assignment/engine/rules.ts";
import type { CaseFacts, ReaderFacts, Snapshot } from "#server/domain/assignment/engine/snapshot.ts";

/** Facts for the assignment engine: plain ones, in which everybody may do everything, and random ones, in which nothing is sure. */

export const now = Date.parse("2026-11-27T21:30Z");
export const minutes = (count: number): number => count * 60_000;

export const aCase = (facts: Partial<CaseFacts> & { id: string }): CaseFacts => ({
  hospitalId: "lakeside",
  facilityId: "lakeside-main",
  modalities: ["CT"],
  bodyRegions: ["head"],
  procedureCode: null,
  procedures: [],
  patientClass: "inpatient",
  ageBand: "adult",
  patientRef: null,
  linkedCaseIds: [],
  priority: "routine",
  state: "unread",
  ready: true,
  arrivedAt: now - minutes(10),
  dueAt: now + minutes(240),
  promisedAt: now + minutes(240),
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
  ...facts,
});

export const aReader = (facts: Partial<ReaderFacts> & { id: string }): ReaderFacts => ({
  orgId: "nightshift",
  signedIn: true,
  shifts: [{ from: now - minutes(60), until: now + minutes(420) }],
  breaks: [],
  licences: [{ jurisdiction: "DE-BY", validFrom: null, validUntil: null }],
  privileges: [{ facilityId: "lakeside-main", level: "report", expiresAt: null }],
  subspecialties: [],
  readTypes: ["preliminary", "final", "over-read"],
  languages: ["en"],
  caps: { openCases: null, shiftCases: null, shiftWorkUnits: null },
  done: { since: now - minutes(60), cases: 0, workUnits: 0 },
  minutesPerWorkUnit: 6,
  ...facts,
});

export const aRule = (rule: Partial<Rule> & { id: string }): Rule => ({
  when: [],
  readers: { readerIds: [], groupIds: [] },
  schedule: null,
  subspecialty: "preferred",
  caps: { openCases: null, openWorkUnits: null },
  mode: { kind: "pool" },
  exclusive: false,
  ...rule,
});

export const aSnapshot = (
  facts: { cases: CaseFacts[]; readers: ReaderFacts[]; rules?: Rule[] } & Partial<Omit<Snapshot, "rules">>,
): Snapshot => ({
  version: 1,
  now,
  seed: 7,
  groups: [],
  facilities: [{ id: "lakeside-main", hospitalId: "lakeside", jurisdiction: "DE-BY", timeZone: "Europe/Berlin" }],
  contracts: [{ id: "contract", hospitalId: "lakeside", facilityId: null, validFrom: null, validUntil: null }],
  workUnits: { procedures: [], modalities: [{ modality: "CR", workUnits: 0.3 }], otherwise: 1 },
  ...facts,
  rules: { version: 1, rules: facts.rules ?? [] },
});

const readerIds = ["r1", "r2", "r3", "r4", "r5"];
const facilityIds = ["lakeside-main", "lakeside-east", "hill-main"];
const caseIds = Array.from({ length: 12 }, (_, n) => `c${String(n).padStart(2, "0")}`);
const hospitalOf = (facilityId: string): string => facilityId.slice(0, facilityId.indexOf("-"));
const few = <T>(of: fc.Arbitrary<T>, maxLength = 2) => fc.array(of, { maxLength });
const mostly = <T>(usual: T, other: fc.Arbitrary<T>) => fc.oneof({ weight: 7, arbitrary: fc.constant(usual) }, other);
/** Around now, to the minute, so that borders are met. */
const soon = fc.integer({ min: -90, max: 90 }).map((count) => now + minutes(count));
const sometime = fc.option(soon, { nil: null });
const reader = fc.constantFrom(...readerIds);
const readType = fc.constantFrom("preliminary", "final", "over-read" as const);
const modality = fc.constantFrom("CT", "MR", "CR");
const region = fc.constantFrom("head", "chest");
const ageBand = fc.constantFrom("adult", "child" as const);
const procedure = fc.constantFrom("70450", "cardiac", "prostate");
const ruleId = fc.option(fc.constantFrom("rule-0", "rule-1", "rule-2"), { nil: null });
const interval = fc
  .tuple(soon, fc.integer({ min: 1, max: 120 }))
  .map(([from, length]) => ({ from, until: from + minutes(length) }));

type Privilege = ReaderFacts["privileges"][number];

const randomReader = (id: string): fc.Arbitrary<ReaderFacts> =>
  fc.record({
    id: fc.constant(id),
    orgId: fc.constant("nightshift"),
    signedIn: mostly(true, fc.boolean()),
    shifts: mostly([{ from: now - minutes(60), until: now + minutes(300) }], fc.option(few(interval), { nil: null })),
    breaks: mostly([], few(interval)),
    licences: mostly(
      [
        { jurisdiction: "DE-BY", validFrom: null, validUntil: null },
        { jurisdiction: "AT", validFrom: null, validUntil: null },
      ],
      few(fc.record({ jurisdiction: fc.constantFrom("DE-BY", "AT"), validFrom: sometime, validUntil: sometime })),
    ),
    privileges: mostly(
      facilityIds.map((facilityId): Privilege => ({ facilityId, level: "report", expiresAt: null })),
      few(
        fc.record({
          facilityId: fc.constantFrom(...facilityIds),
          level: mostly("report" as const, fc.constantFrom("none", "view", "draft", "report")),
          expiresAt: mostly(null, sometime),
        }),
        6,
      ),
    ),
    subspecialties: few(
      fc.record({
        modalities: few(modality),
        bodyRegions: few(region),
        ageBands: few(ageBand),
        procedures: mostly([], few(procedure)),
      }),
    ),
    readTypes: mostly(["preliminary", "final", "over-read"], few(readType)),
    languages: few(fc.constantFrom("en", "de")),
    caps: fc.record({
      openCases: mostly(null, fc.option(fc.integer({ min: 0, max: 3 }), { nil: null })),
      shiftCases: mostly(null, fc.option(fc.integer({ min: 0, max: 5 }), { nil: null })),
      shiftWorkUnits: mostly(null, fc.option(fc.integer({ min: 0, max: 5 }), { nil: null })),
    }),
    done: fc.record({
      since: fc.integer({ min: 0, max: 300 }).map((count) => now - minutes(count)),
      cases: fc.integer({ min: 0, max: 4 }),
      workUnits: fc.integer({ min: 0, max: 40 }).map((tenths) => tenths / 10),
    }),
    minutesPerWorkUnit: fc.integer({ min: 2, max: 20 }),
  });

const randomCase = (id: string): fc.Arbitrary<CaseFacts> =>
  fc
    .record({
      facilityId: fc.constantFrom(...facilityIds),
      modalities: few(modality),
      bodyRegions: few(region),
      procedureCode: fc.option(fc.constantFrom("70450", "71260"), { nil: null }),
      procedures: few(procedure),
      patientClass: fc.constantFrom("emergency", "inpatient", "outpatient", "unknown" as const),
      ageBand,
      patientRef: fc.option(fc.constantFrom("p1", "p2"), { nil: null }),
      linkedCaseIds: mostly([], few(fc.constantFrom(...caseIds))),
      priority: fc.constantFrom("stat", "urgent", "routine" as const),
      state: mostly(
        "unread" as CaseFacts["state"],
        fc.constantFrom("arriving", "claimed", "drafted", "preliminary", "final", "amended", "held", "cancelled"),
      ),
      ready: mostly(true, fc.boolean()),
      arrivedAt: soon,
      dueAt: soon,
      promisedAt: soon,
      readType: fc.oneof({ weight: 2, arbitrary: fc.constant("final" as const) }, readType),
      doubleReading: mostly(false, fc.boolean()),
      language: mostly(null, fc.constantFrom("en", "de", null)),
    })
    .chain((facts) =>
      fc
        .record({
          // What is to be gone over was signed by somebody.
          readBy:
            facts.readType === "over-read"
              ? fc.array(fc.record({ readerId: reader, readType }), { minLength: 1, maxLength: 2 })
              : mostly([], few(fc.record({ readerId: reader, readType }))),
          draftReaderId: mostly(null, reader),
          priorReaderIds: few(reader),
          conflictReaderIds: mostly([], few(reader)),
          claim: mostly(null, fc.record({ readerId: reader, until: soon, ruleId })),
          offer: mostly(null, fc.record({ readerId: reader, offeredAt: soon, until: soon, ruleId })),
          assignment: mostly(null, fc.record({ readerId: reader, assignedAt: soon, ruleId })),
          declined: mostly([], few(fc.record({ readerId: reader, at: soon }))),
          skips: mostly([], few(fc.record({ readerId: reader, until: soon }))),
        })
        .map((held): CaseFacts => ({ id, hospitalId: hospitalOf(facts.facilityId), ...facts, ...held })),
    );

const condition: fc.Arbitrary<Rule["when"][number]> = fc.oneof(
  fc.record({
    field: fc.constant("modality" as const),
    op: fc.constantFrom("any-of", "none-of"),
    values: fc.array(modality, { minLength: 1, maxLength: 2 }),
  }),
  fc.record({
    field: fc.constant("priority" as const),
    op: fc.constantFrom("any-of", "none-of"),
    values: fc.array(fc.constantFrom("stat", "urgent", "routine"), { minLength: 1, maxLength: 2 }),
  }),
  fc.record({
    field: fc.constant("facility" as const),
    op: fc.constantFrom("any-of", "none-of"),
    values: fc.array(fc.constantFrom(...facilityIds), { minLength: 1, maxLength: 2 }),
  }),
  fc.record({
    field: fc.constant("slack" as const),
    op: fc.constant("under" as const),
    minutes: fc.integer({ min: 0, max: 60 }),
  }),
);

const randomRule = (id: string): fc.Arbitrary<Rule> =>
  fc.record({
    id: fc.constant(id),
    when: few(condition),
    readers: mostly(
      { readerIds: [], groupIds: [] },
      fc.record({ readerIds: few(reader), groupIds: few(fc.constantFrom("g1", "g2")) }),
    ),
    // Now is a Friday, 22:30 in Berlin.
    schedule: mostly(
      null,
      fc.constantFrom(
        { timeZone: "Europe/Berlin", windows: [{ days: [5], from: "22:00", until: "06:00" }] },
        { timeZone: "Europe/Berlin", windows: [{ days: [1, 2], from: "08:00", until: "17:00" }] },
      ),
    ),
    subspecialty: mostly("preferred" as const, fc.constantFrom("required", "preferred")),
    caps: fc.record({
      openCases: mostly(null, fc.integer({ min: 1, max: 3 })),
      openWorkUnits: mostly(null, fc.integer({ min: 1, max: 3 })),
    }),
    mode: fc.oneof(
      fc.constant({ kind: "pool" as const }),
      fc.constant({ kind: "draw" as const }),
      fc.record({ kind: fc.constant("push" as const), acceptSeconds: fc.constantFrom(null, 120) }),
    ),
    exclusive: fc.boolean(),
  });

/** Anything that the shape of a snapshot allows, with much of it in conflict. */
export const randomSnapshot: fc.Arbitrary<Snapshot> = fc.record({
  version: fc.constant(1 as const),
  now: fc.constant(now),
  seed: fc.integer({ min: 0, max: 5 }),
  cases: fc.subarray(caseIds).chain((ids) => fc.tuple(...ids.map(randomCase))),
  readers: fc.subarray(readerIds).chain((ids) => fc.tuple(...ids.map(randomReader))),
  groups: fc.tuple(few(reader, 4), few(reader, 4)).map(([a, b]) => [
    { id: "g1", readerIds: a },
    { id: "g2", readerIds: b },
  ]),
  facilities: fc.constant(
    facilityIds.map((id) => ({
      id,
      hospitalId: hospitalOf(id),
      jurisdiction: id === "hill-main" ? "AT" : "DE-BY",
      timeZone: "Europe/Berlin",
    })),
  ),
  contracts: mostly(
    ["lakeside", "hill"].map((hospitalId) => ({
      id: `k-${hospitalId}`,
      hospitalId,
      facilityId: null as string | null,
      validFrom: null as number | null,
      validUntil: null as number | null,
    })),
    few(
      fc.record({
        id: fc.constant("k"),
        hospitalId: fc.constantFrom("lakeside", "hill"),
        facilityId: fc.option(fc.constantFrom(...facilityIds), { nil: null }),
        validFrom: sometime,
        validUntil: sometime,
      }),
    ),
  ),
  rules: fc
    .integer({ min: 0, max: 3 })
    .chain((count) => fc.tuple(...Array.from({ length: count }, (_, n) => randomRule(`rule-${n}`))))
    .map((rules) => ({ version: 1, rules })),
  workUnits: fc.constant({
    procedures: [{ code: "70450", workUnits: 0.85, effort: 1.2 }],
    modalities: [
      { modality: "MR", workUnits: 1.5 },
      { modality: "CR", workUnits: 0.2 },
    ],
    otherwise: 1,
  }),
});
