import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { makeObject } from "./edge-objects.ts";
import { EdgeUnderTest, until } from "./edge-process.ts";

let edge: EdgeUnderTest;
beforeEach(async () => {
  edge = await EdgeUnderTest.create({ enroll: false });
});
afterEach(() => edge.remove());

const enroll = (...more: string[]) =>
  edge.cli("enroll", "--portal", edge.portal.origin, "--code", edge.portal.code, ...more);

test("a one-time code enrols the edge once, with a key that only its owner can read", async () => {
  assert.equal(JSON.parse((await edge.cli("status", "--json")).stdout).enrolled, false);
  const wrong = await edge.cli("enroll", "--portal", edge.portal.origin, "--code", "no-such-code");
  assert.equal(wrong.code, 2);
  assert.match(wrong.output, /code is wrong, used, or too old/);
  const { code, output } = await enroll("--name", "Cellar");
  assert.equal(code, 0, output);
  assert.equal(statSync(path.join(edge.stateDir, "edge-key.pem")).mode & 0o777, 0o600);
  assert.equal(statSync(edge.stateDir).mode & 0o777, 0o700);
  assert.match((await enroll()).output, /enrolled already/);
  assert.match((await enroll("--replace")).output, /code is wrong, used/);
  const status = JSON.parse((await edge.cli("status", "--json")).stdout);
  assert.equal(status.enrolled, true);
  assert.equal(status.edgeId, edge.portal.edgeId);
  assert.equal(status.running, false);
});

test("a portal without https is refused, except on this machine", async () => {
  const { code, output } = await edge.cli("enroll", "--portal", "http://portal.example", "--code", "12345678");
  assert.equal(code, 2);
  assert.match(output, /must be https/);
});

test("an edge whose portal has another address follows it, with its enrolment and what waits", async () => {
  assert.match((await edge.cli("move", "--portal", edge.portal.origin)).output, /not enrolled/);
  await enroll();
  const moved = await edge.cli("move", "--portal", "https://127.0.0.1:1/");
  assert.equal(moved.code, 0, moved.output);
  await edge.start();
  const object = makeObject(edge.dir);
  assert.equal((await edge.storescu([], [object.path])).code, 0);
  assert.equal((await edge.status()).portal, "https://127.0.0.1:1");
  await edge.stop();
  assert.match((await edge.cli("move", "--portal", "http://portal.example")).output, /must be https/);
  assert.equal((await edge.cli("move", "--portal", edge.portal.origin)).code, 0);
  await edge.start();
  await until("the portal holding it", () => edge.portal.holds(object));
});

test("an edge that is not enrolled does not open a port", async () => {
  const { code, output } = await edge.cli("run");
  assert.equal(code, 2);
  assert.match(output, /not enrolled/);
});

test("a second edge router in the same folder does not start", async () => {
  await enroll();
  await edge.start();
  assert.equal((await edge.status()).running, true);
  const { code, output } = await edge.cli("run");
  assert.equal(code, 2);
  assert.match(output, /another edge router is running/);
});

test("an unknown setting is an error that names the nearest known one", async () => {
  await enroll();
  writeFileSync(
    path.join(edge.stateDir, "edge.json"),
    JSON.stringify({ dimse: { prot: 104 }, caps: { associations: 0 } }),
  );
  const { code, output } = await edge.cli("run");
  assert.equal(code, 2);
  assert.match(output, /unknown setting "dimse\.prot"; nearest known: "dimse\.port"/);
  assert.match(output, /caps\.associations/);
});

test("a token that the portal has forgotten is replaced and nothing is lost by it", async () => {
  await enroll();
  await edge.start();
  await until("first token", () => edge.portal.tokensGiven > 0);
  edge.portal.forgetTokens();
  const object = makeObject(edge.dir);
  assert.equal((await edge.storescu([], [object.path])).code, 0);
  await until("held", () => edge.portal.holds(object));
  assert.ok(edge.portal.tokensGiven > 1);
});

test("heartbeats tell how the edge is", async () => {
  await enroll();
  await edge.start();
  const object = makeObject(edge.dir);
  await edge.storescu([], [object.path]);
  const beats = edge.portal.heartbeats;
  await until("forwarded", () => Boolean(beats.at(-1)?.lastForwardedAt) && beats.at(-1)?.queue.instances === 0);
  const beat = beats.at(-1)!;
  assert.deepEqual(beat.dimse, { listening: true, port: edge.port, aeTitle: "OVERREAD" });
  assert.ok(beat.disk.freeBytes > 0 && beat.lastReceivedAt);
});

test("a new configuration is kept on the disk and outlives the portal", async () => {
  await enroll();
  await edge.start();
  edge.portal.config = { ...edge.portal.config, version: 7, calledAeTitles: ["NEWTITLE"] };
  await until("taken over", () => edge.portal.heartbeats.at(-1)?.configVersion === 7);
  await edge.stop();
  edge.portal.down = true;
  await edge.start();
  assert.equal((await edge.echoscu("-aec", "NEWTITLE")).code, 0);
  assert.match(readFileSync(path.join(edge.stateDir, "portal-config.json"), "utf8"), /NEWTITLE/);
});

test("a revoked edge goes on receiving, forwards nothing, and says so", async () => {
  await enroll();
  await edge.start();
  await until("lives", () => edge.portal.heartbeats.length > 0);
  edge.portal.archiveBelieves = true;
  edge.portal.revoked = true;
  await until("says so", async () => (await edge.status()).revoked === true);
  const object = makeObject(edge.dir);
  assert.equal((await edge.storescu([], [object.path])).code, 0);
  await until("queued", async () => (await edge.status()).queue.instances === 1);
  await until("asked for a token and heard no", () => edge.portal.tokensRefused > 0);
  assert.equal(edge.portal.parts.length, 0, "the old token is used no more, though the archive still believes it");
  assert.match(edge.log, /revoked this edge/);
});
