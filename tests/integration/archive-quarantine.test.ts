import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { chainAllWaitingReads } from "#server/audit/writer.ts";
import { openFrontDoor } from "#server/front-door/front-door.ts";
import { createLog } from "#server/log.ts";
import { createCaller } from "#server/trpc/caller.ts";
import { signedIn } from "../actors.ts";
import { dataSetOf, partsOf, type TestArchive, useTestArchive } from "../archive.ts";
import { tinyInstance } from "../factories/tiny-instance.ts";
import { useTestRedis } from "../redis.ts";

let archive: TestArchive;
let redis: Awaited<ReturnType<typeof useTestRedis>>;
let door: Awaited<ReturnType<typeof openFrontDoor>>;
let admin: Awaited<ReturnType<typeof signedIn>>;
before(async () => {
  redis = await useTestRedis();
  archive = await useTestArchive();
  admin = await signedIn("admin@lakeside.example");
  door = await openFrontDoor({ host: "127.0.0.1", port: 0, log: createLog("dicomweb", "silent" as "error") });
});
after(async () => {
  await door.stop(1000);
  await archive.close();
  await redis.drop();
});

const sha = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const api = () => createCaller(admin.actor).quarantine;
const refused = (code: string) => (error: { cause?: { code?: string } }) => error.cause?.code === code;
const download = (path: string, cookie = admin.cookie) =>
  fetch(`http://127.0.0.1:${door.port}${path}`, { headers: { cookie } });
async function servedDigest(study: string): Promise<string> {
  const [part, ...more] = await partsOf(await archive.request(`/studies/${study}`));
  assert.deepEqual(more, []);
  return sha(dataSetOf(part!.body));
}
async function twoVersions() {
  const first = tinyInstance();
  const second = tinyInstance({ ...first, elements: { "00081030": { vr: "LO", Value: ["CT CHEST CORRECTED"] } } });
  await archive.stow([first.part10]);
  await archive.stow([second.part10]);
  const item = (await api().list({})).items.find(({ studyInstanceUid }) => studyInstanceUid === first.study)!;
  return {
    first: sha(dataSetOf(first.part10)),
    second: sha(dataSetOf(second.part10)),
    study: first.study,
    instance: first.instance,
    item,
  };
}
const trail = async (action: string) => {
  await chainAllWaitingReads();
  return (
    await archive.owner.query<{ details: Record<string, unknown>; actor_name: string }>(
      "SELECT details, actor_name FROM audit_event WHERE action = $1 ORDER BY seq",
      [action],
    )
  ).rows;
};

test("the site's administrator sees what was set aside beside what is served, and in what they differ", async () => {
  const { item, first, second, instance } = await twoVersions();
  assert.equal(item.dataSetSha256, second);
  assert.equal(item.served?.dataSetSha256, first);
  assert.equal(item.sopInstanceUid, instance);
  assert.deepEqual(item.differs, ["StudyDescription"]);
  assert.equal(item.canRelease, true);
  assert.equal(item.why.code, "uid-with-other-content");
  assert.equal(item.decided, null);
});

test("both versions can be fetched whole by who decides, and by nobody else", async () => {
  const { item, first, second } = await twoVersions();
  for (const [version, digest] of [
    [item, second],
    [item.served!, first],
  ] as const) {
    const answer = await download(version.downloadPath);
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get("content-disposition") ?? "", /^attachment; filename="version-[0-9a-f]{12}\.dcm"$/);
    assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
    assert.equal(sha(dataSetOf(Buffer.from(await answer.arrayBuffer()))), digest);
  }
  assert.equal((await trail("instance.read-quarantined")).length, 2);
  for (const email of ["tech@lakeside.example", "admin@harbor.example", "radiologist@nightshift.example"])
    assert.equal((await download(item.downloadPath, (await signedIn(email)).cookie)).status, 404, email);
  assert.equal((await download(item.downloadPath, "")).status, 401);
  // An image that was never in doubt is not to be had this way.
  const plain = tinyInstance();
  await archive.stow([plain.part10]);
  const { rows } = await archive.owner.query("SELECT id FROM instance WHERE sop_instance_uid = $1", [plain.instance]);
  assert.equal((await download(`/api/quarantine/${rows[0].id}`)).status, 404);
});

