import assert from "node:assert/strict";
import { test } from "node:test";
import { aCase, aReader, aRule, aSnapshot, minutes, now } from "#tests/factories/assignment.ts";
import { assign } from "./assign.ts";
import type { Decision } from "./decisions.ts";
import { findingInWords } from "./findings-in-words.ts";
import { decisionInWords, givenInWords, readerInWords, traces } from "./trace.ts";

const push = aRule({ id: "push", mode: { kind: "push", acceptSeconds: 120 } });
const give = aRule({ id: "give", mode: { kind: "push", acceptSeconds: null } });
const draw = aRule({ id: "draw", mode: { kind: "draw" } });
const toWhom = (decision: Decision | undefined) =>
  decision && "readerId" in decision ? decision.readerId : decision?.kind;
const given = (snapshot: Parameters<typeof assign>[0]) =>
  Object.fromEntries(assign(snapshot).decisions.map((each) => [each.caseId, toWhom(each)]));

test("an offer goes to one reader until his time is over, then to the next, and when all have declined whoever may claims it", () => {
  const readers = ["ann", "ben", "cleo"].map((id, n) =>
    aReader({ id, done: { since: now - minutes(60), cases: n, workUnits: n } }),
  );
  const at = (facts: Partial<Parameters<typeof aCase>[0]>, time = now) =>
    assign({ ...aSnapshot({ cases: [aCase({ id: "ct", ...facts })], readers, rules: [push] }), now: time })
      .decisions[0];
  const first = at({});
  assert.ok(first?.kind === "offer" && first.readerId === "ann" && first.until === now + 120_000);
  assert.deepEqual(first.afterHim, ["ben", "cleo"]);
  const offer = { readerId: "ann", offeredAt: now, until: now + 120_000, ruleId: "push" };
  assert.equal(at({ offer }, now + 119_999)?.kind, "keep");
  assert.equal(toWhom(at({ offer }, now + 120_000)), "ben");
  const declined = ["ann", "ben"].map((readerId) => ({ readerId, at: now + 1 }));
  assert.equal(toWhom(at({ offer, declined: declined.slice(0, 1) }, now + 1)), "ben", "a no is not waited out");
  assert.equal(toWhom(at({ declined }, now + 1)), "cleo");
  const last = at({ declined: [...declined, { readerId: "cleo", at: now + 1 }] }, now + 1);
  assert.ok(last?.kind === "pool" && last.asked);
});

test("whoever has an offer to answer is asked nothing else but STAT", () => {
  const cases = [
    aCase({ id: "a", dueAt: now + minutes(10) }),
    aCase({ id: "b", dueAt: now + minutes(20) }),
    aCase({ id: "c", priority: "stat", dueAt: now + minutes(30) }),
  ];
  assert.deepEqual(given(aSnapshot({ cases, readers: [aReader({ id: "ann" })], rules: [push] })), {
    a: "wait",
    b: "wait",
    c: "ann",
  });
  const second = aCase({ id: "d", priority: "stat", dueAt: now + minutes(31) });
  assert.equal(
    given(aSnapshot({ cases: [...cases, second], readers: [aReader({ id: "ann" })], rules: [push] })).d,
    "ann",
  );
});

test("where a cap leaves one place, it goes to the least slack, and STAT takes none", () => {
  const readers = [aReader({ id: "ann", caps: { openCases: 1, shiftCases: null, shiftWorkUnits: null } })];
  const cases = [
    aCase({ id: "later", dueAt: now + minutes(200) }),
    aCase({ id: "sooner", dueAt: now + minutes(100) }),
    aCase({ id: "late", dueAt: now - minutes(5) }),
  ];
  assert.deepEqual(given(aSnapshot({ cases, readers, rules: [give] })), { late: "ann", later: "wait", sooner: "wait" });
  const stat = aCase({ id: "stat", priority: "stat", dueAt: now + minutes(25) });
  const held = aCase({ id: "held", claim: { readerId: "ann", until: now + minutes(9), ruleId: null } });
  assert.deepEqual(given(aSnapshot({ cases: [held, stat], readers, rules: [give] })), { held: "ann", stat: "ann" });
});

