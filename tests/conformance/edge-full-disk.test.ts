import assert from "node:assert/strict";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { defaultCaps, Scp } from "../../edge-router/src/dimse/scp.ts";
import { openStoreAssociation } from "../../edge-router/src/dimse/scu/storage.ts";
import { dimseServices } from "../../edge-router/src/dimse-services.ts";
import { sendWithLedger } from "./edge-ledger.ts";
import { type MadeObject, makeObject, newUid } from "./edge-objects.ts";
import { EdgeUnderTest, hasProgram, run, until } from "./edge-process.ts";

const outOfResources = 0xa700;

/** Sends until it is refused `refusals` times. */
async function send(edge: EdgeUnderTest, objects: MadeObject[], refusals = 3): Promise<MadeObject[]> {
  const taken: MadeObject[] = [];
  let refused = 0;
  const peer = { host: "127.0.0.1", port: edge.port, calledAeTitle: "OVERREAD", callingAeTitle: "SCU" };
  const association = await openStoreAssociation({ ...peer, files: objects.slice(0, 1) });
  for (const object of objects) {
    const status = await association.store(object);
    if (status === 0) taken.push(object);
    else {
      assert.equal(status, outOfResources);
      if (++refused === refusals) break;
    }
  }
  await association.release();
  return taken;
}

/** Takes the last byte of the disk, as a log file of somebody else's does. */
function takeTheRest(file: string): void {
  const fd = openSync(file, "a");
  try {
    for (const bytes of [64 * 1024, 4096, 1]) {
      const zeros = Buffer.alloc(bytes);
      try {
        for (;;) writeSync(fd, zeros);
      } catch {
        // Full.
      }
    }
  } finally {
    closeSync(fd);
  }
}

/** An edge router whose whole state is on a disk of a few MiB, of which nothing is kept in reserve. */
async function onSmallDisk(t: TestContext, work: (edge: EdgeUnderTest, disk: string) => Promise<void>): Promise<void> {
  if (process.getuid?.() !== 0) return t.skip("mounting a small disk needs root");
  const edge = await EdgeUnderTest.create({ enroll: false });
  const disk = path.join(edge.dir, "state");
  mkdirSync(disk);
  const mount = await run("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", disk]);
  try {
    if (mount.code !== 0) return t.skip("mounting a small disk is not allowed here");
    const { code, output } = await edge.cli("enroll", "--portal", edge.portal.origin, "--code", edge.portal.code);
    assert.equal(code, 0, output);
    writeFileSync(path.join(disk, "edge.json"), JSON.stringify({ caps: { diskReserveBytes: 0 } }));
    await work(edge, disk);
  } catch (error) {
    process.stderr.write(edge.log.slice(-2000));
    throw error;
  } finally {
    if (edge.exitCode === null && edge.child) await edge.kill();
    await run("umount", [disk]);
    await edge.remove();
  }
}

const drained = (edge: EdgeUnderTest) => until("drained", async () => (await edge.status()).queue.instances === 0);
function assertOnce(edge: EdgeUnderTest, taken: MadeObject[]): void {
  assert.ok(taken.every((object) => edge.portal.holds(object)));
  const doubled = [...edge.portal.held.values()].filter((times) => times > 1);
  assert.equal(doubled.length, 0, "brought to the archive twice");
}

for (const pixelBytes of [30_000, 100_000, 1_200_000])
  test(`a disk without one free byte drains by itself, objects of ${pixelBytes} bytes`, (t) =>
    onSmallDisk(t, async (edge, disk) => {
      edge.portal.down = true;
      await edge.start();
      const taken = await send(
        edge,
        Array.from({ length: Math.ceil(30_000_000 / pixelBytes) }, () => makeObject(edge.dir, { pixelBytes })),
      );
      assert.ok(taken.length >= 10);
      takeTheRest(path.join(disk, "stranger"));
      edge.portal.down = false;
      await until("all held", () => taken.every((object) => edge.portal.holds(object)));
      await until("room again", async () => (await send(edge, [makeObject(edge.dir)])).length === 1);
      assert.equal(edge.exitCode, null, "it never ended");
      await drained(edge);
      assertOnce(edge, taken);
      await edge.stop();
      assert.equal(edge.exitCode, 0);
    }));

