import assert from "node:assert/strict";
import { test } from "node:test";
import { type Rule, ruleSetSchema } from "./rules.ts";
import { isOpen, nextChange } from "./schedule.ts";
import { ruleInWords } from "./sentence.ts";

const names = (_kind: string, id: string) => id;
const at = (iso: string) => Date.parse(iso);
const nightCt: Rule = {
  id: "night-ct",
  when: [
    { field: "modality", op: "any-of", values: ["CT", "MR"] },
    { field: "body-region", op: "any-of", values: ["head"] },
    { field: "facility", op: "any-of", values: ["Lakeside"] },
    { field: "priority", op: "none-of", values: ["routine"] },
  ],
  readers: { groupIds: ["Night readers"], readerIds: ["Dr Osei"] },
  schedule: { timeZone: "Europe/Berlin", windows: [{ days: [1, 2, 3, 4, 5], from: "22:00", until: "06:00" }] },
  subspecialty: "required",
  caps: { openCases: 5, openWorkUnits: null },
  mode: { kind: "push", acceptSeconds: 180 },
  exclusive: true,
};

test("a rule reads as a sentence", () => {
  assert.equal(
    ruleInWords(nightCt, names),
    "CT or MR, head, from Lakeside, not routine: to Night readers and Dr Osei, Monday to Friday 22:00–06:00 (Europe/Berlin), " +
      "trained for it, offered to one reader at a time, who has 3 min to accept; to each at most 5 open cases (STAT goes past that); " +
      "to nobody else.",
  );
  const everything: Rule = {
    ...nightCt,
    when: [],
    readers: { groupIds: [], readerIds: [] },
    schedule: null,
    subspecialty: "preferred",
    caps: { openCases: null, openWorkUnits: null },
    mode: { kind: "draw" },
    exclusive: false,
  };
  assert.equal(ruleInWords(everything, names), "Every case: to all readers, who get the next case and do not choose.");
  assert.equal(
    ruleInWords({ ...everything, when: [{ field: "slack", op: "under", minutes: 90 }], mode: { kind: "pool" } }, names),
    "Less than 1 h 30 min left: to all readers, who claim from their list.",
  );
});

test("a rule that asks for anything outside the list is refused", () => {
  const set = (rule: unknown) => ruleSetSchema.safeParse({ version: 1, rules: [rule] }).success;
  assert.ok(set(nightCt));
  assert.ok(!set({ ...nightCt, when: [{ field: "patient-name", op: "any-of", values: ["Rivers"] }] }));
  assert.ok(!set({ ...nightCt, when: [{ field: "modality", op: "any-of", values: [] }] }));
  assert.ok(!set({ ...nightCt, mode: { kind: "push", acceptSeconds: 0 } }));
  assert.ok(!set({ ...nightCt, script: "case.id" }));
  assert.ok(!set({ ...nightCt, schedule: { ...nightCt.schedule, timeZone: "Europe/Atlantis" } }));
  assert.ok(!ruleSetSchema.safeParse({ version: 1, rules: [nightCt, nightCt] }).success, "two rules with one id");
});

test("a window past midnight belongs to the day on which it begins, by the clock of its zone", () => {
  const open = (iso: string) => isOpen(nightCt.schedule, at(iso));
  // 27 November 2026 is a Friday; Berlin is an hour ahead of UTC.
  assert.ok(open("2026-11-27T21:00Z"), "Friday 22:00");
  assert.ok(!open("2026-11-27T20:59Z"), "Friday 21:59");
  assert.ok(open("2026-11-28T04:59Z"), "Saturday 05:59 is Friday's night");
  assert.ok(!open("2026-11-28T05:00Z"), "Saturday 06:00");
  assert.ok(!open("2026-11-28T21:30Z"), "Saturday evening");
  assert.ok(!open("2026-11-30T03:00Z"), "Monday early is Sunday's night");
  assert.ok(open("2026-07-31T20:00Z"), "Friday 22:00 in summer time");
});

test("when a schedule opens or closes next is known to the minute, over a change of the clocks", () => {
  const berlin = (from: string, until: string) => ({
    timeZone: "Europe/Berlin",
    windows: [{ days: [1, 2, 3, 4, 5, 6, 7], from, until }],
  });
  assert.equal(nextChange(nightCt.schedule, at("2026-11-27T12:07Z")), at("2026-11-27T21:00Z"));
  assert.equal(nextChange(nightCt.schedule, at("2026-11-28T12:00Z")), at("2026-11-30T21:00Z"));
  assert.equal(nextChange(berlin("22:10", "06:00"), at("2026-11-27T12:07Z")), at("2026-11-27T21:10Z"));
  // In the night to 29 March 2026 the clocks go from 02:00 to 03:00: the window is an hour shorter.
  assert.equal(nextChange(berlin("22:00", "06:00"), at("2026-03-28T22:00Z")), at("2026-03-29T04:00Z"));
  assert.equal(nextChange(null, at("2026-11-27T12:07Z")), null);
});

test("a rule whose time no date can tell, or that goes on for ever, is no rule", () => {
  const reads = (rule: Rule) => ruleSetSchema.safeParse({ version: 1, rules: [rule] }).success;
  const waited = (minutes: number): Rule => ({ ...nightCt, when: [{ field: "waited", op: "over", minutes }] });
  assert.ok(reads(waited(366 * 24 * 60)));
  assert.ok(!reads(waited(1e12)));
  assert.ok(!reads({ ...nightCt, when: Array.from({ length: 51 }, () => waited(5).when[0]!) }));
  assert.ok(
    !reads({ ...nightCt, readers: { groupIds: [], readerIds: Array.from({ length: 501 }, (_, n) => `r${n}`) } }),
  );
});
