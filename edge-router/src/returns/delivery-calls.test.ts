import assert from "node:assert/strict";
import { test } from "node:test";
import { failure } from "@overread/shared/delivery-failure";
import type { z } from "zod";
import { PortalError } from "../control/portal.ts";
import { DeliveryCalls } from "./delivery-calls.ts";

const { signal } = new AbortController();
const at = "2026-11-26T00:00:00.000Z";

/** A portal that knows the versions in `knows`, and notes what it is asked. */
function portal(knows: string[], answer: unknown = { deliveries: [] }) {
  const asked: { root: string; path: string; body: unknown }[] = [];
  const callAt = async <T>(
    root: string,
    schema: z.ZodType<T>,
    _: "GET" | "POST",
    path: string,
    body?: unknown,
  ): Promise<T> => {
    asked.push({ root: root.split("/").at(-1)!, path, body });
    if (!knows.includes(root.split("/").at(-1)!)) throw new PortalError("refused", "http-404", 404);
    if (answer instanceof Error) throw answer;
    return schema.parse(answer);
  };
  return { asked, knows, callAt };
}

test("a portal that knows only version 1 is asked by it, and by version 2 again once it may have been upgraded", async () => {
  let now = 0;
  const old = portal(["v1"]);
  const calls = new DeliveryCalls(old, () => now);
  await calls.list(25, signal);
  await calls.list(25, signal);
  assert.deepEqual(
    old.asked.map(({ root }) => root),
    ["v2", "v1", "v1"],
  );
  old.knows.push("v2");
  now += 11 * 60_000;
  await calls.list(25, signal);
  await calls.list(25, signal);
  assert.deepEqual(
    old.asked.slice(3).map(({ root }) => root),
    ["v2", "v2"],
  );
});

test("what became of a delivery is said in the words of the version that is understood", async () => {
  const old = portal(["v1"], {});
  const outcome = { status: "waiting" as const, failure: failure("dimse-status", { status: "a700" }), at };
  assert.equal(await new DeliveryCalls(old).tell("d", outcome, signal), true);
  assert.deepEqual(old.asked.at(-1), {
    root: "v1",
    path: "/deliveries/d/outcome",
    body: { status: "waiting", reason: "status-a700", dimseStatus: 0xa700, at },
  });
  const today = portal(["v1", "v2"], {});
  assert.equal(await new DeliveryCalls(today).tell("d", outcome, signal), true);
  assert.deepEqual(today.asked, [{ root: "v2", path: "/deliveries/d/outcome", body: outcome }]);
});

test("a delivery that the portal no longer knows is told to nobody; a portal that is away is told later, by the same version", async () => {
  const delivered = { status: "delivered" as const, receipt: {}, at };
  const gone = portal(["v2"], new PortalError("refused", "delivery.not-found", 404));
  assert.equal(await new DeliveryCalls(gone).tell("d", delivered, signal), true);
  const away = portal(["v2"], new PortalError("unreachable", "http-503", 503));
  assert.equal(await new DeliveryCalls(away).tell("d", delivered, signal), false);
  assert.deepEqual(
    [...gone.asked, ...away.asked].map(({ root }) => root),
    ["v2", "v2"],
  );
});
