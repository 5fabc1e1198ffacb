import assert from "node:assert/strict";
import { test } from "node:test";
import { Inflow } from "../spool/inflow.ts";
import { Pace } from "./pace.ts";

test("while nothing much comes in everything is forwarded at full rate", () => {
  const pace = new Pace();
  pace.stored(["1.2"]);
  assert.equal(pace.leave(false, 3, 1_000), "full");
});

test("the first objects of a study do not wait for the modality to end", () => {
  const pace = new Pace();
  pace.stored(["1.2"]);
  assert.equal(pace.leave(true, 0, 1_000), "first");
  pace.begin("1.2");
  pace.ended(50, 1_050);
  pace.stored(["1.2", "1.3"]);
  assert.equal(pace.leave(true, 0, 1_060), "first", "another study has begun");
  assert.equal(pace.isFresh("1.2"), false);
  assert.equal(pace.isFresh("1.3"), true);
});

test("beside a fast modality one request at a time goes, with pauses as long as the requests ask for", () => {
  const pace = new Pace();
  pace.begin("1.2");
  assert.equal(pace.leave(true, 1, 1_000), "wait");
  pace.ended(100, 1_100);
  assert.equal(pace.leave(true, 0, 1_900), "wait");
  assert.equal(pace.leave(true, 0, 2_100), "paced");
});

test("a modality that never ends holds up nothing for longer than five seconds", () => {
  const pace = new Pace();
  assert.notEqual(pace.leave(true, 4, 1_000), "full");
  assert.notEqual(pace.leave(true, 4, 6_000), "full");
  assert.equal(pace.leave(true, 4, 6_100), "full");
  assert.equal(pace.leave(false, 4, 6_200), "full");
  assert.notEqual(pace.leave(true, 4, 6_300), "full", "a new burst");
});

test("only what a modality sends as fast as it can counts as much, and a pause ends it", () => {
  const inflow = new Inflow();
  for (let at = 10_000; at < 12_000; at += 50) inflow.note(500_000, at);
  assert.equal(inflow.isFast(12_000), false, "20 slices a second");
  for (let at = 12_000; at < 13_000; at += 10) inflow.note(500_000, at);
  assert.equal(inflow.isFast(13_000), true, "100 slices a second");
  assert.equal(inflow.isFast(13_500), false);
});
