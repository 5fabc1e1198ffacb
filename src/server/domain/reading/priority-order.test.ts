import assert from "node:assert/strict";
import { test } from "node:test";
import { classWith, isMoreUrgent } from "./priority-order.ts";

test("what was decided stands until the hospital asks for something else; then the more urgent of the two", () => {
  assert.equal(classWith("routine", { decided: null, over: null }), "routine");
  assert.equal(classWith("routine", { decided: "stat", over: "routine" }), "stat");
  assert.equal(classWith("stat", { decided: "routine", over: "stat" }), "routine", "the lead has called it off");
  assert.equal(classWith("stat", { decided: "routine", over: "urgent" }), "stat", "the hospital asks anew");
  assert.equal(classWith("urgent", { decided: "stat", over: "routine" }), "stat");
});

test("STAT is more urgent than urgent, and that than routine", () => {
  assert.equal(isMoreUrgent("stat", "urgent"), true);
  assert.equal(isMoreUrgent("urgent", "routine"), true);
  assert.equal(isMoreUrgent("routine", "routine"), false);
  assert.equal(isMoreUrgent("routine", "stat"), false);
});
