import assert from "node:assert/strict";
import { test } from "node:test";
import { DrawnBefore } from "./drawn-before.ts";

const picture = (bytes: number): Buffer => Buffer.allocUnsafeSlow(bytes);

test("a picture is found again as long as its object is the same", () => {
  const drawn = new DrawnBefore();
  const first = picture(10);
  drawn.remember("a", "1", first);
  assert.equal(drawn.find("a", "1"), first);
  assert.equal(drawn.find("b", "1"), undefined);
  assert.equal(drawn.find("a", "2"), undefined, "another version lies there now");
  assert.equal(drawn.find("a", "1"), undefined, "what was drawn of the one before is forgotten");
});

test("the memory is bounded, and what nobody asked for longest goes first", () => {
  const drawn = new DrawnBefore();
  for (let i = 0; i < 60; i++) {
    drawn.remember(`p${i}`, "1", picture(1 << 20));
    drawn.find("p0", "1");
  }
  const kept = Array.from({ length: 60 }, (_, i) => i).filter((i) => drawn.find(`p${i}`, "1"));
  assert.deepEqual(kept, [0, ...Array.from({ length: 30 }, (_, i) => i + 30)]);
  drawn.remember("p59", "2", picture(2 << 20));
  assert.equal(drawn.find("p59", "2"), undefined, "a large one is drawn anew");
});
