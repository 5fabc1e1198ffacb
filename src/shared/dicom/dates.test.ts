import assert from "node:assert/strict";
import { test } from "node:test";
import { daysOf, dicomMoment, formatDate, formatMoment, formatTime, parseDate } from "./dates.ts";

test("a date is read in its present and its former form, and only when it is one", () => {
  assert.deepEqual(parseDate("20240229"), { year: 2024, month: 2, day: 29 });
  assert.deepEqual(parseDate(" 1990.12.31 "), { year: 1990, month: 12, day: 31 });
  assert.deepEqual(parseDate("1990-12-31"), { year: 1990, month: 12, day: 31 });
  for (const none of ["20230229", "20241301", "2024", "1990.1231", "20240101-20240131", "", null, undefined])
    assert.equal(parseDate(none), null, String(none));
  assert.equal(daysOf("19700102"), 1);
  assert.equal(daysOf("00500101"), daysOf("00500102")! - 1);
});

test("a date is written with its month in letters, and as it came where it is none", () => {
  assert.equal(formatDate("20240131"), "31 Jan 2024");
  assert.equal(formatDate("20240231"), "20240231");
  assert.equal(formatDate(" about 1990 "), "about 1990");
  assert.equal(formatDate(null), "");
  assert.deepEqual(["093015.5", "09:30:15", "23", "2460", ""].map(formatTime), ["09:30", "09:30", "", "", ""]);
});

test("a moment is written by the clock of its place", () => {
  const at = new Date("2024-01-31T23:45:02Z");
  assert.equal(formatMoment(at, "Asia/Tokyo"), "1 Feb 2024, 08:45 GMT+9");
  assert.equal(formatMoment(at, "UTC", true), "31 Jan 2024, 23:45:02 UTC");
  assert.equal(formatMoment(at, "Nowhere/Town"), "31 Jan 2024, 23:45 UTC");
  assert.deepEqual(dicomMoment(at, "Asia/Kolkata"), { date: "20240201", time: "051502", offset: "+0530" });
  assert.deepEqual(dicomMoment(at, "UTC"), { date: "20240131", time: "234502", offset: "+0000" });
});
