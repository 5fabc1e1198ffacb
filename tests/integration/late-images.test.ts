import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SOP } from "@overread/shared/dicom/sop-classes";
import { DomainError } from "@overread/shared/errors";
import { TRPCError } from "@trpc/server";
import { withTenant } from "#server/db/with-tenant.ts";
import { completeStudy } from "#server/domain/imaging/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { createCaller } from "#server/trpc/caller.ts";
import { facilityId, orgId, signedIn } from "../actors.ts";
import { type TestArchive, useTestArchive } from "../archive.ts";
import { setEveryPacs } from "../factories/destinations.ts";
import { type Tiny, type TinyWish, tinyInstance } from "../factories/tiny-instance.ts";

/** Pictures that come after somebody has begun, or has signed, are told to everybody whom they concern, until somebody has answered. */
let archive: TestArchive;
before(async () => {
  archive = await useTestArchive();
});
after(() => archive.close());

const person = async (email: string) => createCaller((await signedIn(email)).actor, async () => {});
const reader = () => person("radiologist@nightshift.example");
const refusedWith = (code: string) => (error: unknown) =>
  error instanceof TRPCError && error.cause instanceof DomainError && error.cause.code === code;

async function send(wish: TinyWish = {}): Promise<Tiny> {
  const made = tinyInstance(wish);
  assert.equal((await archive.stow([made.part10])).status, 200);
  return made;
}
async function complete({ study }: Tiny): Promise<void> {
  const org = await orgId("lakeside");
  await withTenant(systemActor(org, "test"), (ctx) =>
    completeStudy(ctx, { studyInstanceUid: study, purpose: "read", instanceCount: 1 }),
  );
}
async function itemOf({ study }: Tiny) {
  const { items } = await (await reader()).worklist.list({ limit: 200 });
  return items.find(({ studyInstanceUid }) => studyInstanceUid === study);
}
async function drafted(first: Tiny) {
  await complete(first);
  const api = await reader();
  const { caseId } = (await itemOf(first))!;
  const { claimToken } = await api.worklist.claim({ caseId });
  const sections = [{ key: "impression", title: "Impression", text: "Normal." }];
  const { version } = await api.report.saveDraft({ caseId, claimToken, version: 0, sections });
  const sign = () => api.report.sign({ caseId, claimToken, version, password: "x" });
  return { api, caseId, sign };
}
/** As the worker stores a report's documents. */
async function ownDocument({ study }: Tiny): Promise<void> {
  const { ingestPart10 } = await import("#server/archive/index.ts");
  const made = tinyInstance({
    study,
    sopClass: SOP.encapsulatedPdf,
    elements: { "00080060": { vr: "CS", Value: ["DOC"] }, "7FE00010": undefined },
  });
  const result = await ingestPart10(systemActor(await orgId("lakeside"), "test"), made.part10, {
    source: "report",
    requestId: "test",
  });
  assert.equal(result.outcome, "stored");
}

test("a picture that comes before anybody reads makes the study larger, and nothing more", async () => {
  const first = await send();
  await complete(first);
  await send({ study: first.study });
  const item = await itemOf(first);
  assert.deepEqual([item?.images.received, item?.lateImages], [2, null]);
});

test("a picture that comes while the case is read blocks the signature until the reader has said to have seen it", async () => {
  const first = await send();
  const { api, caseId, sign } = await drafted(first);
  await send({ study: first.study });
  assert.equal((await itemOf(first))?.lateImages?.count, 1);
  await assert.rejects(sign(), refusedWith("case.late-images"));
  await send({ study: first.study });
  await assert.rejects(api.study.seeLateImages({ caseId, count: 1 }), refusedWith("case.late-images"), "a second came");
  await api.study.seeLateImages({ caseId, count: 2 });
  assert.equal((await itemOf(first))?.lateImages, null);
  await sign();
  const trail = (await (await person("admin@lakeside.example")).audit.search({})).items;
  assert.equal(trail.filter(({ action }) => action === "case.see-late-images").length, 1);
});

