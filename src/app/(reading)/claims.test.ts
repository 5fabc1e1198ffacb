import assert from "node:assert/strict";
import { test } from "node:test";
import { forgetClaim, handOn, holdClaim, isHandedOn } from "./claims.ts";

const lease = { claimToken: "1", claimedUntil: "2026-11-27T04:00:00Z" };

test("a case that is handed on is not claimed again by itself, until somebody claims it on purpose or handing it on fails", () => {
  holdClaim("a", lease);
  const keepIt = handOn("a");
  assert.ok(isHandedOn("a"), "before the answer already");
  forgetClaim("a");
  assert.ok(isHandedOn("a"));
  holdClaim("a", lease);
  assert.equal(isHandedOn("a"), false);
  handOn("a");
  keepIt();
  assert.equal(isHandedOn("a"), false);
});
