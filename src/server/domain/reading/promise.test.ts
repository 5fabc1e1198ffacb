import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ServiceLevel } from "../assignment/engine/index.ts";
import { dueOf, patientClassOf, promiseAgain, promisedAt, promiseOf } from "./promise.ts";

const minute = 60_000;
const arrivedAt = new Date("2026-11-20T09:00:00Z");
const after = (minutes: number) => new Date(arrivedAt.getTime() + minutes * minute);
const level: ServiceLevel = {
  id: "v1",
  contractId: "k",
  validFrom: 0,
  validUntil: null,
  holidays: [],
  lines: [
    {
      facilityIds: [],
      modalities: ["CT"],
      priorities: ["stat"],
      patientClasses: ["emergency"],
      windows: null,
      minutes: 20,
    },
  ],
  otherwise: { stat: 30, urgent: 120, routine: 1440 },
};
const routine = {
  facilityId: "f",
  timeZone: "Europe/Berlin",
  modalities: ["CT"],
  priority: "routine",
  patientClass: "unknown",
} as const;
const onArrival = promiseOf(routine, arrivedAt, [level]);
type Change = Partial<Omit<Parameters<typeof promiseAgain>[0], "facts">> & { facts: object };
const again = ({ facts, ...rest }: Change) =>
  promiseAgain({
    version: level,
    before: onArrival,
    arrivedAt,
    stops: [],
    now: after(180),
    ...rest,
    facts: { ...routine, ...facts },
  });

test("a case keeps the version of its arrival, and a contract without one promises the usual times", () => {
  const later: ServiceLevel = { ...level, id: "v2", validFrom: arrivedAt.getTime(), lines: [] };
  const versions = [{ ...level, validUntil: later.validFrom }, later];
  assert.equal(promiseOf(routine, after(-1), versions).serviceLevelId, "v1");
  assert.equal(promiseOf(routine, arrivedAt, versions).serviceLevelId, "v2");
  const early = promiseOf(routine, arrivedAt, [{ ...level, validFrom: arrivedAt.getTime() + 1 }]);
  assert.equal(early.serviceLevelId, "v1", "the contract is older than its first terms");
  assert.deepEqual(promiseOf(routine, arrivedAt, []), {
    serviceLevelId: null,
    line: null,
    minutes: 1440,
    from: arrivedAt,
  });
});

test("STAT that comes later counts from when it came, and taken back leaves what was promised on arrival", () => {
  const stat = again({ facts: { priority: "stat" } });
  assert.deepEqual([stat.from, stat.minutes], [after(180), 30]);
  assert.deepEqual(again({ facts: {}, before: stat, now: after(190) }), onArrival);
});

test("what becomes less pressing counts from when it was asked for, and nothing is ever due earlier than it was by being less so", () => {
  const stat = again({ facts: { priority: "stat" } });
  const urgent = again({ facts: { priority: "urgent" }, before: stat, now: after(185) });
  assert.deepEqual([urgent.from, urgent.minutes], [after(180), 120]);
});

test("nobody gets more time by asking for it sooner", () => {
  const late = again({ facts: { priority: "stat" }, now: after(1430) });
  assert.deepEqual(late, onArrival, "ten minutes are left of the routine time");
});

test("an emergency that the order says later is promised by its line", () => {
  const stat = again({ facts: { priority: "stat", patientClass: "emergency" } });
  assert.deepEqual([stat.line, stat.minutes, stat.from], [0, 20, after(180)]);
});

test("a case that becomes urgent while the site is asked has its whole time from when the clock goes on", () => {
  const stops = [{ from: after(10).getTime(), until: null }];
  const stat = again({ facts: { priority: "stat" }, stops });
  const ended = [{ from: after(10).getTime(), until: after(400).getTime() }];
  assert.deepEqual(dueOf(stat, ended, after(400)), after(430));
});

test("a case is due after the promised minutes and the stops of its clock, whatever was asked for and taken back", () => {
  const change = fc.record({
    wait: fc.integer({ min: 0, max: 600 }),
    priority: fc.constantFrom("stat", "urgent", "routine"),
    patientClass: fc.constantFrom("emergency", "unknown"),
  });
  const pause = fc.record({ wait: fc.integer({ min: 0, max: 900 }), stands: fc.integer({ min: 0, max: 300 }) });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 6 }), fc.array(pause, { maxLength: 4 }), (changes, pauses) => {
      let at = 0;
      const stops = pauses.map(({ wait, stands }) => {
        const from = at + wait;
        at = from + stands;
        return { from: after(from).getTime(), until: after(at).getTime() };
      });
      let promise = onArrival;
      let now = 0;
      for (const { wait, ...facts } of changes) {
        now += wait;
        promise = again({ facts, before: promise, stops, now: after(now) });
        // The clock goes minute by minute where it does not stand.
        let [left, t] = [promise.minutes, promise.from.getTime()];
        for (; left > 0; t += minute) if (!stops.some(({ from, until }) => from <= t && t < until)) left--;
        assert.equal(dueOf(promise, stops, after(now)).getTime(), t);
        assert.ok(promise.from >= arrivedAt && promisedAt(promise) <= dueOf(promise, stops, after(now)));
        // Somebody wants it sooner only now: it is not late by that.
        if (promise.from.getTime() === after(now).getTime() && promise.minutes < 1440)
          assert.ok(dueOf(promise, stops, after(now)) >= after(now + promise.minutes));
      }
      const back = again({ facts: {}, before: promise, stops, now: after(now) });
      assert.deepEqual(back, onArrival);
    }),
  );
});

test("the most pressing of a study's orders says what the patient is", () => {
  const said = (...letters: string[]) => patientClassOf(letters.map((patientClass) => ({ patientClass })));
  assert.equal(said(), "unknown");
  assert.equal(said("O", "E", "I"), "emergency");
  assert.equal(said("P", ""), "outpatient");
});