test("a picture after the signature is a task of the signer's until an addendum is made", async () => {
  const first = await send({ elements: { "00080090": { vr: "PN", Value: [{ Alphabetic: "Almeida^Rui" }] } } });
  const { api, caseId, sign } = await drafted(first);
  await sign();
  const mine = async () => (await api.worklist.list({ filter: { list: "mine" } })).items.map((item) => item.caseId);
  assert.deepEqual(await mine(), []);
  await send({ study: first.study });
  assert.equal((await itemOf(first))?.lateImages?.count, 1);
  assert.deepEqual(await mine(), [caseId]);
  assert.equal((await api.worklist.list({})).counts.mine, 1);
  const others = await person("radiologist2@nightshift.example");
  assert.deepEqual((await others.worklist.list({ filter: { list: "mine" } })).items, []);
  await api.report.addendum({ caseId, text: "Another series came.", password: "x", lateImages: 0 });
  assert.deepEqual(await mine(), [caseId], "the writer was told of none");
  await api.report.addendum({ caseId, text: "The second series shows the same.", password: "x" });
  assert.deepEqual(await mine(), []);
  assert.equal((await itemOf(first))?.lateImages, null);
});

test("of a signed report a reader may state that nothing changes, in words that the trail keeps", async () => {
  const first = await send();
  const { api, caseId, sign } = await drafted(first);
  await sign();
  await send({ study: first.study });
  await assert.rejects(api.study.seeLateImages({ caseId, count: 1 }), refusedWith("request.invalid"));
  await api.study.seeLateImages({ caseId, count: 1, reason: "A repeat of the first image." });
  assert.equal((await itemOf(first))?.lateImages, null);
  const trail = (await (await person("admin@lakeside.example")).audit.search({})).items;
  assert.ok(trail.some(({ details }) => JSON.stringify(details).includes("A repeat of the first image.")));
});

test("the referring physician is told of pictures that are not in the report, and a reading is a fact of its own", async () => {
  const first = await send();
  const { sign } = await drafted(first);
  await sign();
  const { actor } = await signedIn("referrer@lakeside.example");
  await archive.owner.query("UPDATE study SET referrer_id = $1 WHERE study_instance_uid = $2", [
    actor.userId,
    first.study,
  ]);
  const physician = createCaller(actor);
  const listed = async () =>
    (await physician.referral.list({})).items.find((item) => item.studyInstanceUid === first.study)!;
  assert.deepEqual([(await listed()).unread, (await listed()).lateImages], [true, 0]);
  await send({ study: first.study });
  const opened = await physician.referral.get({ studyId: (await listed()).studyId });
  assert.equal(opened.lateImages, 1);
  assert.equal((await listed()).unread, false);
  await archive.owner.query("DELETE FROM referral_reading");
  assert.equal((await listed()).unread, true, "whatever the trail says");
});

test("what was received and acquired is what the hospital sent, not our own documents", async () => {
  const first = await send();
  const { sign } = await drafted(first);
  await sign();
  await ownDocument(first);
  const item = await itemOf(first);
  assert.deepEqual([item?.images.received, item?.modalities, item?.lateImages], [1, ["CT"], null]);
});

const derived: [string, string, string][] = [
  ["a presentation state", SOP.grayscalePresentationState, "PR"],
  ["a key object selection", SOP.keyObjectSelection, "KO"],
  ["a structured report", SOP.comprehensiveSr, "SR"],
  ["a segmentation", SOP.segmentation, "SEG"],
  ["a radiotherapy plan", SOP.rtPlan, "RTPLAN"],
  ["a radiotherapy dose", SOP.rtDose, "RTDOSE"],
  ["radiotherapy structures", SOP.rtStructureSet, "RTSTRUCT"],
  ["an encapsulated PDF", SOP.encapsulatedPdf, "DOC"],
  ["an ECG", SOP.ecg12Lead, "ECG"],
  ["an object of a private class without rows", "1.3.12.2.1107.5.9.1", "OT"],
];
for (const [what, sopClass, modality] of derived)
  test(`${what} alone is archived and is no case; one opens when pictures come`, async () => {
    const elements: NonNullable<TinyWish["elements"]> = { "00080060": { vr: "CS", Value: [modality] } };
    if (modality === "OT") for (const tag of ["00280010", "7FE00010"]) elements[tag] = undefined;
    const first = await send({ sopClass, elements });
    await complete(first);
    assert.equal(await itemOf(first), undefined);
    assert.equal((await archive.request(`/studies/${first.study}/metadata`)).status, 200);
    await send({ study: first.study });
    const item = await itemOf(first);
    assert.deepEqual([item?.modalities, item?.lateImages], [["CT"], null]);
  });