test("released, the other version is served from then on; the one before is kept and may come back", async () => {
  const { item, first, second, study } = await twoVersions();
  assert.equal(await servedDigest(study), first);
  await assert.rejects(api().resolve({ instanceId: item.instanceId, decision: "release", reason: "" }));
  const decided = { instanceId: item.instanceId, decision: "release" as const, reason: "Corrected at the scanner." };
  assert.deepEqual(await api().resolve(decided), { status: "released" });
  assert.deepEqual(await api().resolve(decided), { status: "released" });
  const metadata = (await (await archive.request(`/studies/${study}/metadata`)).json()) as Record<
    string,
    { Value: string[] }
  >[];
  assert.equal(metadata.length, 1);
  assert.equal(metadata[0]?.["00081030"]?.Value[0], "CT CHEST CORRECTED");
  const { rows } = await archive.owner.query(
    "SELECT number_of_instances AS stored, quarantined_instances AS aside FROM study WHERE study_instance_uid = $1",
    [study],
  );
  assert.deepEqual(rows, [{ stored: 1, aside: 0 }]);
  assert.equal(
    (await api().list({})).items.some(({ instanceId }) => instanceId === item.instanceId),
    false,
  );

  const events = await trail("instance.release");
  assert.equal(events.length, 1, "the second time changed nothing");
  assert.equal(events[0]?.details.reason, "Corrected at the scanner.");
  assert.equal(events[0]?.details.replaced, item.served?.instanceId);
  const old = (await api().list({ state: "decided" })).items.find(({ dataSetSha256 }) => dataSetSha256 === first)!;
  assert.deepEqual(
    [old.decided?.status, old.decided?.by, old.decided?.reason],
    ["superseded", "Mei Tanaka", "Corrected at the scanner."],
  );
  await assert.rejects(
    api().resolve({ instanceId: old.instanceId, decision: "discard", reason: "No." }),
    refused("instance.already-resolved"),
  );
  assert.equal((await download(old.downloadPath)).status, 200, "its object is still there");
  await api().resolve({ instanceId: old.instanceId, decision: "release", reason: "It was right after all." });
  assert.equal((await trail("instance.release")).length, 2);
  assert.ok(second);
});

test("discarded, a version stays aside for good with the reason, and the case no longer asks", async () => {
  const { item, first, study } = await twoVersions();
  const reader = createCaller((await signedIn("radiologist@nightshift.example")).actor);
  const aside = async () =>
    (await reader.worklist.list({ limit: 200 })).items.find(({ studyInstanceUid }) => studyInstanceUid === study)
      ?.quarantined;
  assert.equal(await aside(), 1);
  const [one, two] = await Promise.all(
    [1, 2].map(() =>
      api().resolve({ instanceId: item.instanceId, decision: "discard", reason: "Sent twice by mistake." }),
    ),
  );
  assert.deepEqual([one, two], [{ status: "discarded" }, { status: "discarded" }]);
  assert.equal(await aside(), 0);
  assert.equal(await servedDigest(study), first);
  assert.equal((await trail("instance.discard")).length, 1);
  assert.equal((await download(item.downloadPath)).status, 200);
});

test("an image under another study's identifier can be left aside, and takes nobody's place", async () => {
  const owner = tinyInstance();
  await archive.stow([owner.part10]);
  const thief = tinyInstance({ instance: owner.instance });
  await archive.stow([thief.part10]);
  const item = (await api().list({})).items.find(({ studyInstanceUid }) => studyInstanceUid === thief.study)!;
  assert.equal(item.canRelease, false);
  await assert.rejects(
    api().resolve({ instanceId: item.instanceId, decision: "release", reason: "Mine." }),
    refused("instance.cannot-release"),
  );
  assert.equal(await servedDigest(owner.study), sha(dataSetOf(owner.part10)));
  await api().resolve({ instanceId: item.instanceId, decision: "discard", reason: "A wrong UID." });
});

test("a version that names another patient flags the study when it is released", async () => {
  const first = tinyInstance();
  await archive.stow([first.part10]);
  await archive.stow([tinyInstance({ ...first, elements: { "00100020": { vr: "LO", Value: ["P-9"] } } }).part10]);
  const item = (await api().list({})).items.find(({ studyInstanceUid }) => studyInstanceUid === first.study)!;
  const conflicts = async () =>
    (await archive.owner.query("SELECT patient_conflicts AS c FROM study WHERE study_instance_uid = $1", [first.study]))
      .rows[0].c;
  assert.deepEqual(await conflicts(), []);
  await api().resolve({ instanceId: item.instanceId, decision: "release", reason: "The ID was corrected." });
  assert.deepEqual(await conflicts(), ["patient-id"]);
});
