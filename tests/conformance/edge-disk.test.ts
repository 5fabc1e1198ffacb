import assert from "node:assert/strict";
import { mkdirSync, readdirSync, truncateSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { openStoreAssociation } from "../../edge-router/src/dimse/scu/storage.ts";
import { type MadeObject, makeObject, newUid } from "./edge-objects.ts";
import { EdgeUnderTest, run, until } from "./edge-process.ts";

const outOfResources = 0xa700;

/** Sends until the first refusal and a few more. */
async function fill(edge: EdgeUnderTest, objects: MadeObject[]): Promise<{ taken: MadeObject[]; refused: number[] }> {
  const taken: MadeObject[] = [];
  const refused: number[] = [];
  const peer = { host: "127.0.0.1", port: edge.port, calledAeTitle: "OVERREAD", callingAeTitle: "SCU" };
  const association = await openStoreAssociation({ ...peer, files: objects.slice(0, 1) });
  for (const object of objects) {
    const status = await association.store(object);
    if (status === 0) taken.push(object);
    else refused.push(status);
    if (refused.length === 20) break;
  }
  await association.release();
  return { taken, refused };
}

test("a full disk is answered with A700, loses nothing, and is over as soon as there is room", async (t) => {
  if (process.getuid?.() !== 0) return t.skip("mounting a small disk needs root");
  const edge = await EdgeUnderTest.create({ enroll: false });
  const disk = path.join(edge.dir, "state");
  mkdirSync(disk);
  const mount = await run("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", disk]);
  try {
    if (mount.code !== 0) return t.skip("mounting a small disk is not allowed here");
    const { code, output } = await edge.cli("enroll", "--portal", edge.portal.origin, "--code", edge.portal.code);
    assert.equal(code, 0, output);
    edge.portal.down = true;
    await edge.start();
    const objects = Array.from({ length: 500 }, () => makeObject(edge.dir, { pixelBytes: 100_000 }));
    const first = await fill(edge, objects);
    assert.ok(first.taken.length >= 20, `${first.taken.length} taken`);
    assert.deepEqual(new Set(first.refused), new Set([outOfResources]));
    assert.equal((await edge.echoscu("-aec", "OVERREAD")).code, 0);
    const large = makeObject(edge.dir, { pixelBytes: 24_000_000 });
    assert.deepEqual((await fill(edge, [large])).refused, [outOfResources]);

    // The disk grows: sending goes on without a restart.
    assert.equal((await run("mount", ["-o", "remount,size=36m", disk])).code, 0);
    // The edge asks the disk a few times a second: what comes before it has looked is still refused.
    const noticed: MadeObject[] = [];
    await until("the grown disk noticed", async () => {
      noticed.push(...(await fill(edge, [makeObject(edge.dir, { pixelBytes: 39_000 })])).taken);
      return noticed.length > 0;
    });
    const second = await fill(edge, objects.slice(300));
    assert.ok(second.taken.length > 20);
    assert.equal(second.refused[0], outOfResources);

    // The archive takes what is there: that makes room too.
    edge.portal.down = false;
    const taken = [...first.taken, ...noticed, ...second.taken];
    await until("all held", () => taken.every((object) => edge.portal.holds(object)), 120_000);
    await until("room again", async () => (await fill(edge, [makeObject(edge.dir)])).taken.length === 1);
    await edge.stop();
    assert.equal(edge.exitCode, 0);
  } finally {
    if (edge.exitCode === null && edge.child) await edge.kill();
    await run("umount", [disk]);
    await edge.remove();
  }
});

test("an object that the disk does not give back holds up none of the others", async () => {
  const edge = await EdgeUnderTest.create();
  try {
    edge.portal.down = true;
    await edge.start();
    const studyInstanceUid = newUid();
    const make = (pixelBytes: number): MadeObject => makeObject(edge.dir, { studyInstanceUid, pixelBytes });
    const [before, damaged, after] = [make(20_000), make(1_300_000), make(20_000)];
    assert.equal((await fill(edge, [before, damaged, after])).taken.length, 3);
    const objects = path.join(edge.stateDir, "spool", "objects");
    const [file, ...more] = readdirSync(objects);
    assert.ok(file && more.length === 0);
    truncateSync(path.join(objects, file), 1_000);
    edge.portal.down = false;
    await until("the others are held", () => [before, after].every((object) => edge.portal.holds(object)));
    await until("only it waits", async () => (await edge.status()).queue.instances === 1);
    assert.ok(edge.log.includes("spooled object is unreadable"));
    const late = make(20_000);
    assert.equal((await fill(edge, [late])).taken.length, 1);
    await until("the late one is held", () => edge.portal.holds(late));
    assert.equal([...edge.portal.held.values()].filter((times) => times > 1).length, 0);
  } finally {
    await edge.remove();
  }
});