test("the order of wishes: own draft, training, the same patient, a linked case, the priors, then who has done less", () => {
  const subspecialties = [{ modalities: ["CT"], bodyRegions: ["head"], ageBands: [], procedures: [] }];
  const busy = { since: now - minutes(60), cases: 9, workUnits: 9 };
  const readers = [
    aReader({ id: "a-idle" }),
    aReader({ id: "b-priors", done: busy }),
    aReader({ id: "c-linked", done: busy }),
    aReader({ id: "d-patient", done: busy }),
    aReader({ id: "e-trained", done: busy, subspecialties }),
    aReader({ id: "f-draft", done: busy }),
  ];
  const claim = (readerId: string) => ({ readerId, until: now + minutes(9), ruleId: null });
  const cases = [
    aCase({ id: "ct", patientRef: "p", linkedCaseIds: [], priorReaderIds: ["b-priors"], draftReaderId: "f-draft" }),
    aCase({ id: "other", patientRef: "p", claim: claim("d-patient") }),
    aCase({ id: "knee", linkedCaseIds: ["ct"], claim: claim("c-linked") }),
  ];
  const order: (string | undefined)[] = [];
  for (let left = readers; left.length > 0; left = left.filter(({ id }) => id !== order.at(-1)))
    order.push(given(aSnapshot({ cases, readers: left, rules: [give] })).ct);
  assert.deepEqual(order, ["f-draft", "e-trained", "d-patient", "c-linked", "b-priors", "a-idle"]);
});

test("work is balanced by work units per hour of the shift, so that who comes late is not given all of it", () => {
  const readers = [
    aReader({ id: "evening", done: { since: now - minutes(360), cases: 30, workUnits: 30 } }),
    aReader({ id: "night", done: { since: now, cases: 0, workUnits: 0 } }),
  ];
  const cases = Array.from({ length: 12 }, (_, n) => aCase({ id: `c${10 + n}`, dueAt: now + minutes(n) }));
  const to = Object.values(given(aSnapshot({ cases, readers, rules: [give] })));
  // 30 in six hours is 5 an hour: five go to the newcomer, then both grow at their own pace.
  assert.deepEqual(to.slice(0, 5), Array(5).fill("night"));
  assert.ok(to.filter((each) => each === "evening").length >= 4);
});

test("STAT goes to who is free first, whoever has done less", () => {
  const readers = [
    aReader({ id: "done-much", done: { since: now - minutes(60), cases: 9, workUnits: 9 } }),
    aReader({ id: "in-a-case" }),
  ];
  const reading = aCase({ id: "reading", claim: { readerId: "in-a-case", until: now + minutes(9), ruleId: null } });
  const one = (priority: "stat" | "routine") =>
    given(aSnapshot({ cases: [reading, aCase({ id: "ct", priority })], readers, rules: [give] })).ct;
  assert.equal(one("stat"), "done-much");
  assert.equal(one("routine"), "in-a-case");
});

test("two cases of one patient go to one reader, whoever has done less", () => {
  const readers = ["ann", "ben"].map((id) => aReader({ id }));
  const cases = [1, 2, 3].map((n) => aCase({ id: `c${n}`, patientRef: "p", dueAt: now + minutes(n) }));
  const to = new Set(Object.values(given(aSnapshot({ cases, readers, rules: [give] }))));
  assert.equal(to.size, 1);
  const pool = assign(
    aSnapshot({
      cases: [aCase({ id: "c0", patientRef: "p", claim: { readerId: "ben", until: now + 1, ruleId: null } }), ...cases],
      readers,
    }),
  ).decisions.find(({ caseId }) => caseId === "c1");
  assert.ok(pool?.kind === "pool" && pool.preferred === "ben");
});

