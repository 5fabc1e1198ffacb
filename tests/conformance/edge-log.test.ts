import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { makeObject } from "./edge-objects.ts";
import { EdgeUnderTest, run, until } from "./edge-process.ts";

const main = fileURLToPath(new URL("../../edge-router/src/main.ts", import.meta.url));

test("an error nobody foresaw ends the router with its place, and without its text", async (t) => {
  const edge = await EdgeUnderTest.create();
  t.after(() => edge.remove());
  // Once the router is there to hear of it.
  const fault = `const timer = setInterval(() => {
    if (process.listenerCount("uncaughtException") === 0) return;
    clearInterval(timer);
    throw Object.assign(new Error("name Canary^Patient"), { dataSet: "Canary" });
  }, 500)`;
  const ended = await run(process.execPath, [
    "--import",
    `data:text/javascript,${encodeURIComponent(fault)}`,
    main,
    "run",
    "--dir",
    edge.stateDir,
  ]);
  assert.equal(ended.code, 1);
  assert.match(ended.output, /"level":60.*an error nobody foresaw/);
  assert.match(ended.output, /data:text\/javascript/, "where it came up");
  assert.doesNotMatch(ended.output.replaceAll(/data:text\S+/g, ""), /canary/i);
});

test("what is refused, cut off or hostile leaves no word of a patient in the log", async (t) => {
  const edge = await EdgeUnderTest.create();
  t.after(() => edge.remove());
  await edge.start();
  const objects = [
    makeObject(edge.dir),
    makeObject(edge.dir, { seriesInstanceUid: "" }),
    makeObject(edge.dir, { studyInstanceUid: "Canary^Patient" }),
    makeObject(edge.dir, { finish: (dataSet) => dataSet.subarray(0, dataSet.length - 900) }),
    makeObject(edge.dir, { finish: (dataSet) => Buffer.concat([dataSet, Buffer.from("Canary^Patient")]) }),
  ];
  edge.portal.refuse.set(objects[0]!.sopInstanceUid, 0xc000);
  for (const { path } of objects) await edge.storescu([], [path]);
  await until("refused", async () => (await edge.status()).refused.count > 1);
  assert.match(edge.log, /object refused|archive cannot take/);
  assert.doesNotMatch(edge.log, /canary/i);
});
