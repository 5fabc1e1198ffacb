import assert from "node:assert/strict";
import { test } from "node:test";
import type { WorklistItem } from "../../_trpc/types.ts";
import { keepInPlace, newIds } from "./anchor.ts";
import { firstClaimable, inputFor, listOf, matches, rowsOf } from "./lists.ts";

const nothing: WorklistItem["can"] = {
  claim: false,
  unreserve: false,
  techCheck: false,
  raisePriority: false,
  lowerPriority: false,
  undoPriority: false,
  assign: false,
  release: false,
  readAlone: false,
  handOver: false,
  hold: false,
  resume: false,
  ask: false,
  answer: false,
  cancel: false,
  reinstate: false,
  read: false,
  sign: false,
  readIncomplete: false,
};
function caseOf(over: Partial<WorklistItem> & { caseId: string }): WorklistItem {
  return {
    patientName: "YAMADA, Tarou · 山田 太郎",
    patientNameGroups: { alphabetic: "Yamada^Tarou", ideographic: "山田^太郎", phonetic: "やまだ^たろう" },
    patientId: "PID-7",
    accessionNumber: "A100",
    studyDescription: "CT CHEST",
    modalities: ["CT"],
    bodyParts: ["CHEST"],
    facility: "Lakeside Main",
    priority: "routine",
    state: "unread",
    claimedBy: null,
    next: true,
    can: { ...nothing, claim: true, read: true },
    ...over,
  } as WorklistItem;
}

test("a patient is found by any writing of the name, without accents and in any order", () => {
  const item = caseOf({ caseId: "1" });
  for (const text of ["yamada", "tarou yamada", "山田", "やまだ", "pid-7", "ct chest", "YAMADA^TAROU"])
    assert.equal(matches(item, text), true, text);
  const accented = caseOf({
    caseId: "2",
    patientName: "BÉZIER, Zoë",
    patientNameGroups: { alphabetic: "Bézier^Zoë", ideographic: "", phonetic: "" },
  });
  assert.equal(matches(accented, "bezier zoe"), true);
  assert.equal(matches(accented, "yamada"), false);
});

test("my next leaves out what a colleague has and puts skipped cases last", () => {
  const rows = [
    caseOf({
      caseId: "taken",
      claimedBy: { id: "lee", name: "Dr Lee" },
      next: false,
      can: { ...nothing, read: true },
    }),
    caseOf({ caseId: "skipped" }),
    caseOf({ caseId: "free" }),
    caseOf({
      caseId: "mine",
      claimedBy: { id: "me", name: "Me" },
      can: { ...nothing, release: true, read: true, sign: true },
    }),
  ];
  const view = rowsOf(rows, { list: "next", text: "", skipped: new Set(["skipped"]) });
  assert.deepEqual(
    view.map((row) => row.caseId),
    ["free", "mine", "skipped"],
  );
  assert.equal(firstClaimable(view, "free")?.caseId, "mine");
  assert.equal(rowsOf(rows, { list: "all", text: "", skipped: new Set() }).length, 4);
});

test("what is reserved for the reader is next, after STAT", () => {
  const reserved = { id: "me", name: "Dr Me", until: "2026-11-27T10:00:00Z" };
  const rows = [caseOf({ caseId: "first" }), caseOf({ caseId: "kept", reserved })];
  assert.equal(firstClaimable(rows)?.caseId, "kept");
  assert.equal(firstClaimable([caseOf({ caseId: "stat", priority: "stat" }), ...rows])?.caseId, "stat");
});

test("an unknown list in the address is the reader's own", () => {
  assert.equal(listOf("nonsense"), "next");
  assert.equal(listOf("final"), "final");
  assert.deepEqual(inputFor("final", " ").filter, { list: "final" });
});

test("a case that arrives above leaves the row under the pointer where it is", () => {
  const kept = keepInPlace({
    before: ["a", "b", "c"],
    after: ["new", "a", "b", "c"],
    anchorId: "b",
    scrollTop: 0,
    spaceAbove: 0,
    rowHeight: 32,
  });
  assert.deepEqual(kept, { scrollTop: 32, spaceAbove: 0, moved: 1 });
});

test("a case that leaves above an unscrolled list leaves a gap instead of pulling the row up", () => {
  const kept = keepInPlace({
    before: ["a", "b", "c"],
    after: ["b", "c"],
    anchorId: "b",
    scrollTop: 0,
    spaceAbove: 0,
    rowHeight: 32,
  });
  assert.deepEqual(kept, { scrollTop: 0, spaceAbove: 32, moved: -1 });
});

test("nobody pointing, or the row itself gone: the list is simply in order", () => {
  const common = { before: ["a", "b"], after: ["b"], scrollTop: 8, spaceAbove: 0, rowHeight: 32 };
  assert.equal(keepInPlace({ ...common, anchorId: null }).scrollTop, 8);
  assert.equal(keepInPlace({ ...common, anchorId: "a" }).scrollTop, 8);
  assert.deepEqual(newIds(null, ["a"]), []);
  assert.deepEqual(newIds(["a"], ["n", "a"]), ["n"]);
});