test("nobody chooses what he draws: STAT before what is late, then by slack; training counts among cases of about the same slack", () => {
  const readers = [
    aReader({ id: "ann", subspecialties: [{ modalities: ["MR"], bodyRegions: [], ageBands: [], procedures: [] }] }),
    aReader({ id: "ben" }),
  ];
  const cases = [
    aCase({ id: "mr", modalities: ["MR"], dueAt: now + minutes(59) }),
    aCase({ id: "ct", dueAt: now + minutes(40) }),
    aCase({ id: "late", dueAt: now - minutes(30) }),
    aCase({ id: "stat", priority: "stat", dueAt: now + minutes(29) }),
  ];
  assert.deepEqual(assign(aSnapshot({ cases, readers, rules: [draw] })).lines, [
    { readerId: "ann", caseIds: ["stat", "late", "mr"] },
    { readerId: "ben", caseIds: ["stat", "late", "ct"] },
  ]);
});

test("rules are asked in order: the first that finds somebody decides, and an exclusive one is the last", () => {
  const readers = [aReader({ id: "ann" }), aReader({ id: "ben", shifts: [] })];
  const bens = { ...give, id: "bens", readers: { readerIds: ["ben"], groupIds: [] } };
  const all = aRule({ id: "all" });
  const one = (rules: Parameters<typeof aRule>[0][]) =>
    assign(aSnapshot({ cases: [aCase({ id: "ct" })], readers, rules: rules.map(aRule) })).decisions[0];
  const overflow = one([bens, all]);
  assert.ok(overflow?.kind === "pool" && overflow.ruleId === "all");
  const ask = { ...push, id: "ask", readers: { readerIds: ["ann"], groupIds: [] } };
  const declined = [{ readerId: "ann", at: now - 1 }];
  const asked = (rules: Parameters<typeof aRule>[0][]) =>
    assign(
      aSnapshot({
        cases: [aCase({ id: "ct", declined })],
        readers: [...readers, aReader({ id: "cleo" })],
        rules: rules.map(aRule),
      }),
    ).decisions[0];
  assert.equal(toWhom(asked([ask, push])), "cleo", "whom the first rule means has said no");
  const left = asked([{ ...ask, exclusive: true }, push]);
  assert.ok(left?.kind === "pool" && left.asked && left.ruleId === "ask");
  assert.deepEqual(one([{ ...bens, exclusive: true }, all]), {
    kind: "nobody",
    caseId: "ct",
    ruleId: "bens",
    barred: [
      { code: "rule.names-others", readers: 1 },
      { code: "shift.off", readers: 1 },
    ],
  });
});

test("what was given stays given: not for another's smaller load nor for the end of the rule's hours, but when the rule no longer means him", () => {
  const readers = [aReader({ id: "ann", done: { since: now, cases: 0, workUnits: 50 } }), aReader({ id: "ben" })];
  const assignment = { readerId: "ann", assignedAt: now - 1, ruleId: "give" };
  const one = (rule: typeof give, facts: Partial<Parameters<typeof aCase>[0]> = {}) =>
    given(aSnapshot({ cases: [aCase({ id: "ct", assignment, ...facts })], readers, rules: [rule] })).ct;
  assert.equal(one(give), "ann");
  const day = { timeZone: "Europe/Berlin", windows: [{ days: [1, 2, 3, 4, 5], from: "08:00", until: "17:00" }] };
  assert.equal(one({ ...give, schedule: day }), "ann");
  assert.equal(one({ ...give, readers: { readerIds: ["ben"], groupIds: [] } }), "ben");
  assert.equal(one(give, { skips: [{ readerId: "ann", until: now + 1 }] }), "ben");
  assert.equal(one(give, { conflictReaderIds: ["ann"] }), "ben");
  const byPerson = { assignment: { ...assignment, ruleId: null } };
  assert.equal(one({ ...give, readers: { readerIds: ["ben"], groupIds: [] } }, byPerson), "ann");
});

test("a privilege that expires falls to the level below, and a draft is still enough for a preliminary reading", () => {
  const privileges = [{ facilityId: "lakeside-main", level: "report" as const, expiresAt: now }];
  const one = (readType: "preliminary" | "final") =>
    given(
      aSnapshot({
        cases: [aCase({ id: "ct", readType })],
        readers: [aReader({ id: "ann", privileges })],
        rules: [give],
      }),
    ).ct;
  assert.equal(one("final"), "nobody");
  assert.equal(one("preliminary"), "ann");
});

