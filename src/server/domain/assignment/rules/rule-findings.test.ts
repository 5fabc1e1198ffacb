import assert from "node:assert/strict";
import { test } from "node:test";
import { aReader, aRule } from "#tests/factories/assignment.ts";
import type { Condition, Rule } from "../engine/rules.ts";
import { findingsOf, type RuleGround } from "./rule-findings.ts";

const ofModality = (...values: string[]): Condition => ({ field: "modality", op: "any-of", values });
const ct = ofModality("CT");
const here: RuleGround = { readers: [aReader({ id: "ann" })], groups: [{ id: "nights", readerIds: [] }] };
const said = (rules: (Partial<Rule> & { id: string })[], ground: RuleGround = here, off: string[] = []) =>
  findingsOf(
    rules.map((rule) => ({
      name: "",
      on: !off.includes(rule.id),
      rule: aRule(rule),
    })),
    ground,
  ).map(({ ruleId, code }) => [ruleId, code]);

test("a rule below one that takes every case from everybody is never reached, and is when the upper one rests", () => {
  const rules = [{ id: "all" }, { id: "heads", when: [ct] }];
  assert.deepEqual(said(rules), [["heads", "rule.never-reached"]]);
  assert.deepEqual(said(rules, here, ["all"]), []);
});

test("it is reached when the upper rule is for some hours, names some readers, asks for training or offers", () => {
  const schedule = { timeZone: "UTC", windows: [{ days: [1], from: "22:00", until: "06:00" }] };
  for (const upper of [
    { schedule },
    { readers: { readerIds: ["ann"], groupIds: [] } },
    { subspecialty: "required" as const },
    { mode: { kind: "push" as const, acceptSeconds: 120 } },
  ])
    assert.deepEqual(said([{ id: "upper", ...upper }, { id: "lower" }]), []);
  assert.deepEqual(
    said([{ id: "upper", mode: { kind: "push", acceptSeconds: 120 }, exclusive: true }, { id: "lower" }]),
    [["lower", "rule.never-reached"]],
  );
});

test("the narrower rule below is never reached, the wider one is", () => {
  const wide = { id: "wide", when: [ofModality("CT", "MR")] };
  const narrow = { id: "narrow", when: [ct] };
  assert.deepEqual(said([wide, narrow]), [["narrow", "rule.never-reached"]]);
  assert.deepEqual(said([narrow, wide]), []);
  const slack = (id: string, minutes: number) => ({
    id,
    when: [{ field: "slack", op: "under", minutes } satisfies Condition],
  });
  assert.deepEqual(said([slack("hour", 60), slack("half", 30)]), [["half", "rule.never-reached"]]);
  assert.deepEqual(said([slack("half", 30), slack("hour", 60)]), []);
});

test("conditions that contradict each other fit no case; two modalities can be in one study", () => {
  const priority = (op: "any-of" | "none-of", value: "stat" | "routine") =>
    ({ field: "priority", op, values: [value] }) satisfies Condition;
  assert.deepEqual(said([{ id: "r", when: [priority("any-of", "stat"), priority("any-of", "routine")] }]), [
    ["r", "rule.fits-nothing"],
  ]);
  assert.deepEqual(said([{ id: "r", when: [priority("any-of", "stat"), priority("none-of", "stat")] }]), [
    ["r", "rule.fits-nothing"],
  ]);
  assert.deepEqual(said([{ id: "r", when: [ct, ofModality("PT")] }]), []);
});

test("a rule for people who have left, or for an empty group, says so", () => {
  assert.deepEqual(said([{ id: "r", readers: { readerIds: ["gone"], groupIds: [] } }]), [
    ["r", "rule.reader-left"],
    ["r", "rule.nobody-left"],
  ]);
  assert.deepEqual(said([{ id: "r", readers: { readerIds: [], groupIds: ["nights"] } }]), [["r", "rule.nobody-left"]]);
  assert.deepEqual(said([{ id: "r", readers: { readerIds: ["gone", "ann"], groupIds: [] } }]), [
    ["r", "rule.reader-left"],
  ]);
});

test("nobody who may read at the facility, and nobody trained, are said before the rule is in force", () => {
  const at = (facilityId: string): Condition[] => [{ field: "facility", op: "any-of", values: [facilityId] }];
  assert.deepEqual(said([{ id: "r", when: at("hill-main") }]), [["r", "rule.nobody-privileged"]]);
  assert.deepEqual(said([{ id: "r", when: at("lakeside-main") }]), []);
  const breast = [
    aReader({ id: "ann", subspecialties: [{ modalities: ["MG"], bodyRegions: [], ageBands: [], procedures: [] }] }),
  ];
  const rule = { id: "r", when: [ct], subspecialty: "required" as const };
  assert.deepEqual(said([rule], { readers: breast, groups: [] }), [["r", "rule.nobody-trained"]]);
  assert.deepEqual(said([rule]), [], "a generalist reads everything");
});
