import assert from "node:assert/strict";
import { test } from "node:test";
import { Allowances } from "./rate-limit.ts";

/** Requests at two doors in turn for `seconds`, as fast as they allow; twice a second they exchange what was spent. */
function takenInTurn(seconds: number, perSecond: number): number {
  const doors = [new Allowances(perSecond), new Allowances(perSecond)] as const;
  let taken = 0;
  for (let now = 0; now < seconds * 1000; now += 10) {
    for (const door of doors)
      for (let n = 0; n < perSecond; n++)
        try {
          door.spend("caller", 1, now);
          taken++;
        } catch {
          break;
        }
    if (now % 500 === 0) {
      const [first, second] = doors.map((door) => door.takeSpent().get("caller") ?? 0) as [number, number];
      doors[0].charge("caller", second, now);
      doors[1].charge("caller", first, now);
    }
  }
  return taken;
}

test("who asks at two doors gets one allowance, but for what both give before they hear of each other", () => {
  const perSecond = 100;
  const seconds = 600;
  const one = perSecond * (seconds + 60);
  const taken = takenInTurn(seconds, perSecond);
  // Each door has a minute's units saved up, and both may hand them out at once.
  assert.ok(taken >= one - perSecond && taken <= one + perSecond * 61, `${taken} of ${one}`);
});
