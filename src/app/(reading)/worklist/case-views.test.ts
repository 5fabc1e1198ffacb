import assert from "node:assert/strict";
import { test } from "node:test";
import {
  addressOf,
  columnChoices,
  filterInWords,
  leavesOut,
  parseView,
  sortBy,
  viewOf,
  withWidth,
} from "./case-views.ts";
import { lists } from "./lists.ts";

const known = [
  { id: "due", label: "Due" },
  { id: "exam", label: "Exam" },
  { id: "state", label: "State" },
];

test("a list with its changes comes back from the address, and what is no list does not", () => {
  for (const { id } of lists) {
    const view = viewOf(id);
    const address = new URL(addressOf("all", view), "http://portal.example");
    assert.deepEqual(parseView(address.searchParams.get("view")), view);
  }
  assert.equal(addressOf("stat", null), "/worklist?list=stat");
  for (const bad of ["", "{", '{"base":"all"}', '{"base":"all","filter":{"text":"Rivers"},"sort":[],"columns":[]}'])
    assert.equal(parseView(bad), null, bad);
});

test("a heading sorts up, down and not at all; with Shift behind the others", () => {
  const up = sortBy([], "due", false);
  assert.deepEqual(up, [{ by: "due", down: false }]);
  assert.deepEqual(sortBy(up, "due", false), [{ by: "due", down: true }]);
  assert.deepEqual(sortBy([{ by: "due", down: true }], "due", false), []);
  const two = sortBy(up, "exam", true);
  assert.deepEqual(
    two.map(({ by }) => by),
    ["due", "exam"],
  );
  assert.deepEqual(sortBy(two, "due", true), [
    { by: "due", down: true },
    { by: "exam", down: false },
  ]);
  assert.deepEqual(sortBy(two, "facility", false), [{ by: "facility", down: false }]);
});

test("columns stand as chosen, those left out after them; a list that chooses none has all", () => {
  assert.ok(columnChoices([], known).every(({ shown }) => shown));
  assert.deepEqual(
    columnChoices([{ id: "state", width: 90 }, { id: "due" }], known).map(({ id, shown, width }) => [id, shown, width]),
    [
      ["state", true, 90],
      ["due", true, null],
      ["exam", false, null],
    ],
  );
});

test("a filter is said in words", () => {
  const words = filterInWords(
    {
      priority: ["stat", "urgent"],
      due: { is: "within-next", count: 1, unit: "hours" },
      studied: { is: "on", day: 0, zone: "Europe/Berlin" },
      techCheck: "waiting",
      reader: "nobody",
    },
    [],
  );
  assert.equal(
    words,
    "STAT or urgent · due in the next 1 hour · study today in Europe/Berlin · not checked · held by nobody",
  );
});

test("a dragged width is kept with all columns there are, one that is taken back leaves the list as it was", () => {
  const known = [
    { id: "due", label: "Due" },
    { id: "exam", label: "Exam" },
  ];
  const dragged = withWidth([], known, "exam", 211.7);
  assert.deepEqual(dragged, [{ id: "due" }, { id: "exam", width: 212 }]);
  assert.equal(leavesOut(dragged, known), false);
  assert.deepEqual(withWidth(dragged, known, "exam", null), []);
  assert.deepEqual(withWidth([{ id: "exam" }], known, "exam", 5), [{ id: "exam", width: 24 }]);
  assert.equal(leavesOut([{ id: "exam" }], known), true);
});
