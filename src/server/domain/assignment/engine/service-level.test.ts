import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { momentOf, readClock } from "./case-clock.ts";
import { type Arrival, promiseFor, type ServiceLevel, serviceLevelSchema } from "./service-level.ts";

const at = (iso: string): number => Date.parse(iso);
const any = { facilityIds: [], modalities: [], priorities: [], patientClasses: [], windows: null };
const night: ServiceLevel = {
  id: "2026",
  contractId: "lakeside",
  validFrom: at("2026-01-01T00:00Z"),
  validUntil: null,
  holidays: [{ date: "2026-12-25", facilityIds: [] }],
  lines: [
    { ...any, patientClasses: ["emergency"], modalities: ["CT"], priorities: ["stat"], minutes: 20 },
    {
      ...any,
      windows: [{ days: ["holiday", 7], from: "00:00", until: "00:00" }],
      priorities: ["routine"],
      minutes: 2880,
    },
    { ...any, windows: [{ days: [1, 2, 3, 4, 5], from: "22:00", until: "06:00" }], priorities: ["stat"], minutes: 45 },
  ],
  otherwise: { stat: 30, urgent: 120, routine: 1440 },
};
const arrival = (arrivedAt: string, facts: Partial<Arrival> = {}): Arrival => ({
  facilityId: "lakeside-main",
  timeZone: "Europe/Berlin",
  modalities: ["MR"],
  priority: "stat",
  patientClass: "inpatient",
  arrivedAt: at(arrivedAt),
  ...facts,
});
const minutesFor = (arrivedAt: string, facts: Partial<Arrival> = {}) =>
  promiseFor(arrival(arrivedAt, facts), [night])?.minutes;

test("minutes go by facility, modality, priority and patient class, the first line that fits", () => {
  assert.ok(serviceLevelSchema.safeParse(night).success);
  const noon = "2026-11-27T12:00Z";
  assert.equal(minutesFor(noon), 30);
  assert.equal(minutesFor(noon, { patientClass: "emergency", modalities: ["CT"] }), 20);
  assert.equal(minutesFor(noon, { patientClass: "emergency", modalities: ["MR"] }), 30);
  assert.equal(minutesFor(noon, { priority: "urgent" }), 120);
  assert.equal(promiseFor(arrival(noon), [night])?.promisedAt, at("2026-11-27T12:30Z"));
});

test("day and hour are the facility's, through the change of the clocks", () => {
  // Friday 22:30 in Berlin is 16:30 in New York.
  assert.equal(minutesFor("2026-11-27T21:30Z"), 45);
  assert.equal(minutesFor("2026-11-27T21:30Z", { timeZone: "America/New_York" }), 30);
  assert.equal(minutesFor("2026-11-28T04:59Z"), 45, "Saturday 05:59 is Friday's night");
  assert.equal(minutesFor("2026-11-28T21:30Z"), 30, "Saturday night is none");
  // In winter 21:00 UTC is 22:00 in Berlin, in summer 20:00 UTC is.
  assert.equal(minutesFor("2026-03-27T20:59Z"), 30);
  assert.equal(minutesFor("2026-03-27T21:00Z"), 45);
  assert.equal(minutesFor("2026-03-30T20:00Z"), 45);
  // Friday's night before clocks go back: 05:30 in winter time on Saturday, 24 October, is still in summer time.
  assert.equal(minutesFor("2026-10-24T03:59Z"), 45);
  assert.equal(minutesFor("2026-10-24T04:00Z"), 30);
});

test("on a holiday only what is agreed for holidays holds, by the facility's calendar", () => {
  // 25 December 2026 is a Friday.
  assert.equal(minutesFor("2026-12-25T10:00Z", { priority: "routine" }), 2880);
  assert.equal(minutesFor("2026-12-25T21:30Z"), 30, "no night of a working day");
  assert.equal(minutesFor("2026-12-24T23:30Z"), 45, "Thursday's night goes on after midnight");
  assert.equal(minutesFor("2026-12-24T22:30Z", { priority: "routine" }), 1440);
  assert.equal(minutesFor("2026-12-24T23:30Z", { priority: "routine" }), 2880, "in Berlin it is the 25th");
  assert.equal(minutesFor("2026-12-24T23:30Z", { priority: "routine", timeZone: "America/New_York" }), 1440);
  const elsewhere = { ...night, holidays: [{ date: "2026-12-25", facilityIds: ["lakeside-east"] }] };
  assert.equal(promiseFor(arrival("2026-12-25T10:00Z", { priority: "routine" }), [elsewhere])?.minutes, 1440);
});

test("a case is promised under the version that is valid when it arrives", () => {
  const next = {
    ...night,
    id: "2027",
    validFrom: at("2027-01-01T00:00Z"),
    otherwise: { stat: 25, urgent: 90, routine: 720 },
  };
  const of = (iso: string, versions: ServiceLevel[]) => promiseFor(arrival(iso), versions)?.serviceLevelId;
  assert.equal(of("2026-12-31T12:00Z", [next, night]), "2026");
  assert.equal(of("2027-01-01T12:00Z", [next, night]), "2027");
  assert.equal(of("2025-12-31T12:00Z", [next, night]), undefined);
  assert.equal(of("2026-12-31T12:00Z", [{ ...night, validUntil: at("2026-12-31T12:00Z") }]), undefined);
});

test("the clock stands while a query to the site is open, once for queries that overlap", () => {
  const startedAt = at("2026-11-27T12:00Z");
  const after = (minutes: number) => startedAt + minutes * 60_000;
  const clock = {
    startedAt,
    minutes: 60,
    stops: [
      { from: after(30), until: after(50) },
      { from: after(10), until: after(40) },
    ],
  };
  assert.equal(readClock(clock, after(5)).dueAt, after(100));
  assert.deepEqual(readClock(clock, after(45)), { dueAt: after(100), standing: true, used: 10 / 60 });
  assert.deepEqual(readClock(clock, after(70)), { dueAt: after(100), standing: false, used: 30 / 60 });
  // Open: due as if it went on now.
  const open = { ...clock, stops: [{ from: after(20), until: null }] };
  assert.deepEqual(readClock(open, after(500)), { dueAt: after(540), standing: true, used: 20 / 60 });
  // Asked after it was due: it stays late.
  const late = { ...clock, stops: [{ from: after(70), until: null }] };
  assert.equal(readClock(late, after(90)).dueAt, after(60));
  assert.equal(readClock(late, after(90)).standing, false);
});

test("whatever the stops, the clock runs exactly for the minutes that are promised", () => {
  const instant = fc.integer({ min: 0, max: 300 });
  const stops = fc.array(
    fc.tuple(instant, instant).map(([from, length]) => ({ from: from * 60_000, until: (from + length) * 60_000 })),
  );
  fc.assert(
    fc.property(stops, fc.integer({ min: 1, max: 120 }), (given, minutes) => {
      const clock = { startedAt: 0, minutes, stops: given };
      const due = momentOf(clock, minutes * 60_000) as number;
      // Minute by minute, by hand.
      let ran = 0;
      for (let minute = 0; minute * 60_000 < due; minute++)
        if (!given.some(({ from, until }) => from <= minute * 60_000 && minute * 60_000 < until)) ran++;
      assert.equal(ran, minutes);
      assert.equal(readClock(clock, due).used, 1);
    }),
    { seed: 20261127 },
  );
});
