import assert from "node:assert/strict";
import { test } from "node:test";
import { type Board, type BoardCase, columnsOf, isLate } from "./columns.ts";

const now = Date.parse("2026-11-27T22:00Z");
const aCase = (caseId: string, minutes: number, more: Partial<BoardCase> = {}): BoardCase => ({
  caseId,
  priority: "routine",
  modalities: ["CT"],
  description: "",
  facilityId: "main",
  dueAt: now + minutes * 60_000,
  held: false,
  readerId: null,
  ...more,
});
const board = {
  now,
  cases: [
    aCase("later", 300),
    aCase("late", -5),
    aCase("soon", 20, { readerId: "ann" }),
    aCase("held", -60, { held: true, facilityId: "east" }),
  ],
  readers: [
    { id: "ann", name: "Ann" },
    { id: "ben", name: "Ben" },
  ],
  facilities: [
    { id: "main", name: "Main" },
    { id: "east", name: "East" },
  ],
} as unknown as Board;
const shown = (by: Parameters<typeof columnsOf>[1]) =>
  columnsOf(board, by, now).map(({ title, cases }) => [title, cases.map(({ caseId }) => caseId).join(" ")]);

test("every open case stands in exactly one column, the earliest due first", () => {
  assert.deepEqual(shown("facility"), [
    ["Main", "late soon later"],
    ["East", "held"],
  ]);
  assert.deepEqual(shown("reader"), [
    ["With nobody", "held late later"],
    ["Ann", "soon"],
    ["Ben", ""],
  ]);
  assert.deepEqual(shown("slack"), [
    ["Late", "late"],
    ["Due within 30 min", "soon"],
    ["Due within 2 h", ""],
    ["Later", "later"],
    ["Held", "held"],
  ]);
});

test("a held case is not late: its clock stands still", () => {
  assert.deepEqual(
    board.cases.filter((each) => isLate(each, now)).map(({ caseId }) => caseId),
    ["late"],
  );
});