test("cases that differ in one thing are told apart, however alike they are", () => {
  const reader = aReader({
    id: "ann",
    readTypes: ["final"],
    subspecialties: [{ modalities: ["CT"], bodyRegions: ["head"], ageBands: ["adult"], procedures: [] }],
  });
  const differences: Partial<Parameters<typeof aCase>[0]>[] = [
    {},
    { hospitalId: "hill" },
    { facilityId: "lakeside-east" },
    { readType: "preliminary" },
    { language: "de" },
    { ageBand: "child" },
    { modalities: ["MR"] },
    { bodyRegions: ["chest"] },
    { conflictReaderIds: ["ann"] },
  ];
  const cases = differences.map((each, n) => aCase({ id: `c${n}`, ...each }));
  const trained = aRule({ id: "trained", subspecialty: "required" });
  const together = given(aSnapshot({ cases, readers: [reader], rules: [trained] }));
  assert.deepEqual(Object.values(together), ["pool", ...differences.slice(1).map(() => "nobody")]);
});

test("when the answer may change by time alone is known", () => {
  const readers = [aReader({ id: "ann", breaks: [{ from: now + minutes(20), until: now + minutes(30) }] })];
  const look = (rules: (typeof give)[]) =>
    assign(aSnapshot({ cases: [aCase({ id: "ct" })], readers, rules })).lookAgainAt;
  assert.equal(look([give]), now + minutes(20));
  // Due in 240 minutes.
  assert.equal(look([{ ...give, when: [{ field: "slack", op: "under", minutes: 230 }] }]), now + minutes(10) + 1);
});

test("the lead reads what is in a reader's way, and the reader why it is his", () => {
  const readers = [
    aReader({
      id: "ann",
      licences: [{ jurisdiction: "DE-BY", validFrom: null, validUntil: now - 1 }],
      signedIn: false,
    }),
    aReader({ id: "ben", done: { since: now - minutes(60), cases: 2, workUnits: 2.5 } }),
    aReader({ id: "cleo", done: { since: now - minutes(60), cases: 4, workUnits: 4 } }),
  ];
  const { traces: found } = traces(aSnapshot({ cases: [aCase({ id: "ct" })], readers, rules: [push] }), ["ct"]);
  const trace = found.get("ct");
  const names = (_: string, id: string) => id;
  const at = (instant: number) => new Date(instant).toISOString().slice(11, 16);
  assert.deepEqual(
    trace?.readers.map((each) => [each.readerId, each.stand]),
    [
      ["ann", "barred"],
      ["ben", "has"],
      ["cleo", "may"],
    ],
  );
  assert.equal(readerInWords(trace.readers[0]!, names, at), "Licence for DE-BY expired 21:29; Not signed in.");
  assert.equal(
    decisionInWords(trace.decision, names, at, "ben"),
    "Offered to you until 21:32 by the rule push: 2.5 work units per hour of the shift, the next reader 4.0.",
  );
  assert.match(decisionInWords(trace.decision, names, at, null), /^Offered to ben until/);
  assert.equal(
    findingInWords({ code: "licence.valid", jurisdiction: "none", until: null }, names, at),
    "No licence is asked for",
  );
  const none = traces(aSnapshot({ cases: [aCase({ id: "ct" })], readers: readers.slice(0, 1), rules: [push] }), ["ct"]);
  assert.equal(
    decisionInWords(none.outcome.decisions[0]!, names, at, null),
    "Nobody may read it: 1 reader with a licence that expired.",
  );
});

test("what is in a reader's hand says by whom and why, in the words of every other sentence", () => {
  const names = (kind: string, id: string) => `${kind} ${id}`;
  const wishes = [{ code: "wish.subspecialty" as const }, { code: "wish.only-one" as const }];
  assert.equal(
    givenInWords({ as: "offer", ruleId: "night", wishes }, names),
    "Offered to you by the rule rule night: trained for it; nobody else could be asked.",
  );
  assert.equal(givenInWords({ as: "assignment", ruleId: null, wishes: [] }, names), "Assigned to you by a person.");
});
