import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { type DicomJson, numberOf, stringOf } from "@overread/shared/dicom/dicom-json";
import { TS } from "@overread/shared/dicom/transfer-syntaxes";
import { part10Head } from "@overread/shared/dicom/write";
import { findToken } from "#server/auth/api-token.ts";
import type { TokenActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { confirmInstances } from "#server/domain/imaging/index.ts";
import { openFrontDoor } from "#server/front-door/front-door.ts";
import { createLog } from "#server/log.ts";
import { createCaller } from "#server/trpc/caller.ts";
import { inWords } from "../../src/app/_ui/in-words.ts";
import { signedIn } from "../actors.ts";
import { dataSetOf, partsOf, type TestArchive, useTestArchive } from "../archive.ts";
import { type Tiny, tinyInstance } from "../factories/tiny-instance.ts";
import { eventually, useTestRedis } from "../redis.ts";

let archive: TestArchive;
let redis: Awaited<ReturnType<typeof useTestRedis>>;
let door: Awaited<ReturnType<typeof openFrontDoor>>;
let sender: TokenActor;
before(async () => {
  redis = await useTestRedis();
  archive = await useTestArchive();
  sender = (await findToken(archive.tokens.lakeside)) as TokenActor;
  door = await openFrontDoor({ host: "127.0.0.1", port: 0, log: createLog("dicomweb", "silent" as "error") });
});
after(async () => {
  await door.stop(1000);
  await archive.close();
  await redis.drop();
});

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
/** The same data set under a head that says another transfer syntax. */
const relabelled = ({ instance, part10 }: Tiny, transferSyntaxUid: string): Buffer =>
  Buffer.concat([
    part10Head({ sopClassUid: "1.2.840.10008.5.1.4.1.1.2", sopInstanceUid: instance, transferSyntaxUid }),
    dataSetOf(part10),
  ]);
/** A compressed image; more than a megabyte goes to the disk while it comes. */
const compressed = (bytes: number): Tiny =>
  tinyInstance({
    transferSyntaxUid: TS.jpegLossless,
    elements: { "7FE00010": { vr: "OB", fragments: [new Uint8Array(0), new Uint8Array(bytes).fill(7)] } },
  });
async function served({ study, series, instance }: Tiny): Promise<{ headers: string; body: Buffer }> {
  const parts = await partsOf(
    await archive.request(`/studies/${study}/series/${series}/instances/${instance}`, {
      headers: { accept: 'multipart/related; type="application/dicom"; transfer-syntax=*' },
    }),
  );
  assert.equal(parts.length, 1);
  return parts[0]!;
}
const syntaxIn = (part10: Buffer): string =>
  /1\.2\.840\.10008\.1\.2[\d.]*/.exec(part10.subarray(0, 400).toString("latin1"))?.[0] ?? "";
const urlOf = (item: DicomJson): string | undefined => stringOf(item, "00081190");

for (const [size, bytes] of [
  ["small", 64],
  ["large", 3 << 20],
] as const)
  test(`the same bytes in another transfer syntax are another version, and each is had back as it was sent: ${size}`, async () => {
    const first = compressed(bytes);
    const second = relabelled(first, TS.jpegLosslessSv1);
    assert.equal((await archive.stow([first.part10])).status, 200);
    const answer = await archive.stow([second]);
    assert.equal(answer.status, 202);
    assert.equal(numberOf(answer.stored[0]!, "00081196"), 0xb001);

    const part = await served(first);
    assert.match(part.headers, /transfer-syntax=1\.2\.840\.10008\.1\.2\.4\.57\b/);
    assert.equal(syntaxIn(part.body), TS.jpegLossless, "the first is served as it came");
    assert.deepEqual(dataSetOf(part.body), dataSetOf(first.part10));

    const admin = await signedIn("admin@lakeside.example");
    const { items } = await createCaller(admin.actor).quarantine.list({});
    const item = items.find(({ sopInstanceUid }) => sopInstanceUid === first.instance)!;
    assert.match(inWords(item.why), /another transfer syntax: JPEG.*, this time JPEG/);
    assert.deepEqual(item.differs, []);
    for (const [version, syntax] of [
      [item, TS.jpegLosslessSv1],
      [item.served!, TS.jpegLossless],
    ] as const) {
      const file = await fetch(`http://127.0.0.1:${door.port}${version.downloadPath}`, {
        headers: { cookie: admin.cookie },
      });
      const back = Buffer.from(await file.arrayBuffer());
      assert.equal(file.status, 200);
      assert.equal(syntaxIn(back), syntax);
      assert.deepEqual(dataSetOf(back), dataSetOf(first.part10));
    }

    // Each again: known, nothing new.
    assert.equal((await archive.stow([first.part10])).status, 200);
    assert.equal((await archive.stow([second])).status, 202);
    const { rows } = await archive.owner.query<{ n: number }>(
      "SELECT count(*)::int AS n FROM instance WHERE sop_instance_uid = $1",
      [first.instance],
    );
    assert.equal(rows[0]?.n, 2);
  });

test("an image coded anew is a version too: neither takes the first's place nor is dropped", async () => {
  const first = tinyInstance();
  for (const transferSyntaxUid of [TS.implicitLittleEndian, TS.deflatedExplicitLittleEndian, TS.explicitBigEndian]) {
    await archive.stow([first.part10]);
    const again = tinyInstance({ ...first, transferSyntaxUid });
    const answer = await archive.stow([again.part10]);
    assert.equal(answer.status, 202, transferSyntaxUid);
    const digest = {
      sopInstanceUid: first.instance,
      dataSetSha256: sha256(dataSetOf(again.part10)),
      transferSyntaxUid,
    };
    const { held } = await withTenant(sender, (ctx) => confirmInstances(ctx, [digest]));
    assert.deepEqual(held, [digest]);
    assert.equal(sha256(dataSetOf((await served(first)).body)), sha256(dataSetOf(first.part10)));
  }
  const { rows } = await archive.owner.query<{ r: string }>(
    "SELECT DISTINCT quarantine_reason AS r FROM instance WHERE sop_instance_uid = $1 AND status = 'quarantined'",
    [first.instance],
  );
  assert.deepEqual(rows, [{ r: "same-uid-other-syntax" }]);
});

test("bytes are confirmed in the syntax they are held in, and in no other", async () => {
  const image = compressed(64);
  await archive.stow([image.part10]);
  const digest = { sopInstanceUid: image.instance, dataSetSha256: sha256(dataSetOf(image.part10)) };
  const asked = [digest, TS.jpegLossless, TS.jpegLosslessSv1].map((each) =>
    typeof each === "string" ? { ...digest, transferSyntaxUid: each } : each,
  );
  const { held, missing } = await withTenant(sender, (ctx) => confirmInstances(ctx, asked));
  assert.deepEqual(held, asked.slice(0, 2));
  assert.deepEqual(missing, asked.slice(2));
});

test("released, the version in the other syntax is served, and no reader's copy of the first is confirmed", async () => {
  const first = compressed(64);
  await archive.stow([first.part10]);
  await archive.stow([relabelled(first, TS.jpegLosslessSv1)]);
  const at = `/studies/${first.study}/series/${first.series}/instances/${first.instance}`;
  const headers = { accept: "application/dicom; transfer-syntax=*" };
  const tags = async () =>
    Promise.all(
      [at, `${at}/metadata`, `${at}/frames/1`].map(async (each) => {
        const accept = each === at ? headers.accept : "*/*";
        const response = await archive.request(each, { headers: { accept } });
        assert.equal(response.status, 200, each);
        return response.headers.get("etag");
      }),
    );
  const before = await tags();
  const admin = createCaller((await signedIn("admin@lakeside.example")).actor).quarantine;
  const { items } = await admin.list({});
  const { instanceId } = items.find(({ sopInstanceUid }) => sopInstanceUid === first.instance)!;
  await admin.resolve({ instanceId, decision: "release", reason: "Named rightly by the PACS." });
  // Also for who has the study open, within the two seconds that rights are believed for.
  const isOther = async () => syntaxIn((await served(first)).body) === TS.jpegLosslessSv1;
  await eventually(isOther, "the released version is served");
  const later = await tags();
  for (const [index, tag] of before.entries()) assert.notEqual(later[index], tag);
});

test("every Retrieve URL of a store answer leads to what was stored, and is empty where nothing of it is served", async () => {
  const [a, b] = [tinyInstance(), tinyInstance()];
  const changed = tinyInstance({ ...a, elements: { "00081030": { vr: "LO", Value: ["CHANGED"] } } });
  const thief = tinyInstance({ instance: b.instance });
  const follow = async (url: string | undefined) => {
    assert.ok(url);
    return (await archive.request(url.slice(`${archive.url}/dicomweb/lakeside`.length))).status;
  };

  const one = await archive.stow([a.part10]);
  assert.equal(await follow(urlOf(one.body)), 200);
  assert.equal(await follow(urlOf(one.stored[0]!)), 200);

  const two = await archive.stow([a.part10, b.part10]);
  assert.equal(two.status, 200);
  assert.deepEqual(two.body["00081190"], { vr: "UR" }, "type 2: there, and empty for two studies");
  for (const item of two.stored) assert.equal(await follow(urlOf(item)), 200);

  // Held, and not served: a warning of our own, and no address.
  for (const aside of [changed, thief]) {
    const answer = await archive.stow([aside.part10]);
    assert.equal(answer.status, 202);
    assert.deepEqual(answer.body["00081190"], { vr: "UR" });
    assert.deepEqual(answer.stored[0]?.["00081190"], { vr: "UR" });
    assert.equal(numberOf(answer.stored[0]!, "00081196"), 0xb001);
    assert.equal(stringOf(answer.stored[0]!, "00081155"), aside.instance);
  }
  const beside = await archive.stow([changed.part10, a.part10]);
  assert.equal(await follow(urlOf(beside.body)), 200);

  const none = await archive.stow([Buffer.from("no DICOM")]);
  assert.equal(none.status, 409);
  assert.deepEqual(none.body["00081190"], { vr: "UR" });
});

test("a failed object is named by class and instance where they could be read, and otherwise fails among the others", async () => {
  const { part10, study, instance } = tinyInstance();
  const elsewhere = await archive.stow([part10], { study: `${study}.9` });
  const [named] = (elsewhere.body["00081198"]?.Value ?? []) as DicomJson[];
  assert.equal(stringOf(named!, "00081150"), "1.2.840.10008.5.1.4.1.1.2");
  assert.equal(stringOf(named!, "00081155"), instance);
  assert.equal(elsewhere.body["0008119A"], undefined);

  // Broken behind the header: it still says which one it is.
  const broken = await archive.stow([part10.subarray(0, part10.length - 10), Buffer.from("no DICOM")]);
  const failed = (broken.body["00081198"]?.Value ?? []) as DicomJson[];
  assert.deepEqual(
    failed.map((item) => [stringOf(item, "00081150"), stringOf(item, "00081155"), numberOf(item, "00081197")]),
    [["1.2.840.10008.5.1.4.1.1.2", instance, 0xc000]],
  );
  const others = (broken.body["0008119A"]?.Value ?? []) as DicomJson[];
  assert.deepEqual(
    others.map((item) => [stringOf(item, "00081155"), numberOf(item, "00081197")]),
    [[undefined, 0xc000]],
  );
});
