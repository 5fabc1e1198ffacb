import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { encodeCommand } from "../../edge-router/src/dimse/command.ts";
import { dataHeader, encodeAssociateRequest } from "../../edge-router/src/dimse/pdu.ts";
import { openStoreAssociation } from "../../edge-router/src/dimse/scu/storage.ts";
import { CT, EXPLICIT, makeObject, newUid } from "./edge-objects.ts";
import { EdgeUnderTest, until } from "./edge-process.ts";

const MIB = 1024 * 1024;
let edge: EdgeUnderTest;
before(async () => {
  edge = await EdgeUnderTest.create({ settings: { caps: { objectBytes: 1024 * MIB, idleSeconds: 3 } } });
  await edge.start();
});
after(() => edge.remove());

const request = encodeAssociateRequest({
  calledAeTitle: "OVERREAD",
  callingAeTitle: "HOSTILE",
  contexts: [{ id: 1, abstractSyntax: CT, transferSyntaxes: [EXPLICIT] }],
});

/** A raw peer; `received` grows, `closed` says that the edge has hung up. */
async function dial(): Promise<{ socket: Socket; closed: boolean; received: Buffer }> {
  const socket = connect({ host: "127.0.0.1", port: edge.port, noDelay: true });
  const peer = { socket, closed: false, received: Buffer.alloc(0) };
  socket.on("data", (bytes: Buffer) => {
    peer.received = Buffer.concat([peer.received, bytes]);
  });
  socket.on("error", () => undefined);
  socket.on("close", () => {
    peer.closed = true;
  });
  await new Promise((resolve) => socket.once("connect", resolve));
  return peer;
}
async function associate(): Promise<Awaited<ReturnType<typeof dial>>> {
  const peer = await dial();
  peer.socket.write(request);
  await until("association accepted", () => peer.received[0] === 2);
  return peer;
}
const command = (sopInstanceUid: string): Buffer => {
  const bytes = encodeCommand([
    [0x0002, "UI", CT],
    [0x0100, "US", 1],
    [0x0110, "US", 1],
    [0x0700, "US", 0],
    [0x0800, "US", 1],
    [0x1000, "UI", sopInstanceUid],
  ]);
  return Buffer.concat([dataHeader(1, bytes.length, true, true), bytes]);
};
const peakMiB = (): number =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${edge.pid}/status`, "utf8"))?.[1]) / 1024;
const assertAnswers = async (): Promise<void> => assert.equal((await edge.echoscu("-aec", "OVERREAD")).code, 0);

test("a PDU that declares four gigabytes ends the association at once", async () => {
  for (const [ended, type] of [1, 4].entries()) {
    const peer = type === 1 ? await dial() : await associate();
    peer.socket.write(Buffer.from([type, 0, 0xff, 0xff, 0xff, 0xff, 0, 0]));
    await until("hung up", () => peer.closed);
    // A peer that says no more is hung up on too, in the end: it has to be for what it declared.
    await until("told why", () => edge.log.split("length out of bounds").length - 1 > ended);
  }
  await assertAnswers();
});

test("garbage, a request out of turn and data without a command are answered with an abort", async () => {
  const garbage = await dial();
  garbage.socket.write("GET / HTTP/1.1\r\n\r\n");
  await until("hung up", () => garbage.closed);
  for (const bytes of [
    request,
    dataHeader(1, 0, false, true),
    dataHeader(3, 0, true, true),
    Buffer.from([4, 0, 0, 0, 0, 5, 0, 0, 0, 1, 1]),
  ]) {
    const peer = await associate();
    peer.received = Buffer.alloc(0);
    peer.socket.write(bytes);
    await until("hung up", () => peer.closed);
    assert.equal(peer.received[0], 7);
  }
  await assertAnswers();
});

test("an endless command set is cut off", async () => {
  const peer = await associate();
  const bytes = Buffer.concat([dataHeader(1, 4_000, true, false), Buffer.alloc(4_000)]);
  for (let sent = 0; sent < 100 && !peer.closed; sent++) peer.socket.write(bytes);
  await until("hung up", () => peer.closed);
  await assertAnswers();
});

test("endless fragments of one object cost no memory, and end at the cap", async () => {
  const peer = await associate();
  peer.socket.write(command(newUid()));
  // One element that claims nearly four gigabytes, so that the structure is right for as long as it goes.
  const element = Buffer.from([0xe0, 0x7f, 0x10, 0, 0x4f, 0x57, 0, 0, 0xf0, 0xff, 0xff, 0xff]);
  peer.socket.write(Buffer.concat([dataHeader(1, element.length, false, false), element]));
  const bytes = Buffer.concat([dataHeader(1, 131_000, false, false), Buffer.alloc(131_000, 7)]);
  for (let sent = 0; sent < 1_200 * MIB && !peer.closed; sent += bytes.length) {
    if (!peer.socket.write(bytes)) await until("room", () => !peer.socket.writableNeedDrain || peer.closed);
    if (sent % (bytes.length * 2_000) === 0) await assertAnswers();
  }
  await until("hung up", () => peer.closed);
  assert.ok(peakMiB() < 300, `peak ${peakMiB()} MiB`);
  await assertAnswers();
});

test("an object that comes byte by byte costs little memory and is stored all the same", async () => {
  const object = makeObject(edge.dir, { pixelBytes: 20_000 });
  const peer = await associate();
  peer.socket.write(command(object.sopInstanceUid));
  const before = edge.rssMiB;
  const pdus = [...object.dataSet].map((byte, at, all) =>
    Buffer.concat([dataHeader(1, 1, false, at === all.length - 1), Buffer.from([byte])]),
  );
  peer.received = Buffer.alloc(0);
  peer.socket.write(Buffer.concat(pdus));
  await until("answered", () => peer.received.length > 100);
  assert.ok(edge.rssMiB - before < 100);
  await until("held", () => edge.portal.holds(object));
  peer.socket.destroy();
});

test("five hundred idle associations do not keep a scanner out, and are ended after the idle time", async () => {
  const peers = await Promise.all(Array.from({ length: 500 }, () => associate()));
  await assertAnswers();
  assert.ok(edge.rssMiB < 300);
  await until("all hung up", () => peers.every(({ closed }) => closed));
});

test("a peer that says nothing is hung up on", async () => {
  const peer = await dial();
  await until("hung up", () => peer.closed);
});

test("beyond the cap an association is refused for now, and accepted when there is room", async () => {
  const small = await EdgeUnderTest.create({ settings: { caps: { associations: 2 } } });
  try {
    await small.start();
    const object = makeObject(small.dir);
    const peer = {
      host: "127.0.0.1",
      port: small.port,
      calledAeTitle: "OVERREAD",
      callingAeTitle: "SCU",
      files: [object],
    };
    const first = await openStoreAssociation(peer);
    const second = await openStoreAssociation(peer);
    const { output } = await small.echoscu("-aec", "OVERREAD");
    assert.match(output, /Rejected Transient/);
    assert.match(output, /Local Limit Exceeded/);
    await first.release();
    await until("room", async () => (await small.echoscu("-aec", "OVERREAD")).code === 0);
    await second.release();
  } finally {
    await small.remove();
  }
});

test("an address that is not on the list is not even answered", async () => {
  const closed = await EdgeUnderTest.create({ settings: { dimse: { allowedAddresses: ["10.0.0.0/8"] } } });
  try {
    await closed.start();
    assert.notEqual((await closed.echoscu("-aec", "OVERREAD")).code, 0);
  } finally {
    await closed.remove();
  }
});

test("hundreds of silent connections keep the port open for those who ask", async () => {
  const silent = [];
  for (let i = 0; i < 1_400; i++) silent.push(await dial());
  for (let i = 0; i < 5; i++) await assertAnswers();
  assert.ok(silent.filter(({ closed }) => closed).length >= 700, "the oldest gave way");
  for (const { socket } of silent) socket.destroy();
});

test("a peer that takes little at a time is answered in pieces of that size", async () => {
  const peer = await dial();
  const small = Buffer.from(request);
  // Maximum Length (51H) in the user information.
  const at = small.indexOf(Buffer.from([0x51, 0, 0, 4]));
  small.writeUInt32BE(64, at + 4);
  peer.socket.write(small);
  await until("accepted", () => peer.received[0] === 2);
  const before = peer.received.length;
  peer.socket.write(Buffer.concat([command(newUid()), dataHeader(1, 8, false, true), Buffer.from("nonsense")]));
  let pdus: number[] = [];
  await until("answered", () => {
    pdus = [];
    for (let pos = before; pos + 6 <= peer.received.length; pos += 6 + peer.received.readUInt32BE(pos + 2))
      pdus.push(peer.received.readUInt32BE(pos + 2));
    return pdus.length > 1 && peer.received.length >= before + pdus.reduce((sum, n) => sum + n + 6, 0);
  });
  assert.ok(
    pdus.every((length) => length <= 64),
    pdus.join(" "),
  );
  peer.socket.destroy();
});
