import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { aCase, aReader, aRule, aSnapshot, minutes, now, randomSnapshot } from "#tests/factories/assignment.ts";
import { isForbidden } from "#tests/factories/assignment-oracle.ts";
import { gini, jain } from "./fairness.ts";
import { measure } from "./measure.ts";
import { asItWas, type RecordedEvent } from "./recorded.ts";
import { type Habit, rehearse } from "./rehearse.ts";
import type { Snapshot } from "./snapshot.ts";

const arrivals = (snapshot: Snapshot): RecordedEvent[] =>
  snapshot.cases.map((facts, n) => ({
    kind: "arrival",
    at: now + minutes(7 * n),
    facts: { ...facts, claim: null, offer: null, assignment: null },
  }));
const evening = (snapshot: Snapshot, habit: Habit = "least-slack") =>
  rehearse({
    snapshot: { ...snapshot, cases: [] },
    events: arrivals(snapshot),
    rules: snapshot.rules,
    until: now + minutes(480),
    habitOf: () => habit,
  });

test("in a rehearsal every arrival is read once or still waits, by a reader who may, who is on shift, one case at a time", () => {
  fc.assert(
    fc.property(randomSnapshot, fc.constantFrom<Habit>("least-slack", "oldest", "best-paid"), (snapshot, habit) => {
      const { readings, unread } = evening(snapshot, habit);
      const ids = [...readings.map(({ caseId }) => caseId), ...unread.map(({ id }) => id)];
      assert.deepEqual(ids.toSorted(), snapshot.cases.map(({ id }) => id).toSorted());
      assert.deepEqual(evening(snapshot, habit), { readings, unread }, "played again it is the same");
      for (const reading of readings) {
        const facts = snapshot.cases.find(({ id }) => id === reading.caseId)!;
        const reader = snapshot.readers.find(({ id }) => id === reading.readerId)!;
        assert.ok(!isForbidden({ ...snapshot, now: reading.takenAt }, facts, reader));
        assert.ok(reading.takenAt >= reading.arrivedAt);
        const onShift =
          reader.shifts?.some(({ from, until }) => from <= reading.takenAt && reading.takenAt < until) ?? true;
        assert.ok(onShift, `${reader.id} is on shift`);
        const others = readings.filter((each) => each.readerId === reading.readerId && each.caseId !== reading.caseId);
        assert.ok(others.every((each) => each.signedAt <= reading.takenAt || each.takenAt >= reading.signedAt));
      }
    }),
    { numRuns: 300, seed: 20261127 },
  );
});

test("what is rehearsed can be compared with what truly happened: times, service levels, load and fairness", () => {
  const readers = ["ann", "ben"].map((id) =>
    aReader({ id, shifts: [{ from: now, until: now + minutes(120) }], minutesPerWorkUnit: 10 }),
  );
  const cases = [0, 1, 2, 3].map((n) =>
    aCase({ id: `c${n}`, dueAt: now + minutes(20), arrivedAt: now, patientRef: null }),
  );
  const snapshot = aSnapshot({ cases: [], readers, rules: [aRule({ id: "draw", mode: { kind: "draw" } })] });
  const events: RecordedEvent[] = cases.flatMap((facts, n) => [
    { kind: "arrival", at: now, facts },
    { kind: "claim", at: now + minutes(10 * n), caseId: facts.id, readerId: "ann" },
    { kind: "sign", at: now + minutes(10 * n + 10), caseId: facts.id, readerId: "ann" },
  ]);
  const until = now + minutes(120);
  const was = measure(asItWas(events, snapshot), readers, now, until);
  const would = measure(
    rehearse({ snapshot, events, rules: snapshot.rules, until, habitOf: () => "least-slack" }),
    readers,
    now,
    until,
  );
  assert.deepEqual(was.byPriority.routine, { cases: 4, met: 2, meanMinutes: 25, p95Minutes: 40 });
  assert.deepEqual(would.byPriority.routine, { cases: 4, met: 4, meanMinutes: 15, p95Minutes: 20 });
  assert.deepEqual(
    was.loads.map(({ readerId, cases: count, hours }) => [readerId, count, hours]),
    [
      ["ann", 4, 2],
      ["ben", 0, 2],
    ],
  );
  assert.deepEqual([was.fairness.jain, would.fairness.jain], [0.5, 1]);
  assert.deepEqual([was.fairness.gini, would.fairness.gini], [0.5, 0]);
});

test("what is still unread at the end counts against the service level once it is due", () => {
  const snapshot = aSnapshot({ cases: [], readers: [] });
  const events: RecordedEvent[] = [10, 20].map((n) => ({
    kind: "arrival",
    at: now,
    facts: aCase({ id: `c${n}`, priority: "urgent", dueAt: now + minutes(n) }),
  }));
  const figures = measure(asItWas(events, snapshot), [], now, now + minutes(15));
  assert.deepEqual([figures.byPriority.urgent.cases, figures.byPriority.urgent.met, figures.unread], [1, 0, 2]);
});

test("who picks what pays leaves STAT waiting, who draws does not", () => {
  const readers = [aReader({ id: "ann", minutesPerWorkUnit: 10 })];
  const cases = [
    aCase({ id: "a-paid", procedureCode: "paid" }),
    aCase({ id: "b-paid", procedureCode: "paid" }),
    aCase({ id: "stat", priority: "stat", dueAt: now + minutes(30) }),
  ];
  const workUnits = { procedures: [{ code: "paid", workUnits: 3, effort: 1 }], modalities: [], otherwise: 1 };
  const order = (mode: "pool" | "draw", habit: Habit) => {
    const snapshot = aSnapshot({ cases: [], readers, rules: [aRule({ id: mode, mode: { kind: mode } })], workUnits });
    const events = cases.map((facts): RecordedEvent => ({ kind: "arrival", at: now, facts }));
    const played = rehearse({
      snapshot,
      events,
      rules: snapshot.rules,
      until: now + minutes(60),
      habitOf: () => habit,
    });
    return played.readings.map(({ caseId }) => caseId);
  };
  assert.deepEqual(order("pool", "best-paid"), ["a-paid", "b-paid", "stat"]);
  assert.deepEqual(order("draw", "best-paid"), ["stat", "a-paid", "b-paid"]);
});

test("fairness: even is 1 and 0, all in one hand is 1/n and nearly 1", () => {
  assert.deepEqual([jain([2, 2, 2]), gini([2, 2, 2])], [1, 0]);
  assert.deepEqual([jain([0, 0, 0, 8]), gini([0, 0, 0, 8])], [0.25, 0.75]);
  assert.deepEqual([jain([]), gini([]), jain([0, 0]), gini([0, 0])], [1, 0, 1, 0]);
  fc.assert(
    fc.property(fc.array(fc.nat(100), { minLength: 1, maxLength: 20 }), (values) => {
      assert.ok(jain(values) <= 1 + 1e-9 && jain(values) >= 1 / values.length - 1e-9);
      assert.ok(gini(values) >= -1e-9 && gini(values) < 1);
    }),
    { seed: 20261127 },
  );
});
