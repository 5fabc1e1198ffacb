import assert from "node:assert/strict";
import { test } from "node:test";
import { minuteMs } from "../assignment/engine/index.ts";
import { paceOf, type Signed } from "./pace.ts";

/** A reader who signs every so many minutes. */
const signs = (readerId: string, minutes: number, count: number, workUnits = 1): Signed[] =>
  Array.from({ length: count }, (_, n) => ({ readerId, at: n * minutes * minuteMs, workUnits }));

test("a reader's pace is the time between his signatures over what they count for", () => {
  const pace = paceOf([...signs("ann", 8, 20, 2), ...signs("ben", 9, 20)]);
  assert.equal(pace("ann"), 4);
  assert.equal(pace("ben"), 9);
});

test("who has signed too little has the group's pace, and a group without any the usual one", () => {
  assert.equal(paceOf([...signs("ann", 8, 20), ...signs("new", 1, 5)])("nobody") > 5, true);
  assert.equal(paceOf([])("ann"), 6);
});

test("a night between two signatures is no reading", () => {
  const morning = signs("ann", 5, 12);
  const evening = signs("ann", 5, 12).map((each) => ({ ...each, at: each.at + 12 * 60 * minuteMs }));
  assert.equal(paceOf([...morning, ...evening])("ann"), 5);
});
