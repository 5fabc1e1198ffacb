import assert from "node:assert/strict";
import { test } from "node:test";
import { inAll, levelAt, wholeHospital } from "./credentials.ts";

test("a privilege falls to the level below at the moment it expires, and no further", () => {
  assert.equal(levelAt({ level: "report", expiresAt: 10 }, 9), "report");
  assert.equal(levelAt({ level: "report", expiresAt: 10 }, 10), "draft");
  assert.equal(levelAt({ level: "report", expiresAt: 10 }, 10_000), "draft");
  assert.equal(levelAt({ level: "none", expiresAt: 10 }, 10), "none");
});

test("a study of no facility takes the least of what a reader may do at any facility of the hospital", () => {
  const hospital = { id: "h", facilityIds: ["a", "b"] };
  const a = { facilityId: "a", level: "report" as const, expiresAt: 50 };
  const b = { facilityId: "b", level: "draft" as const, expiresAt: 20 };
  assert.equal(wholeHospital(hospital, [a], 0), null);
  assert.deepEqual(wholeHospital(hospital, [a, b], 0), { facilityId: "h", level: "draft", expiresAt: 20 });
  assert.deepEqual(wholeHospital(hospital, [a, b], 20), { facilityId: "h", level: "view", expiresAt: null });
});

test("and the licences of all of them at once, until the first one ends", () => {
  const licence = (jurisdiction: string, validUntil: number | null) => ({ jurisdiction, validFrom: null, validUntil });
  const both = "US-IL/US-WI";
  assert.equal(inAll(both, [licence("US-IL", null)], 0), null);
  assert.deepEqual(inAll(both, [licence("US-IL", null), licence("US-WI", 9)], 0), licence(both, 9));
  assert.equal(inAll(both, [licence("US-IL", null), licence("US-WI", 9)], 9), null);
});
