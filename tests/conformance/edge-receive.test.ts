import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { openStoreAssociation } from "../../edge-router/src/dimse/scu/storage.ts";
import { EXPLICIT, IMPLICIT, type MadeObject, makeObject, newUid } from "./edge-objects.ts";
import { EdgeUnderTest, run, until } from "./edge-process.ts";

let edge: EdgeUnderTest;
before(async () => {
  edge = await EdgeUnderTest.create();
  await edge.start();
});
after(() => edge.remove());

const peer = () => ({ host: "127.0.0.1", port: edge.port, calledAeTitle: "OVERREAD", callingAeTitle: "TESTSCU" });

async function sendOne(object: MadeObject): Promise<number> {
  const association = await openStoreAssociation({ ...peer(), files: [object] });
  const status = await association.store(object);
  await association.release();
  return status;
}

test("the edge answers a DCMTK echo", async () => {
  assert.equal((await edge.echoscu("-aec", "OVERREAD")).code, 0);
  assert.equal((await edge.echoscu("-aec", "OVERREAD_PRIOR")).code, 0);
});

test("an association that calls another AE title is refused with the reason", async () => {
  const { code, output } = await edge.echoscu("-aec", "SOMEBODY");
  assert.notEqual(code, 0);
  assert.match(output, /Called AE Title Not Recognized/);
});

test("an unknown calling AE title is refused once the portal lists the modalities", async () => {
  edge.portal.config = { ...edge.portal.config, version: 2, allowedCallingAeTitles: ["CT1", "TESTSCU"] };
  await until("new configuration", () => edge.portal.heartbeats.at(-1)?.configVersion === 2);
  const refused = await edge.echoscu("-aec", "OVERREAD", "-aet", "STRANGER");
  assert.match(refused.output, /Calling AE Title Not Recognized/);
  assert.equal((await edge.echoscu("-aec", "OVERREAD", "-aet", "CT1")).code, 0);
  edge.portal.config = { ...edge.portal.config, version: 3, allowedCallingAeTitles: "*" };
  await until("old configuration", () => edge.portal.heartbeats.at(-1)?.configVersion === 3);
});

test("a modality that is taken off the list while its association is open gets its next object refused", async () => {
  const configure = async (version: number, allowedCallingAeTitles: "*" | string[]): Promise<void> => {
    edge.portal.config = { ...edge.portal.config, version, allowedCallingAeTitles };
    await until("configuration", () => edge.portal.heartbeats.at(-1)?.configVersion === version);
  };
  const objects = [makeObject(edge.dir), makeObject(edge.dir), makeObject(edge.dir)] as const;
  const association = await openStoreAssociation({ ...peer(), files: [...objects] });
  assert.equal(await association.store(objects[0]), 0);
  await configure(4, ["CT1"]);
  const status = await association.store(objects[1]);
  await configure(5, "*");
  // Not authorized (PS3.7 Annex C).
  assert.equal(status, 0x0124);
  assert.equal(await association.store(objects[2]), 0);
  await association.release();
  await until("the others are held", () => edge.portal.holds(objects[0]) && edge.portal.holds(objects[2]));
  assert.equal(edge.portal.holds(objects[1]), false);
});

test("objects of many classes and syntaxes reach the archive with every byte of their data set", async () => {
  const big = "1.2.840.10008.1.2.2";
  const objects = [
    makeObject(edge.dir, { transferSyntaxUid: IMPLICIT }),
    makeObject(edge.dir, { transferSyntaxUid: EXPLICIT }),
    makeObject(edge.dir, { transferSyntaxUid: big, sopClassUid: "1.2.840.10008.5.1.4.1.1.4" }),
    makeObject(edge.dir, { transferSyntaxUid: "1.2.840.10008.1.2.4.70", encapsulated: true }),
    makeObject(edge.dir, { transferSyntaxUid: "1.2.840.10008.1.2.4.90", encapsulated: true }),
    makeObject(edge.dir, { transferSyntaxUid: "1.2.840.10008.1.2.4.202", encapsulated: true }),
    makeObject(edge.dir, { transferSyntaxUid: "1.2.840.10008.1.2.5", encapsulated: true }),
    makeObject(edge.dir, {
      transferSyntaxUid: "1.2.840.10008.1.2.1.99",
      finish: (bytes) => even(deflateRawSync(bytes)),
    }),
    makeObject(edge.dir, { sopClassUid: "1.2.840.10008.5.1.4.1.1.104.1" }),
    makeObject(edge.dir, { sopClassUid: "1.2.840.10008.5.1.4.34.7" }),
    makeObject(edge.dir, { sopClassUid: "1.2.826.0.1.3680043.9.9999.1" }),
    makeObject(edge.dir, { pixelBytes: 900_000 }),
    makeObject(edge.dir, { pixelBytes: 9_000_000 }),
  ];
  for (const object of objects)
    assert.equal(await sendOne(object), 0, `${object.sopClassUid} ${object.transferSyntaxUid}`);
  await until("archive holds all", () => objects.every((object) => edge.portal.holds(object)));
  for (const part of edge.portal.parts) assert.ok(part.preamble.every((byte) => byte === 0));
  await until("nothing is left", async () => (await edge.status()).queue.instances === 0);
});

