import assert from "node:assert/strict";
import { test } from "node:test";
import { dueInWords } from "./due-words.ts";

const now = Date.parse("2026-11-27T03:00:00Z");
const at = { priority: "stat", facility: "Lakeside Main", now, timeZone: "UTC" } as const;
const line = {
  facilityIds: ["f1"],
  modalities: ["CT"],
  priorities: ["stat" as const],
  patientClasses: [],
  windows: null,
  minutes: 20,
};
const why = {
  from: "2026-11-27T01:00:00.000Z",
  minutes: 20,
  validFrom: "2026-01-01T00:00:00.000Z",
  line: { number: 2, says: line },
  stops: [],
};

test("a due time says its promise, and the line of the version that made it", () => {
  assert.deepEqual(dueInWords(why, at), [
    "Promised within 20 minutes of 01:00; line 2 of the service level from 1 Jan 2026, 00:00 UTC: CT, STAT, from Lakeside Main: 20 minutes.",
  ]);
  assert.deepEqual(dueInWords({ ...why, minutes: 30, line: null }, at), [
    "Promised within 30 minutes of 01:00; no line of the service level from 1 Jan 2026, 00:00 UTC fits, so STAT decides.",
  ]);
  assert.deepEqual(dueInWords({ ...why, minutes: 30, line: null, validFrom: null }, at), [
    "Promised within 30 minutes of 01:00; its contract had no service level, so the usual time holds.",
  ]);
});

test("each time that its clock stood still is told with its cause", () => {
  const stops = [
    { why: "question" as const, from: "2026-11-27T01:10:00.000Z", until: "2026-11-27T01:55:00.000Z" },
    { why: "held" as const, from: "2026-11-27T02:30:00.000Z", until: null },
  ];
  assert.deepEqual(dueInWords({ ...why, stops }, at).slice(1), [
    "Its clock stood still from 01:10 for 45 min: the site was asked.",
    "Its clock stands still since 02:30: it is on hold.",
  ]);
});
