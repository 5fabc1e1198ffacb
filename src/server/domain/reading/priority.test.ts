import assert from "node:assert/strict";
import { test } from "node:test";
import { reason } from "@overread/shared/reasons";
import { regionsOf, sideOf } from "./body-regions.ts";
import { priorRelevance } from "./prior-relevance.ts";
import { priorityClass } from "./priority-class.ts";
import { nextScoreChange, type ScoredCase, scorePriority } from "./priority-score.ts";

test("the class comes from what the modality sent, or from what is written into the description", () => {
  for (const [requested, description, expected] of [
    ["STAT", "", "stat"],
    ["HIGH", "", "stat"],
    ["S ", "", "stat"],
    ["MEDIUM", "", "urgent"],
    ["A", "", "urgent"],
    ["ROUTINE", "", "routine"],
    ["LOW", "", "routine"],
    ["", "CT HEAD STAT", "stat"],
    ["", "ct abdomen urgent", "urgent"],
    ["", "STATUS POST FRACTURE", "routine"],
    ["", "HEMOSTATIC", "routine"],
  ] as const)
    assert.equal(priorityClass(requested, description), expected, `${requested} ${description}`);
});

const now = new Date("2026-11-21T12:00:00Z");
const at = (minutes: number) => new Date(now.getTime() + minutes * 60_000);
const routine: ScoredCase = {
  state: "unread",
  priority: "routine",
  dueAt: at(1440),
  waitingSince: now,
  modalities: ["CT"],
  bodyParts: ["CHEST"],
  studyDescription: "CT CHEST",
  patientBirthDate: "19690412",
  studyDate: "20261121",
};
const score = (changes: Partial<ScoredCase>) => scorePriority({ ...routine, ...changes }, now).score;

test("the class outweighs everything but a missed due time; within it time, examination and wait decide", () => {
  assert.ok(
    score({ priority: "stat" }) >
      score({ priority: "urgent", dueAt: at(10), bodyParts: ["HEAD"], studyDescription: "CT HEAD trauma" }),
  );
  assert.ok(score({ dueAt: at(-1) }) > score({ priority: "urgent" }));
  assert.ok(score({ bodyParts: ["HEAD"] }) > score({}));
  assert.ok(score({ dueAt: at(20) }) > score({ dueAt: at(100) }));
  assert.ok(score({ dueAt: at(100) }) > score({ dueAt: at(400) }));
  assert.ok(score({ waitingSince: at(-95) }) > score({}));
  assert.ok(score({ patientBirthDate: "20260901" }) > score({ patientBirthDate: "20160901" }));
  assert.equal(score({ state: "final", priority: "stat" }), 0);
});

test("the points of the reasons make the score, and hold until the next step", () => {
  const row = { ...routine, dueAt: at(45), waitingSince: at(-40) };
  const { score, reasons } = scorePriority(row, now);
  assert.equal(
    score,
    reasons.reduce((sum, { points }) => sum + points, 0),
  );
  assert.deepEqual(
    reasons.map(({ code, params }) => ({ code, params })),
    [
      reason("asked-for", { priority: "routine" }),
      reason("due-within", { minutes: 120 }),
      reason("waiting-over", { minutes: 30 }),
    ],
  );
  const next = nextScoreChange(row, now)!;
  assert.deepEqual(scorePriority(row, new Date(next.getTime() - 2000)).reasons, reasons, "nothing changes before");
  assert.notDeepEqual(scorePriority(row, next).reasons, reasons, "something changes then");
  let clock = now;
  for (let steps = 0; ; steps++) {
    const step = nextScoreChange(row, clock);
    if (!step) break;
    assert.ok(step > clock && steps < 40, "the clock comes to an end");
    clock = step;
  }
});

test("how long a case waits counts in half hours", () => {
  const minutes = (waited: number) =>
    scorePriority({ ...routine, waitingSince: at(-waited) }, now).reasons.flatMap((why) =>
      why.code === "waiting-over" ? [why.params.minutes] : [],
    );
  assert.deepEqual([10, 40, 70, 100, 130].flatMap(minutes), [30, 60, 90, 120]);
});

test("regions are found in codes and in descriptions", () => {
  assert.deepEqual(regionsOf(["HEAD"], ""), ["head"]);
  assert.deepEqual(regionsOf([""], "CT THORAX W/ CONTRAST"), ["chest"]);
  assert.deepEqual(regionsOf(["ABDOMENPELVIS"], ""), ["abdomen", "pelvis"]);
  assert.deepEqual(regionsOf(["LSPINE"], ""), ["spine"]);
  assert.deepEqual(regionsOf([], "MRI brain"), ["head"]);
  assert.deepEqual(regionsOf([], "SCOUT"), []);
  assert.equal(sideOf("XR KNEE LEFT"), "left");
  assert.equal(sideOf("KNEE_RT"), "right");
  assert.equal(sideOf("KNEES R+L"), undefined);
});

test("a prior of the same region and modality goes before a newer one of something else", () => {
  const current = { modalities: ["CT"], bodyParts: ["CHEST"], studyDescription: "CT CHEST", studyDate: "20261121" };
  const of = (changes: Partial<typeof current>) =>
    priorRelevance(current, { ...current, studyDate: "20251121", ...changes });
  const same = of({});
  assert.ok(
    same.relevance >
      of({ bodyParts: ["KNEE"], studyDescription: "MR KNEE", modalities: ["MR"], studyDate: "20261101" }).relevance,
  );
  assert.ok(same.relevance > of({ modalities: ["CR"] }).relevance);
  assert.ok(
    of({ bodyParts: ["ABDOMEN"], studyDescription: "CT ABDOMEN" }).relevance >
      of({ bodyParts: ["FOOT"], studyDescription: "CT FOOT" }).relevance,
  );
  // The same region in another modality helps more than the same modality of somewhere else, however much newer.
  assert.ok(
    of({ modalities: ["CR"] }).relevance >
      of({ bodyParts: ["FOOT"], studyDescription: "CT FOOT", studyDate: "20261120" }).relevance,
  );
  assert.deepEqual(same.reasons, [
    reason("same-modality", { modality: "CT" }),
    reason("same-region", { regions: ["chest"] }),
    reason("earlier", { days: 365 }),
  ]);
  const knee = (description: string) =>
    priorRelevance(
      { ...current, bodyParts: ["KNEE"], studyDescription: "CT KNEE LEFT" },
      { ...current, bodyParts: ["KNEE"], studyDescription: description },
    );
  assert.ok(knee("CT KNEE LEFT").relevance > knee("CT KNEE RIGHT").relevance);
  assert.ok(knee("CT KNEE RIGHT").reasons.some(({ code }) => code === "other-side"));
  for (const { relevance } of [same, knee("CT KNEE LEFT")]) assert.ok(relevance >= 0 && relevance <= 100);
});