test("query, worklist and commitment are not accepted as if they were storage", async () => {
  const { output } = await run("findscu", [
    "-v",
    "-S",
    "-aec",
    "OVERREAD",
    "-k",
    "QueryRetrieveLevel=STUDY",
    "127.0.0.1",
    String(edge.port),
  ]);
  assert.match(output, /No Acceptable Presentation Contexts|No presentation context/i);
});

test("a study sent by DCMTK arrives whole and is told of once", async () => {
  const studyInstanceUid = newUid();
  const objects = Array.from({ length: 30 }, () => makeObject(edge.dir, { studyInstanceUid, pixelBytes: 30_000 }));
  const files = objects.map(({ path }) => path);
  const { code, output } = await edge.storescu(["-aet", "CT1"], files);
  assert.equal(code, 0, output);
  const complete = () => edge.portal.completes.filter((study) => study.studyInstanceUid === studyInstanceUid);
  await until("complete", () => complete().length > 0);
  assert.ok(objects.every((object) => edge.portal.holds(object)));
  assert.deepEqual(
    complete().map(({ instanceCount, purpose, callingAeTitle }) => ({ instanceCount, purpose, callingAeTitle })),
    [{ instanceCount: 30, purpose: "read", callingAeTitle: "CT1" }],
  );
});

test("dcmsend's own count says that everything was taken", async () => {
  const objects = Array.from({ length: 12 }, () => makeObject(edge.dir, {}));
  const args = ["-v", "-aec", "OVERREAD", "127.0.0.1", String(edge.port), ...objects.map(({ path }) => path)];
  const { output } = await run("dcmsend", args);
  assert.match(output, /with status SUCCESS\s*:\s*12/);
});

test("images that come late are forwarded, and the study is told of again with the new count", async () => {
  const studyInstanceUid = newUid();
  const counts = () =>
    edge.portal.completes
      .filter((study) => study.studyInstanceUid === studyInstanceUid)
      .map(({ instanceCount }) => instanceCount);
  assert.equal(await sendOne(makeObject(edge.dir, { studyInstanceUid })), 0);
  await until("complete", () => counts().length === 1);
  assert.equal(await sendOne(makeObject(edge.dir, { studyInstanceUid })), 0);
  await until("complete again", () => counts().length === 2);
  assert.deepEqual(counts(), [1, 2]);
});

test("a study that was sent to the title for priors is told of as a prior", async () => {
  const object = makeObject(edge.dir);
  const { code } = await edge.storescu(["-aec", "OVERREAD_PRIOR"], [object.path]);
  assert.equal(code, 0);
  const found = () => edge.portal.completes.find((study) => study.studyInstanceUid === object.studyInstanceUid);
  await until("complete", () => found() !== undefined);
  assert.equal(found()?.purpose, "prior");
  const part = edge.portal.parts.find(({ sopInstanceUid }) => sopInstanceUid === object.sopInstanceUid);
  assert.equal(part?.purpose, "prior");
});

test("a study is not complete while the association that brings it is open", async () => {
  const object = makeObject(edge.dir);
  const other = makeObject(edge.dir);
  const association = await openStoreAssociation({ ...peer(), files: [object] });
  assert.equal(await association.store(object), 0);
  assert.equal(await sendOne(other), 0);
  // The other study, later and on its own association, is complete; this one is not.
  const told = (uid: string) => edge.portal.completes.some(({ studyInstanceUid }) => studyInstanceUid === uid);
  await until("the other study is complete", () => told(other.studyInstanceUid));
  assert.equal(told(object.studyInstanceUid), false);
  await association.release();
  await until("complete", () => told(object.studyInstanceUid));
});

