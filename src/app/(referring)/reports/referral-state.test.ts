import assert from "node:assert/strict";
import { test } from "node:test";
import { referralState, unsignedNotice } from "./referral-state.ts";

test("a report is promised only of a study that somebody reads", () => {
  const unsigned = (state: string | null) => [
    referralState({ state, signedAt: null, lateImages: 0 }).word,
    /appears here by itself/.test(unsignedNotice(state)),
  ];
  assert.deepEqual(unsigned("unread"), ["Being read", true]);
  assert.deepEqual(unsigned("arriving"), ["Images arriving", true]);
  assert.deepEqual(unsigned("cancelled"), ["Cancelled", false]);
  assert.deepEqual(unsigned(null), ["Images only", false]);
});
