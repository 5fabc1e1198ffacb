import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { makeObject } from "./edge-objects.ts";
import { EdgeUnderTest, until } from "./edge-process.ts";

let edge: EdgeUnderTest;
beforeEach(async () => {
  edge = await EdgeUnderTest.create();
  await edge.start();
});
afterEach(() => edge.remove());

type Made = ReturnType<typeof makeObject>;
const forwarded = async (): Promise<Made[]> => {
  const objects = Array.from({ length: 3 }, () => makeObject(edge.dir));
  assert.equal(
    (
      await edge.storescu(
        [],
        objects.map((each) => each.path),
      )
    ).code,
    0,
  );
  await until("held", () => objects.every((each) => edge.portal.holds(each)));
  await until("nothing waits", async () => (await edge.status()).queue.instances === 0);
  return objects;
};
const lose = ({ sopInstanceUid, sha256, transferSyntaxUid }: Made): void => {
  edge.portal.held.delete(`${sopInstanceUid} ${sha256}`);
  edge.portal.resend = [{ sopInstanceUid, dataSetSha256: sha256, transferSyntaxUid }];
};
const beats = async (): Promise<void> => {
  const seen = edge.portal.heartbeats.length;
  await until("more beats", () => edge.portal.heartbeats.length > seen + 2);
};

for (const restart of [false, true])
  test(`what the archive has lost is sent again from what the edge still has${restart ? ", also behind a restart" : ""}`, async () => {
    const [first, second] = await forwarded();
    // Longer than the spool lets what is needed no more lie about.
    await beats();
    await beats();
    if (restart) {
      await edge.kill();
      await edge.start();
      await beats();
    }
    const parts = edge.portal.parts.length;
    lose(second!);
    await until("held again", () => edge.portal.holds(second!));
    edge.portal.resend = [];
    assert.deepEqual(
      edge.portal.parts.slice(parts).map(({ sopInstanceUid, sha256 }) => [sopInstanceUid, sha256]),
      [[second!.sopInstanceUid, second!.sha256]],
      "it alone, and the same bytes",
    );
    assert.ok(edge.portal.holds(first!));
    await until("nothing waits", async () => (await edge.status()).queue.instances === 0);
  });

test("bytes that are not any more what was confirmed, or are gone, are not sent", async () => {
  const [first] = await forwarded();
  const segments = path.join(edge.stateDir, "spool", "segments");
  for (const name of readdirSync(segments)) {
    const file = path.join(segments, name);
    const bytes = readFileSync(file);
    const at = bytes.indexOf(first!.dataSet.subarray(-1000));
    if (at < 0) continue;
    bytes[at + 5]! ^= 1;
    writeFileSync(file, bytes, { flag: "r+" });
  }
  assert.ok(existsSync(segments));
  const parts = edge.portal.parts.length;
  lose(first!);
  await until("looked for it", () => /"found":0/.test(edge.log));
  await beats();
  assert.equal(edge.portal.parts.length, parts);
  assert.equal((await edge.status()).refused.count, 0, "nor is it a fault to tell of");
});
