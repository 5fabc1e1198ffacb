import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { DicomJson } from "@overread/shared/dicom/dicom-json";
import { withTenant } from "#server/db/with-tenant.ts";
import { completeStudy } from "#server/domain/imaging/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { createCaller } from "#server/trpc/caller.ts";
import { orgId, signedIn } from "../actors.ts";
import { type TestArchive, useTestArchive } from "../archive.ts";
import { tinyInstance } from "../factories/tiny-instance.ts";

let archive: TestArchive;
before(async () => {
  archive = await useTestArchive();
});
after(() => archive.close());

/** A name in bytes that are not in the character set that its data set declares. */
function misdeclared(declared: string, name: number[]) {
  return tinyInstance({
    elements: {
      "00080005": { vr: "CS", Value: [declared] },
      "00100010": { vr: "PN", bytes: Uint8Array.from(name.length % 2 ? [...name, 0x20] : name) },
    },
  });
}

test("a name in another set than declared is read, found, and marked as repaired; the file stays as it came", async () => {
  const chinese = misdeclared("ISO_IR 192", [0xcd, 0xf5, 0x5e, 0xd0, 0xa1, 0xb6, 0xab]);
  const plain = tinyInstance();
  for (const made of [chinese, plain]) {
    assert.equal((await archive.stow([made.part10])).status, 200);
    await withTenant(systemActor(await orgId("lakeside"), "test"), (ctx) =>
      completeStudy(ctx, { studyInstanceUid: made.study, purpose: "read", instanceCount: 1 }),
    );
  }
  const reader = createCaller((await signedIn("radiologist@nightshift.example")).actor, async () => {});
  const { items } = await reader.worklist.list({ filter: { text: "小东" } });
  assert.deepEqual(
    items.map((item) => [item.studyInstanceUid, item.patientName, item.textRepaired]),
    [[chinese.study, "王, 小东", "gb18030"]],
  );
  const all = await reader.worklist.list({});
  assert.equal(all.items.find((item) => item.studyInstanceUid === plain.study)?.textRepaired, null);

  const path = `/studies/${chinese.study}/series/${chinese.series}/instances/${chinese.instance}`;
  const served = await archive.request(path, { headers: { accept: 'multipart/related; type="application/dicom"' } });
  const bytes = Buffer.from(await served.arrayBuffer());
  assert.ok(bytes.includes(Buffer.from([0xcd, 0xf5, 0x5e, 0xd0, 0xa1, 0xb6, 0xab])), "the original bytes");
  const answer = await archive.request(`${path}/metadata`, { headers: { accept: "application/dicom+json" } });
  const [metadata] = (await answer.json()) as DicomJson[];
  assert.deepEqual(metadata?.["00100010"]?.Value, [{ Alphabetic: "王^小东" }]);
});
