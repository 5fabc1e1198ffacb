import assert from "node:assert/strict";
import { test } from "node:test";
import {
  changesInWords,
  type Line,
  lineInWords,
  readHolidays,
  termsInWords,
  typedHolidays,
} from "./service-level-words.ts";

const names = (id: string) => ({ f1: "Lakeside Main", f2: "Lakeside North" })[id] ?? id;
const line: Line = { facilityIds: [], modalities: [], priorities: [], patientClasses: [], windows: null, minutes: 90 };
const otherwise = { stat: 30, urgent: 120, routine: 1440 };

test("a line is a sentence, and what it leaves open is not said", () => {
  const night = { days: [1, 2, 3, 4, 5, 6, 7, "holiday" as const], from: "22:00", until: "06:00" };
  assert.equal(
    lineInWords(
      {
        ...line,
        modalities: ["CT"],
        priorities: ["stat"],
        patientClasses: ["emergency"],
        windows: [night],
        minutes: 20,
      },
      names,
    ),
    "CT, STAT, emergency, every day and on holidays 22:00 to 06:00: 20 minutes",
  );
  assert.equal(lineInWords(line, names), "Everything: 90 minutes");
  const weekdays = { days: [1, 2, 3, 4, 5] as const, from: "08:00", until: "18:00" };
  assert.equal(
    lineInWords(
      { ...line, facilityIds: ["f1", "f2"], windows: [{ ...weekdays, days: [...weekdays.days] }], minutes: 120 },
      names,
    ),
    "Monday to Friday 08:00 to 18:00, from Lakeside Main or Lakeside North: 2 hours",
  );
});

test("what a new version changes is what goes and what comes", () => {
  const before = { holidays: [], lines: [line], otherwise, firstReading: "final" as const, reportLanguage: "" };
  assert.deepEqual(changesInWords(before, { ...before, otherwise: { ...otherwise, stat: 20 } }, names), {
    gone: ["Otherwise STAT: 30 minutes"],
    come: ["Otherwise STAT: 20 minutes"],
  });
  assert.deepEqual(changesInWords(before, { ...before, firstReading: "preliminary", reportLanguage: "de" }, names), {
    gone: [],
    come: ["Read first as preliminary, then gone over by another reader", "Reports in German"],
  });
  assert.deepEqual(changesInWords(before, { ...before, firstReading: "double" }, names).come, [
    "Read twice, independently; where the two differ a third reader decides",
  ]);
  assert.deepEqual(termsInWords({ ...before, lines: [] }, names), [
    "STAT: 30 minutes",
    "Urgent: 2 hours",
    "Routine: 1 day",
  ]);
});

test("holidays are typed a line each, and a wrong one is said", () => {
  const facilities = [{ facilityId: "f1", slug: "main" }];
  const { holidays } = readHolidays("2026-12-25\n 2026-06-04, main \n", facilities);
  assert.deepEqual(holidays, [
    { date: "2026-12-25", facilityIds: [] },
    { date: "2026-06-04", facilityIds: ["f1"] },
  ]);
  assert.equal(
    typedHolidays(holidays, () => "main"),
    "2026-12-25\n2026-06-04 main",
  );
  assert.match(readHolidays("2026-02-30", facilities).problem ?? "", /2026-02-30/);
  assert.match(readHolidays("2026-12-25 elsewhere", facilities).problem ?? "", /elsewhere/);
});
