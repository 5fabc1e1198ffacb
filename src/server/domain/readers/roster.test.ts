import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { minuteMs, minuteOf, wallTime, weekdayOf } from "../assignment/engine/index.ts";
import { endOfDay, expandShifts, isOnShift, momentAt, runningShift, type WeeklyShift } from "./roster.ts";

const hours = (n: number): number => n * 60 * minuteMs;
const at = (text: string): number => Date.parse(text);
const week = (from: string) => ({ from: at(from), until: at(from) + hours(24 * 8) });
const aShift = (wish: Partial<WeeklyShift> = {}): WeeklyShift => ({
  weekdays: [1, 2, 3, 4, 5, 6, 7],
  starts: "22:00",
  ends: "06:00",
  timeZone: "Europe/Berlin",
  validFrom: null,
  validUntil: null,
  breaks: [],
  ...wish,
});
const zones = [
  "UTC",
  "Europe/Berlin",
  "Europe/London",
  "America/New_York",
  "America/St_Johns",
  "Australia/Sydney",
  "Australia/Lord_Howe",
  "Asia/Kathmandu",
  "Pacific/Apia",
];
const clocks = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
  .map(([h, m]) => `${String(h).padStart(2, "0")}:${String(m).padStart(2, "0")}`);
const instants = fc.integer({ min: at("2024-01-01T00:00Z") / minuteMs, max: at("2029-01-01T00:00Z") / minuteMs });

test("the night of the spring change is an hour shorter, the one in autumn an hour longer, and the clock at both ends is right", () => {
  const spring = expandShifts({ weekly: [aShift({ weekdays: [6] })], changes: [] }, week("2026-03-24T00:00Z")).shifts;
  assert.deepEqual(spring, [{ from: at("2026-03-28T21:00Z"), until: at("2026-03-29T04:00Z") }]);
  const autumn = expandShifts({ weekly: [aShift({ weekdays: [6] })], changes: [] }, week("2026-10-20T00:00Z")).shifts;
  assert.deepEqual(autumn, [{ from: at("2026-10-24T20:00Z"), until: at("2026-10-25T05:00Z") }]);
});

test("on shift for a span is who has one shift around it, or several without a gap", () => {
  const shifts = [
    { from: 10, until: 20 },
    { from: 0, until: 10 },
    { from: 21, until: 30 },
  ];
  const on = (from: number, until: number) => isOnShift(shifts, { from, until });
  assert.deepEqual([on(0, 20), on(5, 15), on(21, 30)], [true, true, true]);
  assert.deepEqual([on(0, 21), on(15, 25), on(-1, 5), on(25, 31), on(20, 21)], [false, false, false, false, false]);
  assert.equal(isOnShift([], { from: 0, until: 1 }), false);
});

test("a time that the clock skips is as much later, one that it shows twice is the first", () => {
  assert.equal(momentAt("2026-03-29", "02:30", "Europe/Berlin"), at("2026-03-29T01:30Z"));
  assert.equal(momentAt("2026-10-25", "02:30", "Europe/Berlin"), at("2026-10-25T00:30Z"));
  assert.equal(endOfDay("2026-10-25", "Europe/Berlin"), at("2026-10-25T23:00Z"));
});

