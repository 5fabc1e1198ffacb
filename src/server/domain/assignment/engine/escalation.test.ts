import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { CaseClock } from "./case-clock.ts";
import { ladderSchema, stepKey, stepsDue, usualLadder } from "./escalation.ts";

const minute = 60_000;
const clock: CaseClock = { startedAt: 0, minutes: 60, stops: [] };
const keys = (of: CaseClock, taken: string[], now: number) =>
  stepsDue(usualLadder, of, taken, now).due.map(({ step }) => stepKey(step));

test("the ladder wakes reader, pool, lead and site, each at its share of the time", () => {
  assert.ok(ladderSchema.safeParse(usualLadder).success);
  assert.deepEqual(keys(clock, [], 30 * minute - 1), []);
  assert.deepEqual(keys(clock, [], 30 * minute), ["50:reader"]);
  assert.deepEqual(keys(clock, ["50:reader"], 47 * minute), []);
  assert.deepEqual(keys(clock, ["50:reader"], 48 * minute), ["80:pool"]);
  assert.deepEqual(keys(clock, ["50:reader", "80:pool"], 60 * minute), ["100:lead", "100:site"]);
  assert.equal(stepsDue(usualLadder, clock, [], 31 * minute).nextAt, 48 * minute);
});

test("nothing is due while the clock stands, but for what was due before", () => {
  const asked = { ...clock, stops: [{ from: 40 * minute, until: null }] };
  assert.deepEqual(stepsDue(usualLadder, asked, [], 500 * minute), {
    due: [{ step: { percent: 50, to: "reader" }, since: 30 * minute }],
    nextAt: null,
  });
  const answered = { ...clock, stops: [{ from: 40 * minute, until: 100 * minute }] };
  assert.equal(stepsDue(usualLadder, answered, ["50:reader"], 90 * minute).nextAt, 108 * minute);
});

test("a case that becomes STAT climbs at once what it missed and repeats nothing", () => {
  assert.deepEqual(keys({ ...clock, minutes: 1440 }, ["50:reader"], 35 * minute), []);
  assert.deepEqual(keys({ ...clock, minutes: 30 }, ["50:reader"], 35 * minute), ["80:pool", "100:lead", "100:site"]);
});

test("whenever somebody looks, after whatever outage, every step is taken once and in order", () => {
  const looks = fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 30 });
  const stops = fc.array(
    fc.tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 1, max: 60 })).map(([from, length]) => ({
      from: from * minute,
      until: (from + length) * minute,
    })),
    { maxLength: 3 },
  );
  fc.assert(
    fc.property(looks, stops, (times, given) => {
      const taken: string[] = [];
      const stopped = { ...clock, stops: given };
      for (const time of [...times.toSorted((a, b) => a - b), 10_000])
        taken.push(...keys(stopped, taken, time * minute));
      assert.deepEqual(taken, ["50:reader", "80:pool", "100:lead", "100:site"]);
    }),
    { seed: 20261127 },
  );
});
