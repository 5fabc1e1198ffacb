import assert from "node:assert/strict";
import { test } from "node:test";
import { type Board, type BoardCase, columnsOf, givenOf, isGivable, isLate, stepTo } from "./columns.ts";

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
  hand: null,
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

test("arrows go up and down in a column, and across to the next column that has a case", () => {
  const columns = columnsOf(board, "facility", now);
  const walk = (keys: string[], by = columns) =>
    keys.reduce<string | null>((at, key) => stepTo(by, at, key) ?? at, null);
  assert.equal(walk(["ArrowDown"]), "late");
  assert.equal(walk(["ArrowDown", "ArrowDown"]), "soon");
  assert.equal(walk(["ArrowDown", "ArrowDown", "ArrowRight"]), "held", "as low as the next column goes");
  assert.equal(walk(["ArrowDown", "ArrowUp"]), "late", "no further than the head");
  const bySlack = columnsOf(board, "slack", now);
  assert.equal(walk(["ArrowDown", "ArrowRight", "ArrowRight"], bySlack), "later", "past the empty column");
  assert.equal(stepTo(columns, "gone", "ArrowDown"), "late", "its case has left the board");
  assert.equal(stepTo([], null, "ArrowDown"), null);
});

test("what somebody reads or what is held is not given away, and only what was given is taken back", () => {
  const assigned = aCase("x", 5, { readerId: "ann", hand: "assigned" });
  assert.deepEqual(givenOf(assigned, board), { id: "ann", name: "Ann", as: "assignment" });
  assert.deepEqual(givenOf({ ...assigned, hand: "offered" }, board)?.as, "offer");
  assert.equal(givenOf({ ...assigned, hand: "reading" }, board), null);
  assert.equal(givenOf(aCase("y", 5), board), null);
  assert.deepEqual(
    [
      assigned,
      { ...assigned, hand: "kept" as const },
      { ...assigned, hand: "reading" as const },
      aCase("z", 5, { held: true }),
    ].map(isGivable),
    [true, true, false, false],
  );
});