test("every shift begins and ends as the wall says, on its weekdays and valid days, whatever the zone and the season", () => {
  fc.assert(
    fc.property(
      instants,
      fc.constantFrom(...zones),
      clocks,
      clocks,
      fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
      (minute, timeZone, starts, ends, weekdays) => {
        const now = minute * minuteMs;
        const span = { from: now - hours(24), until: now + hours(7 * 24) };
        const { shifts } = expandShifts({ weekly: [aShift({ timeZone, starts, ends, weekdays })], changes: [] }, span);
        for (const { from, until } of shifts) {
          const begins = wallTime(from, timeZone);
          // Where the clock skipped the time it is moved, by no more than an hour.
          const moved = begins.minute - minuteOf(starts);
          assert.ok(moved >= 0 && moved <= 60, `${starts} became minute ${begins.minute}`);
          if (moved === 0) assert.ok(weekdays.includes(weekdayOf(begins.date)));
          assert.ok(until > from && until - from <= hours(26), "no longer than a day and a change of the clock");
          assert.ok(from < span.until && until > span.from);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test("windows that touch on the wall leave no gap and no overlap, also on the days when the clock changes", () => {
  fc.assert(
    fc.property(
      instants,
      fc.constantFrom(...zones),
      fc.uniqueArray(clocks, { minLength: 2, maxLength: 4 }),
      (minute, timeZone, cuts) => {
        const now = minute * minuteMs;
        const sorted = cuts.toSorted();
        const weekly = sorted.map((starts, n) => aShift({ timeZone, starts, ends: sorted[(n + 1) % sorted.length]! }));
        const { shifts } = expandShifts({ weekly, changes: [] }, { from: now - hours(24), until: now + hours(168) });
        assert.ok(shifts[0]!.from <= now - hours(24));
        for (const [n, shift] of shifts.slice(1).entries()) assert.equal(shift.from, shifts[n]!.until);
      },
    ),
    { numRuns: 200 },
  );
});

test("a shift past midnight still runs on the morning after its last valid day", () => {
  const weekly = [aShift({ validFrom: "2026-05-04", validUntil: "2026-05-04" })];
  const { shifts } = expandShifts({ weekly, changes: [] }, week("2026-05-05T01:00Z"));
  assert.deepEqual(shifts, [{ from: at("2026-05-04T20:00Z"), until: at("2026-05-05T04:00Z") }]);
});

test("who is away is on no shift then; who comes on top is on one", () => {
  const changes = [
    { kind: "absence" as const, from: at("2026-05-05T00:00Z"), until: at("2026-05-05T02:00Z") },
    { kind: "extra" as const, from: at("2026-05-06T10:00Z"), until: at("2026-05-06T12:00Z") },
  ];
  const { shifts } = expandShifts(
    { weekly: [aShift({ weekdays: [1] })], changes },
    { from: at("2026-05-04T12:00Z"), until: at("2026-05-07T00:00Z") },
  );
  assert.deepEqual(shifts, [
    { from: at("2026-05-04T20:00Z"), until: at("2026-05-05T00:00Z") },
    { from: at("2026-05-05T02:00Z"), until: at("2026-05-05T04:00Z") },
    { from: at("2026-05-06T10:00Z"), until: at("2026-05-06T12:00Z") },
  ]);
});

test("who gave a shift away and takes it back is on it, and who took it and gave it back is not", () => {
  const monday = { from: at("2026-05-04T20:00Z"), until: at("2026-05-05T04:00Z") };
  const [given, taken] = [
    { kind: "absence" as const, ...monday },
    { kind: "extra" as const, ...monday },
  ];
  const span = { from: at("2026-05-04T12:00Z"), until: at("2026-05-05T12:00Z") };
  const his = { weekly: [aShift({ weekdays: [1] })], changes: [given, taken] };
  assert.deepEqual(expandShifts(his, span).shifts, [monday]);
  assert.deepEqual(expandShifts({ weekly: [], changes: [taken, given] }, span).shifts, []);
});

test("nobody is on shift while he is away, and everything else stays as it was", () => {
  fc.assert(
    fc.property(
      instants,
      fc.integer({ min: -1000, max: 9000 }),
      fc.integer({ min: 1, max: 5000 }),
      (minute, offset, long) => {
        const now = minute * minuteMs;
        const away = {
          kind: "absence" as const,
          from: now + offset * minuteMs,
          until: now + (offset + long) * minuteMs,
        };
        const span = { from: now - hours(24), until: now + hours(168) };
        const whole = expandShifts({ weekly: [aShift()], changes: [] }, span).shifts;
        const left = expandShifts({ weekly: [aShift()], changes: [away] }, span).shifts;
        for (let step = now; step < span.until; step += 37 * minuteMs) {
          const on = (list: typeof whole) => list.some(({ from, until }) => from <= step && step < until);
          assert.equal(on(left), on(whole) && !(away.from <= step && step < away.until));
        }
      },
    ),
    { numRuns: 60 },
  );
});

test("a break lies within its shift, after midnight on the next day", () => {
  const weekly = [aShift({ weekdays: [1], breaks: [{ starts: "02:00", ends: "02:30" }] })];
  const { breaks } = expandShifts({ weekly, changes: [] }, week("2026-05-03T00:00Z"));
  assert.deepEqual(breaks, [{ from: at("2026-05-05T00:00Z"), until: at("2026-05-05T00:30Z") }]);
});

test("the running shift is the one that began last", () => {
  const shifts = [
    { from: 0, until: 10 },
    { from: 5, until: 20 },
    { from: 20, until: 30 },
  ];
  assert.equal(runningShift(shifts, 6), shifts[1]);
  assert.equal(runningShift(shifts, 20), shifts[2]);
  assert.equal(runningShift(shifts, 30), undefined);
});
