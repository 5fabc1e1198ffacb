import assert from "node:assert/strict";
import { test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import { Allowances } from "#server/http/rate-limit.ts";
import { costOf } from "./costs.ts";
import { dicomwebRoutes } from "./routes.ts";

const allowances = new Allowances(2000);
const spend = (caller: string, cost: number, now: number) => allowances.spend(caller, cost, now);
const waits = (act: () => void): number => {
  try {
    act();
    return 0;
  } catch (error) {
    assert.ok(error instanceof DomainError && error.code === "request.rate-limited");
    return Number(error.details.retryAfterSeconds);
  }
};

test("a radiologist who opens a study of ten thousand frames after another all day is never slowed down", () => {
  const reader = "reader";
  let now = 0;
  // A prefetching viewer on a fast line: 1,500 frames a second, a minute long, a study every two minutes.
  for (let study = 0; study < 60; study++) {
    spend(reader, costOf("search-studies"), now);
    spend(reader, costOf("metadata-study"), now);
    for (let frame = 0; frame < 90_000; frame += 10) {
      spend(reader, 10 * costOf("frames"), now);
      now += 10 / 1.5;
    }
    now += 60_000;
  }
});

test("a program that searches without end is told when to come again, and nobody else is", () => {
  const loop = "loop";
  let answered = 0;
  while (waits(() => spend(loop, costOf("search-studies"), 1000)) === 0) answered++;
  assert.equal(answered, 12_000, "a minute's allowance at once");
  assert.equal(
    waits(() => spend(loop, costOf("search-studies"), 1000)),
    1,
  );
  assert.equal(
    waits(() => spend(loop, costOf("retrieve-study"), 1000)),
    1,
  );
  assert.equal(
    waits(() => spend("other", costOf("search-studies"), 1000)),
    0,
  );
  // A second later there is a second's worth.
  for (let n = 0; n < 200; n++)
    assert.equal(
      waits(() => spend(loop, costOf("search-studies"), 2000)),
      0,
    );
  assert.equal(
    waits(() => spend(loop, costOf("search-studies"), 2000)),
    1,
  );
});

test("every route has its price; a list of frames costs as many as it names; what is sent to us is free", () => {
  for (const { name, method } of dicomwebRoutes) assert.equal(costOf(name) > 0, method === "GET", name);
  assert.equal(costOf("frames", "1,2,3"), 3);
  assert.equal(costOf("no-such-route"), 10);
  const most = "greedy";
  assert.equal(
    waits(() => spend(most, 10_000_000, 0)),
    0,
    "more than could ever be saved is let through once",
  );
  assert.equal(
    waits(() => spend(most, 1, 0)),
    1,
  );
});
