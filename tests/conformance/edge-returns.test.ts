import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { type MadeObject, makeObject } from "./edge-objects.ts";
import { readPart10 } from "./edge-portal.ts";
import { EdgeUnderTest, freePort, isListening, until } from "./edge-process.ts";

let edge: EdgeUnderTest;
let pacsPort: number;
let pacsDir: string;
let pacs: ChildProcess | null;
beforeEach(async () => {
  edge = await EdgeUnderTest.create();
  pacsPort = await freePort();
  pacsDir = path.join(edge.dir, "pacs");
  mkdirSync(pacsDir);
  pacs = null;
});
afterEach(async () => {
  pacs?.kill("SIGKILL");
  await edge.remove();
});

/** The hospital's PACS; every object it takes becomes a new file, so that a second delivery would be seen. */
async function startPacs(...options: string[]): Promise<void> {
  const args = [...options, "+B", "-uf", "-tn", "-aet", "LOCALPACS", "-od", pacsDir, String(pacsPort)];
  const child = spawn("storescp", ["-v", ...args], { env: { ...process.env, TCP_NODELAY: "1" }, stdio: "ignore" });
  pacs = child;
  await until("PACS listens", () => isListening(pacsPort));
}
async function stopPacs(): Promise<void> {
  const child = pacs;
  child?.kill("SIGKILL");
  await until("PACS is gone", () => child?.exitCode !== null || child?.signalCode !== null);
}

const taken = (): string[] => readdirSync(pacsDir);
const offer = (object: MadeObject) => edge.portal.offer(object, readFileSync(object.path), pacsPort);
const report = (sopClassUid: string): MadeObject => makeObject(edge.dir, { sopClassUid, pixelBytes: 50_000 });
const pdf = () => report("1.2.840.10008.5.1.4.1.1.104.1");
const sr = () => report("1.2.840.10008.5.1.4.1.1.88.11");
const delivered = () => edge.portal.outcomes.filter(({ status }) => status === "delivered");

const versions = [
  { knows: 2, portal: "a portal of today" },
  { knows: 1, portal: "a portal that knows version 1 of the contract" },
] as const;

for (const { knows, portal } of versions)
  test(`a PDF and an SR of ${portal} are stored in the local PACS once each, byte for byte`, async () => {
    edge.portal.knows = knows;
    await startPacs();
    await edge.start();
    const objects = [pdf(), sr()];
    for (const object of objects) offer(object);
    await until("both delivered", () => delivered().length === 2);
    for (const { said, dimseStatus } of delivered()) {
      assert.equal(dimseStatus, 0);
      if (knows === 1) assert.equal(said, undefined);
      else assert.ok(said?.status === "delivered" && said.receipt.dimseStatus === 0);
    }
    assert.equal(taken().length, 2);
    const dataSets = taken().map((name) => readPart10(readFileSync(path.join(pacsDir, name))).dataSet.toString("hex"));
    for (const { dataSet } of objects) assert.ok(dataSets.includes(dataSet.toString("hex")));
    await edge.stop();
    const beats = edge.portal.heartbeats.length;
    await edge.start();
    await until("asked again", () => edge.portal.heartbeats.length > beats + 2);
    assert.equal(taken().length, 2);
    assert.equal(readdirSync(path.join(edge.stateDir, "returns")).length, 0);
  });

test("a PACS that is away is tried until it is back, and the portal is told why it waits", async () => {
  await edge.start();
  const delivery = offer(pdf());
  await until("portal knows", () => edge.portal.outcomes.some(({ reason }) => reason === "connection-refused"));
  await until("heartbeat knows", () => edge.portal.heartbeats.at(-1)?.returns.waiting === 1);
  assert.equal(edge.portal.heartbeats.at(-1)?.returns.lastError, "connection-refused");
  await startPacs();
  await until("delivered", () => delivered().length === 1);
  assert.equal(delivered()[0]?.deliveryId, delivery.deliveryId);
  assert.equal(taken().length, 1);
});

test("a PACS that refuses, or aborts in the middle, does not get the object twice", async () => {
  await startPacs("--refuse");
  await edge.start();
  offer(sr());
  await until("refused", () => edge.portal.outcomes.some(({ reason }) => reason === "association-rejected"));
  await stopPacs();
  await startPacs("--abort-during");
  await until("aborted", () => edge.portal.outcomes.some(({ reason }) => reason === "association-aborted"));
  await stopPacs();
  for (const name of taken()) assert.fail(`kept ${name} of an aborted association`);
  await startPacs();
  await until("delivered", () => delivered().length === 1);
  assert.equal(taken().length, 1);
});

for (const { knows, portal } of versions)
  test(`killed between the word of the PACS and the word to ${portal}, the edge reports again and does not store again`, async () => {
    edge.portal.knows = knows;
    await startPacs();
    await edge.start();
    edge.portal.loseOutcomes = true;
    offer(pdf());
    await until("the PACS has it", () => taken().length === 1 && edge.log.includes("result is in the local PACS"));
    await edge.kill();
    edge.portal.loseOutcomes = false;
    await edge.start();
    await until("reported", () => delivered().length > 0);
    await until("asked again", () => edge.portal.deliveries.length === 0);
    assert.equal(taken().length, 1);
  });

test("an object whose bytes are not those that were signed is never given to the PACS", async () => {
  await startPacs();
  await edge.start();
  const object = pdf();
  const delivery = edge.portal.offer(object, readFileSync(pdf().path), pacsPort);
  await until("portal knows", () => edge.portal.outcomes.some(({ reason }) => reason === "hash-mismatch"));
  assert.equal(taken().length, 0);
  edge.portal.objects.set(delivery.retrievePath, readFileSync(object.path));
  await until("delivered", () => delivered().length === 1);
});

test("what it cannot send is answered, not kept quiet: a kind that came later, an offer nobody understands; the rest goes on", async () => {
  await startPacs();
  edge.portal.strange = [
    {
      deliveryId: randomUUID(),
      kind: "hl7",
      destination: { host: "engine", port: 2575 },
      subject: { message: "ORU^R01" },
    },
    { deliveryId: randomUUID(), kind: "dicom", destination: "somewhere", subject: {} },
  ];
  await edge.start();
  offer(pdf());
  await until("delivered", () => delivered().length === 1);
  const [later, unclear] = edge.portal.strange;
  const saidOf = (deliveryId?: string) =>
    edge.portal.outcomes.find((outcome) => outcome.deliveryId === deliveryId)?.said;
  await until(
    "both answered",
    () => saidOf(later?.deliveryId) !== undefined && saidOf(unclear?.deliveryId) !== undefined,
  );
  const failures = [later, unclear].map((strange) => {
    const said = saidOf(strange?.deliveryId);
    return said?.status === "waiting" && said.failure;
  });
  assert.deepEqual(failures, [
    { code: "kind-unknown", params: { kind: "hl7" } },
    { code: "offer-not-understood", params: { kind: "dicom" } },
  ]);
  await until("heartbeat knows", () => edge.portal.heartbeats.at(-1)?.returns.waiting === 2);
  assert.equal(taken().length, 1);
});
