import assert from "node:assert/strict";
import { test } from "node:test";
import { formatTime } from "@overread/shared/dicom/dates";
import {
  formatAgo,
  formatBytes,
  formatClock,
  formatDicomDate,
  formatExact,
  formatMoment,
  formatRemaining,
  formatSpan,
  formatWhen,
  nameWritings,
  plural,
  withoutModality,
  zoneName,
} from "./format.ts";

test("DICOM dates and times are read in the forms modalities send", () => {
  assert.equal(formatDicomDate("20260314"), "14 Mar 2026");
  assert.equal(formatDicomDate("2026.03.14"), "14 Mar 2026");
  assert.equal(formatDicomDate("2026"), "2026");
  assert.equal(formatDicomDate(""), "—");
  assert.equal(formatTime("093015.123"), "09:30");
  assert.equal(formatTime(undefined), "");
});

test("times are relative near now and absolute beyond a day, in the facility's zone", () => {
  const now = Date.UTC(2026, 10, 21, 18, 40, 0);
  assert.equal(formatAgo(now - 2_000, now), "just now");
  assert.equal(formatAgo(now - 42_000, now), "42 s ago");
  assert.equal(formatAgo(now - 12 * 60_000, now), "12 min ago");
  assert.equal(formatAgo(now - 200 * 60_000, now), "3 h 20 min ago");
  assert.equal(formatAgo(now - 7 * 86_400_000, now, "America/Chicago"), "14 Nov 2026, 12:40 GMT-6");
  assert.equal(formatAgo(null, now), "never");
  assert.equal(formatClock(now, "America/Chicago"), "12:40");
  assert.equal(formatClock(now, "Nowhere/Land"), "18:40");
  assert.match(formatExact(now, "America/Chicago"), /21 Nov 2026.*12:40:00 America\/Chicago$/);
});

test("a clock time half a day away or more says which day, by the clock it is given in", () => {
  const now = Date.UTC(2026, 10, 26, 12, 0, 0);
  const due = Date.UTC(2026, 10, 27, 0, 50, 0);
  assert.equal(formatWhen(now, now, "UTC"), "12:00");
  assert.equal(formatWhen(due, now, "UTC"), "27 Nov, 00:50");
  assert.equal(formatWhen(due, now, "America/Chicago"), "26 Nov, 18:50");
  assert.equal(formatWhen(Date.UTC(2026, 10, 25, 23, 59), now, "UTC"), "25 Nov, 23:59");
  assert.equal(formatWhen(Date.UTC(2027, 0, 3, 0, 50), now, "UTC"), "3 Jan 2027, 00:50");
  assert.equal(formatWhen(null, now), "—");
  assert.equal(formatWhen(due, now, "Nowhere/Land"), "27 Nov, 00:50");
});

test("a moment is written with its zone", () => {
  assert.equal(formatMoment(Date.UTC(2026, 10, 26, 12, 40, 9), "America/Chicago"), "26 Nov 2026, 06:40 GMT-6");
  assert.equal(formatMoment("", "UTC"), "—");
  assert.equal(zoneName(Date.UTC(2026, 10, 26), "America/Chicago"), "GMT-6");
});

test("the time left of a claim counts down to zero and stays there", () => {
  assert.equal(formatRemaining(14 * 60_000 + 32_000), "14:32");
  assert.equal(formatRemaining(8_400), "0:09");
  assert.equal(formatRemaining(-5_000), "0:00");
  assert.equal(formatSpan(59_400), "59 s");
  assert.equal(formatSpan(3 * 86_400_000), "3 d");
});

test("sizes and counts are written as people read them", () => {
  assert.equal(formatBytes(512), "512 B");
  assert.equal(formatBytes(1_536_000), "1.5 MB");
  assert.equal(formatBytes(524_000n), "524 kB");
  assert.equal(plural(1, "image"), "1 image");
  assert.equal(plural(1024, "image"), "1,024 images");
});

test("a name shows every writing that was sent, family name first", () => {
  assert.deepEqual(nameWritings({ alphabetic: "Yamada^Tarou", ideographic: "山田^太郎", phonetic: "やまだ^たろう" }), {
    main: "YAMADA, Tarou",
    others: ["山田 太郎", "やまだ たろう"],
  });
  assert.deepEqual(nameWritings({ alphabetic: "", ideographic: "김^희중" }), { main: "김 희중", others: [] });
  assert.deepEqual(nameWritings({}), { main: "Name not given", others: [] });
});

test("a modality is not said twice", () => {
  assert.equal(withoutModality("CT Head without contrast", ["CT"]), "Head without contrast");
  assert.equal(withoutModality("XR Chest", ["DX"]), "XR Chest");
  assert.equal(withoutModality("CT", ["CT"]), "CT");
});

test("Greek family names lose their accents in capitals, as Greek is written", () => {
  assert.equal(nameWritings({ alphabetic: "Παπαδοπούλου^Ελένη" }).main, "ΠΑΠΑΔΟΠΟΥΛΟΥ, Ελένη");
});

test("a moment of the last hours is told by the clock, an earlier one with its day", () => {
  const now = Date.parse("2026-11-26T02:00:00Z");
  assert.equal(formatWhen("2026-11-26T01:20:00Z", now, "UTC"), "01:20");
  assert.equal(formatWhen("2026-11-25T23:50:00Z", now, "UTC"), "23:50");
  assert.equal(formatWhen("2026-11-25T01:20:00Z", now, "UTC"), "25 Nov, 01:20");
});