test("an image whose rows are missing is not lost: it is a case all the same", async () => {
  const first = await send({ elements: { "00280010": undefined } });
  assert.ok(await itemOf(first));
});

test("every list is as long as the number beside its name", async () => {
  const api = await reader();
  await complete(await send());
  await send({ elements: { "00401003": { vr: "SH", Value: ["STAT"] } } });
  const { counts } = await api.worklist.list({});
  assert.ok(counts.stat > 0 && counts.next > 0);
  for (const list of ["next", "all", "stat", "mine", "final"] as const) {
    const { items } = await api.worklist.list({ filter: { list }, limit: 200 });
    assert.equal(items.length, counts[list], list);
  }
});

test("what was signed longer ago than a day is neither on the list nor in its number, and is found by its name", async () => {
  const api = await reader();
  const name = [{ Alphabetic: "Oldfinal^Olga" }];
  const first = await send({ elements: { "00100010": { vr: "PN", Value: name } } });
  const { caseId, sign } = await drafted(first);
  await sign();
  const isListed = async () => {
    const { items, counts } = await api.worklist.list({ filter: { list: "final" }, limit: 200 });
    assert.equal(items.length, counts.final);
    return items.some((item) => item.caseId === caseId);
  };
  assert.equal(await isListed(), true);
  await archive.owner.query("UPDATE reading_case SET completed_at = completed_at - interval '25 hours' WHERE id = $1", [
    caseId,
  ]);
  assert.equal(await isListed(), false);
  const { items } = await api.worklist.list({ filter: { list: "final", text: "oldfinal" } });
  assert.deepEqual(
    items.map((item) => item.caseId),
    [caseId],
  );
});

test("an image that was set aside and is released after the signature is late, for reader and referring physician", async () => {
  const { admin, referrer } = {
    admin: await person("admin@lakeside.example"),
    referrer: await person("referrer@lakeside.example"),
  };
  const named = { "00080090": { vr: "PN", Value: [{ Alphabetic: "Almeida^Rosa" }] } };
  const first = await send({ elements: named });
  const { sign } = await drafted(first);
  const other = tinyInstance({
    study: first.study,
    series: first.series,
    instance: first.instance,
    elements: { ...named, "00204000": { vr: "LT", Value: ["other"] } },
  });
  assert.ok([200, 202].includes((await archive.stow([other.part10])).status));
  await sign();
  assert.equal((await itemOf(first))?.lateImages ?? null, null, "what is set aside is not shown to anybody");
  const [aside] = (await admin.quarantine.list({})).items.filter(
    ({ sopInstanceUid }) => sopInstanceUid === first.instance,
  );
  await admin.quarantine.resolve({
    instanceId: aside!.instanceId,
    decision: "release",
    reason: "The later one is right",
  });
  assert.equal((await itemOf(first))?.lateImages?.count, 1);
  const { items } = await referrer.referral.list({});
  assert.equal(items.find(({ studyInstanceUid }) => studyInstanceUid === first.study)?.lateImages, 1);
});