test("the same object sent five times is answered with success and kept once", async () => {
  edge.portal.down = true;
  const objects = Array.from({ length: 20 }, () => makeObject(edge.dir));
  const files = objects.map(({ path }) => path);
  const before = (await edge.status()).queue.instances;
  const results = await Promise.all(Array.from({ length: 5 }, () => edge.storescu([], files)));
  for (const { code, output } of results) {
    assert.equal(code, 0);
    assert.equal(output.match(/Received Store Response \(Success\)/g)?.length, 20);
  }
  await until("queued", async () => (await edge.status()).queue.instances === before + 20);
  edge.portal.down = false;
  await until("held", () => objects.every((object) => edge.portal.holds(object)));
  for (const { sopInstanceUid, sha256 } of objects)
    assert.equal(edge.portal.held.get(`${sopInstanceUid} ${sha256}`), 1);
});

test("the same UID with other bytes is kept beside the first and forwarded too", async () => {
  const first = makeObject(edge.dir);
  const second = makeObject(edge.dir, first);
  assert.notEqual(first.sha256, second.sha256);
  assert.equal(await sendOne(first), 0);
  assert.equal(await sendOne(second), 0);
  await until("both held", () => edge.portal.holds(first) && edge.portal.holds(second));
});

test("an object whose data set names another class or instance is refused with A900", async () => {
  const object = makeObject(edge.dir);
  const renamed = { ...object, sopInstanceUid: newUid() };
  assert.equal(await sendOne(renamed), 0xa900);
  assert.equal(await sendOne({ ...object, sopClassUid: "1.2.840.10008.5.1.4.1.1.4" }), 0xa900);
});

test("a data set that is cut off anywhere is never acknowledged", async () => {
  const whole = makeObject(edge.dir, { pixelBytes: 600 });
  const packed = makeObject(edge.dir, {
    pixelBytes: 600,
    encapsulated: true,
    transferSyntaxUid: "1.2.840.10008.1.2.4.70",
  });
  for (const object of [whole, packed]) {
    const { length } = object.dataSet;
    for (const at of [2, 9, 100, 160, 200, 300, length - 600, length - 9, length - 8, length - 1]) {
      const cut = makeObject(edge.dir, { ...object, finish: () => object.dataSet.subarray(0, at) });
      assert.equal(await sendOne(cut), 0xc000, `cut at ${at} of ${length}`);
    }
  }
  const large = makeObject(edge.dir, { pixelBytes: 3_000_000, finish: (bytes) => bytes.subarray(0, 2_900_000) });
  assert.equal(await sendOne(large), 0xc000);
  const deflated = (bytes: Buffer): Buffer => deflateRawSync(bytes).subarray(0, 900);
  const cut = makeObject(edge.dir, { transferSyntaxUid: "1.2.840.10008.1.2.1.99", finish: deflated });
  assert.equal(await sendOne(cut), 0xc000);
});

test("what is no data set, or has no study, is refused with C000", async () => {
  const noise = makeObject(edge.dir, { finish: (bytes) => Buffer.from(bytes.map((byte, at) => byte ^ (at * 31 + 7))) });
  assert.equal(await sendOne(noise), 0xc000);
  const anonymous = makeObject(edge.dir, { finish: (bytes) => bytes.subarray(bytes.indexOf("PN") + 22) });
  assert.equal(await sendOne(anonymous), 0xc000);
});

test("hostile UIDs are refused and leave no file outside the spool", async () => {
  const object = makeObject(edge.dir);
  for (const sopInstanceUid of ["../../../../tmp/x", "1.2.3/../4", "1.2;rm -rf", "1".repeat(65), ""]) {
    const status = await sendOne({ ...object, sopInstanceUid });
    assert.equal(status, 0xc000, sopInstanceUid);
  }
  const names = readdirSync(path.join(edge.stateDir, "spool"), { recursive: true }).map(String);
  for (const name of names) assert.match(name, /^[\w./-]+$/);
});

test("nothing of a refused or interrupted object is left on the disk", async () => {
  const object = makeObject(edge.dir, { pixelBytes: 4_000_000 });
  const association = await openStoreAssociation({ ...peer(), files: [object] });
  const sending = association.store(object).catch(() => "cut");
  association.abort();
  await sending;
  await until("incoming is empty", () => readdirSync(path.join(edge.stateDir, "spool/incoming")).length === 0);
  await until("objects are empty", () => readdirSync(path.join(edge.stateDir, "spool/objects")).length === 0);
  assert.ok(statSync(edge.stateDir).isDirectory());
});

test("no name and no id of a patient is in the log", () => {
  assert.doesNotMatch(edge.log, /canary/i);
  assert.match(edge.log, /"callingAeTitle":"CT1"/);
});

const even = (bytes: Buffer): Buffer => (bytes.length % 2 ? Buffer.concat([bytes, Buffer.alloc(1)]) : bytes);