test("an edge that was killed on a full disk starts there, drains it and asks before it sends", (t) =>
  onSmallDisk(t, async (edge, disk) => {
    edge.portal.down = true;
    await edge.start();
    const taken = await send(
      edge,
      Array.from({ length: 300 }, () => makeObject(edge.dir, { pixelBytes: 100_000 })),
    );
    takeTheRest(path.join(disk, "stranger"));
    edge.portal.down = false;
    await until("forwarding", () => edge.portal.held.size > 20);
    await edge.kill();
    takeTheRest(path.join(disk, "stranger"));
    await edge.start();
    await drained(edge);
    assertOnce(edge, taken);
    await until(
      "told of all",
      () => new Set(edge.portal.completes.map((told) => told.studyInstanceUid)).size === taken.length,
    );
  }));

/** A PACS that counts what it takes. */
async function countingPacs(): Promise<{ port: number; taken: string[]; close(): Promise<void> }> {
  const taken: string[] = [];
  const pacs = new Scp(
    {
      policy: () => ({ calledAeTitles: ["LOCALPACS"], allowedCallingAeTitles: "*" }),
      services: dimseServices({
        begin: ({ sopInstanceUid }) => ({
          write: () => undefined,
          full: false,
          finish: async () => void taken.push(sopInstanceUid),
          discard: () => undefined,
        }),
        associationEnded: () => undefined,
        refused: () => undefined,
      }),
      event: () => undefined,
    },
    defaultCaps,
  );
  return { port: await pacs.listen("127.0.0.1", 0), taken, close: () => pacs.close(0) };
}

for (const [error, first, last] of [
  ["ENOSPC", 1, 6],
  ["ENOSPC", 20, 100],
  ["ENOSPC", 90, 250],
  ["EIO", 40, 200],
] as const)
  test(`an index that answers ${error} to its writes ${first} to ${last} loses, doubles and holds up nothing`, async (t) => {
    if (!(await hasProgram("strace"))) return t.skip("strace is not installed");
    const edge = await EdgeUnderTest.create();
    const pacs = await countingPacs();
    try {
      // Once before, so that the index is there: what is meant is its work, not its making.
      await edge.start();
      await edge.stop();
      const inject = `inject=pwrite64,ftruncate,fallocate:error=${error}:when=${first}..${last}`;
      const spool = path.join(edge.stateDir, "spool");
      const files = ["index.db", "index.db-wal", "index.db-shm"].flatMap((name) => ["-P", path.join(spool, name)]);
      await edge.start(["strace", "-f", "-qq", "-o", "/dev/null", ...files, "-e", inject]);
      const studyInstanceUid = newUid();
      const objects = Array.from({ length: 60 }, (_, at) =>
        makeObject(edge.dir, { studyInstanceUid, pixelBytes: at % 20 === 7 ? 1_200_000 : 20_000 }),
      );
      const report = makeObject(edge.dir, { pixelBytes: 5_000 });
      edge.portal.offer(report, readFileSync(report.path), pacs.port);
      const ledger = new Set<MadeObject>();
      // What is refused is sent again, as a modality does.
      await until("all acknowledged", async () => {
        await sendWithLedger(
          edge,
          objects.filter((object) => !ledger.has(object)),
          3,
          ledger,
        );
        return ledger.size === objects.length;
      });
      await until("all held", () => objects.every((object) => edge.portal.holds(object)));
      await drained(edge);
      assertOnce(edge, objects);
      await until("told of all", () => edge.portal.completes.at(-1)?.instanceCount === objects.length);
      await until("report is back", () => edge.portal.outcomes.some(({ status }) => status === "delivered"));
      assert.deepEqual(pacs.taken, [report.sopInstanceUid]);
      const beats = edge.portal.heartbeats.length;
      await until("the heart beats", () => edge.portal.heartbeats.length > beats);
      assert.equal(edge.exitCode, null, "it never ended");
      const late = makeObject(edge.dir, { studyInstanceUid });
      await sendWithLedger(edge, [late], 1, ledger);
      await until("told of the late one", () => edge.portal.completes.at(-1)?.instanceCount === objects.length + 1);
    } catch (error) {
      process.stderr.write(edge.log.slice(-2000));
      throw error;
    } finally {
      await pacs.close();
      await edge.remove();
    }
  });