test("a study that names no referring physician is shared with nobody, until the site has chosen somebody, who is told why", async () => {
  const { admin, referrer } = {
    admin: await person("admin@lakeside.example"),
    referrer: await person("referrer@lakeside.example"),
  };
  /** As the edge router of the facility brings it. */
  const bring = async (wish: TinyWish): Promise<Tiny> => {
    const made = tinyInstance(wish);
    const actor = systemActor(await orgId("lakeside"), "test");
    const { ingestPart10 } = await import("#server/archive/index.ts");
    const { outcome } = await ingestPart10(actor, made.part10, {
      source: "stow",
      facilityId: await facilityId("lakeside-main"),
    });
    assert.equal(outcome, "stored");
    return made;
  };
  const nobody = { "00080090": undefined };
  const mine = async ({ study }: Tiny) =>
    (await referrer.referral.list({ limit: 100 })).items.find(({ studyInstanceUid }) => studyInstanceUid === study);
  assert.equal(await mine(await bring({ elements: nobody })), undefined);

  const facilities = await admin.facility.list();
  const { slug, settings } = facilities.find((facility) => facility.slug === "lakeside-main")!;
  assert.equal(settings?.defaultReferrerId, null);
  const reading = await person("radiologist@nightshift.example");
  const stranger = (await reading.session.me()).user.id;
  await assert.rejects(
    admin.facility.update({ facilitySlug: slug, defaultReferrerId: stranger }),
    refusedWith("request.invalid"),
  );
  const chosen = settings!.referrers.find(({ displayName }) => displayName === "Dr Rosa Almeida")!;
  await admin.facility.update({ facilitySlug: slug, defaultReferrerId: chosen.userId });
  const trail = (await admin.audit.search({})).items.find(({ action }) => action === "facility.update");
  assert.equal(trail?.details.defaultReferrerId, chosen.userId);

  const shared = await bring({ elements: nobody });
  assert.equal((await mine(shared))?.byDefault, true);
  const named = await bring({ elements: { "00080090": { vr: "PN", Value: [{ Alphabetic: "Almeida^Rosa" }] } } });
  assert.equal((await mine(named))?.byDefault, false);

  // Somebody is named in these: whom, nobody can read, and what is left of a name may be another's.
  const unreadable = (bytes: number[]) => ({
    "00080005": { vr: "CS", Value: ["ISO_IR 192"] },
    "00080090": { vr: "PN", bytes: Uint8Array.from(bytes.length % 2 ? [...bytes, 0x20] : bytes) },
  });
  const latin = (text: string) => [...Buffer.from(text, "latin1")];
  for (const bytes of [
    [0xa4, 0xfd, 0x5e, 0xa4, 0x70, 0xa9, 0xfa],
    latin("????^??"),
    latin("Almeida\xff\xff\xff^Rosa"),
    latin("Almeida?^Rosa"),
  ])
    assert.equal(await mine(await bring({ elements: unreadable(bytes) })), undefined, Buffer.from(bytes).toString());
  await admin.facility.update({ facilitySlug: slug, defaultReferrerId: null });
  assert.equal(await mine(await bring({ elements: nobody })), undefined);
});

test("a reader is told before signing who gets the report: no PACS and no physician where there is none", async () => {
  const goesTo = async (name?: string) => {
    const referrer = name ? { vr: "PN", Value: [{ Alphabetic: name }] } : undefined;
    const made = tinyInstance({ elements: { "00080090": referrer } });
    const { ingestPart10 } = await import("#server/archive/index.ts");
    const facility = await facilityId("lakeside-main");
    await ingestPart10(systemActor(await orgId("lakeside"), "test"), made.part10, {
      source: "stow",
      facilityId: facility,
    });
    await complete(made);
    return (await itemOf(made))?.goesTo;
  };
  const set = (aeTitle: string | null) =>
    setEveryPacs(archive.owner, aeTitle ? { aeTitle, host: "pacs.lakeside.example", port: 104 } : null);
  await set(null);
  assert.deepEqual(await goesTo(), { pacs: false, physician: null, byDefault: false });
  assert.deepEqual(await goesTo("Nobody^Known"), { pacs: false, physician: null, byDefault: false });
  await set("LAKESIDE_PACS");
  assert.deepEqual(await goesTo("Almeida^Rosa"), { pacs: true, physician: "Dr Rosa Almeida", byDefault: false });
});
