import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { type MadeObject, makeObject, newUid } from "./edge-objects.ts";
import { EdgeUnderTest, until } from "./edge-process.ts";

let edge: EdgeUnderTest;
beforeEach(async () => {
  edge = await EdgeUnderTest.create();
  await edge.start();
});
afterEach(() => edge.remove());

const study = (count: number): MadeObject[] => {
  const studyInstanceUid = newUid();
  return Array.from({ length: count }, () => makeObject(edge.dir, { studyInstanceUid }));
};
const send = (objects: MadeObject[]) =>
  edge.storescu(
    [],
    objects.map(({ path }) => path),
  );
const refusedUids = async (): Promise<(string | undefined)[]> =>
  (await edge.status()).refused.items.map(({ sopInstanceUid }) => sopInstanceUid);

for (const naming of ["uid", "part", "none"] as const)
  test(`an image that the archive will never take ends as refused, named by ${naming}`, async () => {
    const objects = study(4);
    const bad = objects[1]!;
    edge.portal.naming = naming;
    edge.portal.refuse.set(bad.sopInstanceUid, 0xc000);
    const sent = await send(objects);
    assert.equal(sent.code, 0, `${sent.output}${edge.log}`);
    await until("refused", async () => (await edge.status()).refused.count === 1);
    assert.deepEqual(await refusedUids(), [bad.sopInstanceUid]);
    await until("study told", () => edge.portal.completes.at(-1)?.instanceCount === 3);
    // Before it is offered as whole the portal knows what is missing.
    assert.ok(edge.portal.told.indexOf("refused") < edge.portal.told.indexOf("complete"), edge.portal.told.join(" "));
    const [told] = edge.portal.refused.at(-1)!.objects;
    assert.equal(told?.sopInstanceUid, bad.sopInstanceUid);
    assert.equal(told?.studyInstanceUid, bad.studyInstanceUid);
    assert.match(told?.reason ?? "", naming === "part" ? /^dicom\.malformed$/ : /^archive-c000$/);
    const sentBefore = edge.portal.parts.filter(({ sopInstanceUid }) => sopInstanceUid === bad.sopInstanceUid).length;
    await until("beats go on", () => edge.portal.heartbeats.filter(({ refused }) => refused === 1).length > 2);
    const sentAfter = edge.portal.parts.filter(({ sopInstanceUid }) => sopInstanceUid === bad.sopInstanceUid).length;
    assert.equal(sentAfter, sentBefore, "it is not sent again");
  });

test("a request that the portal refuses for one object takes none of the others along", async () => {
  const objects = study(3);
  edge.portal.refuseRequest.set(objects[2]!.sopInstanceUid, 413);
  await send(objects);
  await until("refused", async () => (await edge.status()).refused.count === 1);
  assert.deepEqual(await refusedUids(), [objects[2]!.sopInstanceUid]);
  await until("others are held", () => objects.slice(0, 2).every((object) => edge.portal.holds(object)));
});

test("what is refused as it arrives is shown too, until it comes in order", async () => {
  const studyInstanceUid = newUid();
  const sopInstanceUid = newUid();
  const nameless = makeObject(edge.dir, { studyInstanceUid, sopInstanceUid, seriesInstanceUid: "" });
  const sent = await send([nameless]);
  assert.notEqual(sent.code, 0, `${sent.output} ${edge.log}`);
  await until("shown", async () => (await edge.status()).refused.count === 1);
  await until("told", () => edge.portal.refused.at(-1)?.total === 1);
  const { receivedAt, callingAeTitle, ...object } = edge.portal.refused.at(-1)!.objects[0]!;
  assert.deepEqual(object, { sopInstanceUid, studyInstanceUid, reason: "dicom.missing-attribute" });
  assert.ok(receivedAt && callingAeTitle);
  assert.equal((await send([makeObject(edge.dir, { studyInstanceUid, sopInstanceUid })])).code, 0);
  await until("forgotten", () => edge.portal.refused.at(-1)?.total === 0);
  assert.equal((await edge.status()).refused.count, 0);
});

test("a refused image that is sent again gets another chance", async () => {
  const [object] = study(1);
  edge.portal.refuse.set(object!.sopInstanceUid, 0xc000);
  await send([object!]);
  await until("refused", async () => (await edge.status()).refused.count === 1);
  edge.portal.refuse.clear();
  await send([object!]);
  await until("held", () => edge.portal.holds(object!));
  await until("forgotten", async () => (await edge.status()).refused.count === 0);
});
