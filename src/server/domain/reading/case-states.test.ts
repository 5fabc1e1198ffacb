import assert from "node:assert/strict";
import { test } from "node:test";
import { CaseState } from "#server/db/generated/enums.ts";
import { statusOf } from "./case-conditions.ts";
import { caseMoves, isLegalMove, signedStates } from "./case-states.ts";

const states = Object.values(CaseState);

test("the ordinary way of a case is open from end to end", () => {
  const way: CaseState[] = ["arriving", "unread", "claimed", "drafted", "preliminary", "final", "amended"];
  for (let n = 1; n < way.length; n++) assert.ok(isLegalMove(way[n - 1]!, way[n]!), `${way[n - 1]} to ${way[n]}`);
});

test("a signed case never goes back, and what was put aside is not signed from there", () => {
  for (const state of states) {
    assert.equal(isLegalMove("cancelled", state), ["arriving", "unread", "drafted"].includes(state));
    if (!signedStates.includes(state))
      for (const signed of signedStates) assert.equal(isLegalMove(signed, state), false);
  }
});

test("nothing is signed that nobody wrote, and every state has its line", () => {
  assert.deepEqual(Object.keys(caseMoves).sort(), [...states].sort());
  assert.deepEqual(states.filter((state) => isLegalMove(state, "final")).sort(), ["drafted", "preliminary"]);
});

test("a list says that somebody has a case before it says where the case stood, and that words are saved before that", () => {
  const has = (state: CaseState, claimLive: boolean) => statusOf({ state, claimLive });
  for (const state of states) assert.equal(has(state, false), state);
  assert.equal(has("claimed", true), "claimed");
  assert.equal(has("drafted", true), "drafted");
  assert.equal(has("preliminary", true), "claimed", "a preliminary report that somebody goes over");
});
