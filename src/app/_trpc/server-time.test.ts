import assert from "node:assert/strict";
import { test } from "node:test";
import { newServerClock } from "./server-time.ts";

const minute = 60_000;
const server = Date.parse("2026-11-26T01:20:00Z");

test("a claim lasts as long as the server says, on a computer that is half an hour ahead or two hours behind", () => {
  for (const wrong of [30 * minute, -30 * minute, 120 * minute, -120 * minute]) {
    let passed = 0;
    const clock = newServerClock(
      () => 7_000 + passed,
      () => server + wrong + passed,
    );
    clock.adjust("Thu, 26 Nov 2026 01:20:00 GMT");
    const until = server + 15 * minute;
    assert.ok(Math.abs(until - clock.now() - 15 * minute) <= 1_000, `off by ${wrong / minute} min`);
    passed = 15 * minute + 1_000;
    assert.ok(clock.now() >= until, "and it does run out");
  }
});

test("a clock that is set while the page is open moves nothing", () => {
  let wall = server;
  let passed = 0;
  const clock = newServerClock(
    () => passed,
    () => wall,
  );
  clock.adjust(server);
  passed = minute;
  wall = server + 120 * minute;
  assert.equal(clock.now(), server + minute);
});

test("an answer after the machine has slept puts the time right, a header without a date changes nothing", () => {
  const clock = newServerClock(
    () => 0,
    () => 0,
  );
  clock.adjust(server);
  clock.adjust(null);
  clock.adjust("soon");
  clock.adjust("Thu, 26 Nov 2026 01:20:01 GMT");
  assert.equal(clock.now(), server, "a second of a header is no news");
  clock.adjust("Thu, 26 Nov 2026 03:20:00 GMT");
  assert.equal(clock.now(), server + 120 * minute + 500);
});
