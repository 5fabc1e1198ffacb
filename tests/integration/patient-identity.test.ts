import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { reportWords } from "@overread/shared/report-words";
import { withTenant } from "#server/db/with-tenant.ts";
import { assembleReport, buildBasicTextSr, renderReportPdf } from "#server/documents/index.ts";
import { completeStudy } from "#server/domain/imaging/index.ts";
import { attachPriors } from "#server/domain/reading/index.ts";
import { gatherReport } from "#server/domain/reporting/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { createCaller } from "#server/trpc/caller.ts";
import { conflictInWords, doubtsInWords } from "../../src/app/_ui/in-words.ts";
import { orgId, signedIn } from "../actors.ts";
import { type TestArchive, useTestArchive } from "../archive.ts";
import { type Tiny, tinyInstance } from "../factories/tiny-instance.ts";

/** Nobody is offered, shown or told a stranger's study as their own patient's. */
let archive: TestArchive;
before(async () => {
  archive = await useTestArchive();
});
after(() => archive.close());

type Person = { id?: string | null; name?: string; birthDate?: string; sex?: string; date?: string };
async function send({
  id = "P-1",
  name = "Rivers^Alder",
  birthDate = "19690412",
  sex = "F",
  date = "20261120",
}: Person): Promise<Tiny> {
  const made = tinyInstance({
    elements: {
      "00080020": { vr: "DA", Value: [date] },
      "00100010": { vr: "PN", Value: [{ Alphabetic: name }] },
      "00100020": id === null ? undefined : id === "" ? { vr: "LO" } : { vr: "LO", Value: [id] },
      "00100030": { vr: "DA", Value: birthDate ? [birthDate] : [] },
      "00100040": { vr: "CS", Value: sex ? [sex] : [] },
    },
  });
  assert.equal((await archive.stow([made.part10])).status, 200);
  return made;
}
const reader = async () => createCaller((await signedIn("radiologist@nightshift.example")).actor);
const admin = async () => createCaller((await signedIn("admin@lakeside.example")).actor);
async function caseOf({ study }: Tiny) {
  const { items } = await (await reader()).worklist.list({ limit: 200 });
  const item = items.find(({ studyInstanceUid }) => studyInstanceUid === study);
  assert.ok(item, "the study is on the worklist");
  const org = await orgId("lakeside");
  await withTenant(systemActor(org, "test"), (ctx) => attachPriors(ctx, { caseId: item.caseId }));
  const opened = await (await reader()).study.open({ caseId: item.caseId });
  const report = await (await reader()).report.get({ caseId: item.caseId });
  const comparison = report.sections.find(({ key }) => key === "comparison")?.text ?? "";
  return { caseId: item.caseId, item: opened.item, priors: opened.priors, comparison };
}

for (const [what, id] of [
  ["an empty patient ID", ""],
  ["no patient ID", null],
  ["blanks for a patient ID", "   "],
  ["a patient ID of zeros", "00000"],
  ["UNKNOWN for a patient ID", "UNKNOWN"],
] as const)
  test(`studies with ${what} are of nobody's history`, async () => {
    await send({ id, name: "Brook^Ash", date: "20240101" });
    await send({ id, name: "Rivers^Alder", date: "20250101" });
    const { item, priors, comparison } = await caseOf(await send({ id, name: "Rivers^Alder" }));
    assert.deepEqual(priors, []);
    assert.equal(item.identity, "unknown");
    assert.doesNotMatch(comparison, /\d{4}/);
  });

test("patient IDs of which characters could not be read join no strangers", async () => {
  // Two IDs in Big5 that say they are UTF-8: both read as the same replacement characters.
  const bring = async (id: number[], date: string): Promise<Tiny> => {
    const made = tinyInstance({
      elements: {
        "00080005": { vr: "CS", Value: ["ISO_IR 192"] },
        "00080020": { vr: "DA", Value: [date] },
        "00100010": undefined,
        "00100020": { vr: "LO", bytes: Uint8Array.from(id) },
        "00100030": undefined,
      },
    });
    assert.equal((await archive.stow([made.part10])).status, 200);
    return made;
  };
  await bring([0xa4, 0xfd, 0x31, 0x32], "20250101");
  const { item, priors } = await caseOf(await bring([0xa7, 0xf5, 0x31, 0x32], "20260101"));
  assert.deepEqual(priors, []);
  assert.equal(item.identity, "unknown");
});

test("the trail of a patient is not asked for by an ID that identifies nobody", async () => {
  await send({ id: "UNKNOWN", name: "Brook^Ash" });
  const api = await admin();
  for (const patientId of ["", "UNKNOWN"])
    assert.deepEqual((await api.audit.search({ patientId })).items, [], patientId);
  await send({ id: "P-audit" });
  assert.ok((await api.audit.search({ patientId: "P-audit" })).items.length > 0);
});

test("an earlier study of the same person is a prior, hung and compared with", async () => {
  await send({ id: "P-same", name: "Müller^Jörg", sex: "M", date: "20250310" });
  const { item, priors, comparison } = await caseOf(await send({ id: "P-same", name: "MUELLER^JOERG^A", sex: "M" }));
  assert.deepEqual(
    priors.map(({ identity }) => identity),
    ["agrees"],
  );
  assert.equal(item.identity, "agrees");
  assert.match(comparison, /10 Mar 2025|2025-03-10/);
});

test("one patient ID and two people: said wherever the case is, never compared, and a task for the site", async () => {
  await send({ id: "P-two", name: "Brook^Ash", birthDate: "19900202", sex: "M", date: "20250310" });
  const { caseId, item, priors, comparison } = await caseOf(
    await send({ id: "P-two", name: "Rivers^Alder", birthDate: "19550101" }),
  );
  assert.equal(item.identity, "conflict");
  assert.match(
    conflictInWords(item.patientConflict) ?? "",
    /name another patient: they differ in birth-date|date of birth, name and sex/,
  );
  assert.doesNotMatch(conflictInWords(item.patientConflict) ?? "", /Brook|Rivers|19/);
  assert.deepEqual(
    priors.map(({ identity, accepted }) => [identity, accepted]),
    [["conflict", false]],
  );
  assert.match(priors[0]?.identityReason?.code ?? "", /prior-names-another/);
  assert.doesNotMatch(comparison, /2025/);
  const templates = await (await reader()).report.templates({ caseId });
  assert.doesNotMatch(JSON.stringify(templates), /10 Mar 2025|2025-03-10/, "nor in a template that is chosen later");

  const { items } = await (await admin()).identity.list();
  const task = items.find(({ kind, patientId }) => kind === "studies" && patientId === "P-two");
  assert.deepEqual([...(task?.differ ?? [])].sort(), ["birth-date", "name", "sex"]);
  assert.match(task?.other?.patientName ?? "", /BROOK/);

  // A reader who compares all the same says so, once, on record.
  const api = await reader();
  const { items: rows } = await api.worklist.list({ limit: 200 });
  assert.ok(rows.some((row) => row.caseId === caseId && row.identity === "conflict"));
  const prior = priors[0];
  assert.ok(prior);
  await api.study.acceptPrior({ caseId, studyId: prior.studyId });
  await api.study.acceptPrior({ caseId, studyId: prior.studyId });
  const after = await caseOf({ study: item.studyInstanceUid } as Tiny);
  assert.equal(after.priors[0]?.accepted, true);
  assert.match(after.comparison, /10 Mar 2025|2025-03-10/);
  assert.equal(after.item.identity, "conflict", "the conflict itself stays");
  const trail = await archive.owner.query(
    "SELECT 1 FROM audit_event WHERE action = 'case.accept-prior' AND case_id = $1",
    [caseId],
  );
  assert.equal(trail.rowCount, 1);
});

test("a study under the same ID that names somebody else stands behind every other, however alike it is", async () => {
  const person = { id: "P-order", name: "Rivers^Alder" };
  await send({ ...person, name: "Brook^Ash", birthDate: "19900202", sex: "M", date: "20260310" });
  await send({ ...person, date: "20150310" });
  const { priors } = await caseOf(await send({ ...person, date: "20260401" }));
  assert.deepEqual(
    priors.map(({ identity, studyDate }) => [identity, studyDate]),
    [
      ["agrees", "20150310"],
      ["conflict", "20260310"],
    ],
  );
});

test("the site clears a conflict with a name and a reason, and the studies agree from then on", async () => {
  const earlier = await send({ id: "P-clear", name: "Brook^Ash", date: "20250310" });
  const { caseId, item } = await caseOf(await send({ id: "P-clear", name: "Rivers^Alder", birthDate: "19560101" }));
  assert.equal(item.identity, "conflict");
  const api = await admin();
  const task = (await api.identity.list()).items.find(({ patientId }) => patientId === "P-clear");
  assert.ok(task?.other);
  await assert.rejects(
    api.identity.clear({ studyId: task.study.studyId, otherStudyId: task.other.studyId, reason: " " }),
  );
  await assert.rejects(
    (await reader()).identity.clear({ studyId: task.study.studyId, reason: "I think so." }),
    /auth.forbidden|not-found/,
  );
  await api.identity.clear({
    studyId: task.study.studyId,
    otherStudyId: task.other.studyId,
    reason: "Typing error, asked the ward.",
  });
  const { item: now, priors } = await caseOf({ study: item.studyInstanceUid } as Tiny);
  assert.equal(now.identity, "agrees");
  assert.deepEqual(
    priors.map(({ identity, studyInstanceUid }) => [identity, studyInstanceUid]),
    [["agrees", earlier.study]],
  );
  const { rows } = await archive.owner.query(
    "SELECT cleared_by_name, reason, differ FROM identity_clearance WHERE study_ref = $1",
    [task.study.studyId],
  );
  assert.equal(rows[0].reason, "Typing error, asked the ward.");
  assert.ok(rows[0].cleared_by_name.length > 0);
  const { rows: trail } = await archive.owner.query(
    "SELECT details FROM audit_event WHERE action = 'identity.clear' AND case_id = $1",
    [caseId],
  );
  assert.equal(trail.length, 1);
});

test("images of two people in one study are cleared by the site too, and flagged again when a stranger comes", async () => {
  const first = await send({ id: "P-mix" });
  const more = (name: string) =>
    archive.stow([
      tinyInstance({
        study: first.study,
        elements: {
          "00100020": { vr: "LO", Value: ["P-mix"] },
          "00100010": { vr: "PN", Value: [{ Alphabetic: name }] },
        },
      }).part10,
    ]);
  await more("Brook^Ash");
  assert.equal((await caseOf(first)).item.identity, "conflict");
  const api = await admin();
  const task = (await api.identity.list()).items.find(
    ({ kind, patientId }) => kind === "images" && patientId === "P-mix",
  );
  assert.ok(task);
  await api.identity.clear({ studyId: task.study.studyId, reason: "Emergency name, later corrected." });
  assert.equal((await caseOf(first)).item.identity, "agrees");
  await more("Stone^Flint");
  assert.equal((await caseOf(first)).item.identity, "conflict");
});

/** Read and signed by the reader, as the referrer's own patient. */
async function sign({ study }: Tiny): Promise<{ caseId: string; studyId: string; reportVersionId: string }> {
  const api = await signer();
  const { caseId, item } = await caseOf({ study } as Tiny);
  const org = await orgId("lakeside");
  await withTenant(systemActor(org, "test"), (ctx) =>
    completeStudy(ctx, { studyInstanceUid: study, purpose: "read", instanceCount: 1 }),
  );
  const { actor } = await signedIn("referrer@lakeside.example");
  await archive.owner.query("UPDATE study SET referrer_id = $1 WHERE id = $2", [actor.userId, item.studyId]);
  const { claimToken } = await api.worklist.claim({ caseId });
  const sections = [{ key: "impression", title: "Impression", text: "Normal." }];
  const { version } = await api.report.saveDraft({ caseId, claimToken, version: 0, sections });
  const { reportVersionId } = await api.report.sign({ caseId, claimToken, version, password: "x" });
  return { caseId, studyId: item.studyId, reportVersionId };
}
/** The password is the door's affair. */
const signer = async () => createCaller((await signedIn("radiologist@nightshift.example")).actor, async () => {});
const keysOf = (sections: { key: string }[]) => sections.map(({ key }) => key);
async function documentsOf(reportVersionId: string) {
  const org = await orgId("lakeside");
  const gathered = await withTenant(systemActor(org, "test"), (ctx) => gatherReport(ctx, { reportVersionId }));
  return { ...assembleReport(gathered), keyImages: [] };
}
const referrer = async () => createCaller((await signedIn("referrer@lakeside.example")).actor);
const inboxItem = async (studyId: string) =>
  (await (await referrer()).referral.list({ limit: 100 })).items.find((item) => item.studyId === studyId);

for (const [what, people, words] of [
  [
    "a report under an ID of two people",
    async () => {
      await send({ id: "P-signed", name: "Brook^Ash", birthDate: "19900202", sex: "M", date: "20250310" });
      return send({ id: "P-signed", birthDate: "19550101" });
    },
    /Earlier studies under this patient ID named another patient: they differed in/,
  ],
  ["a report without a patient ID", () => send({ id: "" }), /There was no patient ID that identifies anybody/],
] as const)
  test(`${what} says so in what is signed, on paper, in the structured report and to the referrer`, async () => {
    const { caseId, studyId, reportVersionId } = await sign(await people());
    const [version] = (await (await reader()).report.get({ caseId })).versions;
    assert.equal(version?.sections[0]?.key, "patient-identity");
    assert.match(version?.sections[0]?.text ?? "", words);
    const { rows } = await archive.owner.query("SELECT canonical_text FROM report_version WHERE id = $1", [
      reportVersionId,
    ]);
    assert.match(rows[0].canonical_text, words, "it is part of what was signed");

    const report = await documentsOf(reportVersionId);
    assert.match(report.sections[0]?.text ?? "", words);
    assert.match(buildBasicTextSr(report).toString("latin1"), words);
    const without = { ...report, sections: report.sections.slice(1) };
    assert.ok((await renderReportPdf(report)).length > (await renderReportPdf(without)).length, "the paper has it set");

    const item = await inboxItem(studyId);
    assert.match(doubtsInWords(item?.doubts ?? []) ?? "", /Make sure whose report this is/);
    assert.match(
      doubtsInWords((await (await referrer()).referral.get({ studyId })).doubts) ?? "",
      /name another|no patient ID/,
    );
  });

test("what the reader is shown before signing is what the report then says of its patient", async () => {
  const made = await send({ id: "" });
  const { item } = await caseOf(made);
  const { caseId } = await sign(made);
  const [version] = (await (await reader()).report.get({ caseId })).versions;
  assert.equal(version?.sections[0]?.text, reportWords("").identity.whenSigned(item.doubts));
});

test("a conflict that arises after the signature is on the pages, not in what was signed; an addendum then says it", async () => {
  const made = await send({ id: "P-later" });
  const { caseId, studyId } = await sign(made);
  const of = async () => (await (await reader()).report.get({ caseId })).versions;
  assert.deepEqual(keysOf((await of())[0]?.sections ?? []), ["impression"]);
  assert.deepEqual((await inboxItem(studyId))?.doubts, []);

  const stranger = {
    "00100020": { vr: "LO", Value: ["P-later"] },
    "00100010": { vr: "PN", Value: [{ Alphabetic: "Stone^Flint" }] },
  };
  assert.equal((await archive.stow([tinyInstance({ study: made.study, elements: stranger }).part10])).status, 200);
  assert.match(
    doubtsInWords((await inboxItem(studyId))?.doubts ?? []) ?? "",
    /Images of this study name different patients/,
  );
  assert.match(conflictInWords((await caseOf(made)).item.patientConflict) ?? "", /different patients/);
  assert.deepEqual(keysOf((await of())[0]?.sections ?? []), ["impression"], "what was signed stays");

  const { reportVersionId } = await (await signer()).report.addendum({ caseId, text: "Look again.", password: "x" });
  assert.deepEqual(keysOf((await of())[0]?.sections ?? []), ["impression", "identity-addendum-1", "addendum-1"]);
  const document = await documentsOf(reportVersionId);
  const { addenda, sections } = document;
  assert.match(buildBasicTextSr(document).toString("latin1"), /patient-identity/, "one code for both");
  assert.deepEqual(keysOf(sections), ["impression"], "the addendum's words are not the report's");
  assert.deepEqual(
    addenda.map(({ number, sections: own }) => [number, keysOf(own)]),
    [[1, ["identity-addendum-1", "addendum-1"]]],
  );
});

test("a doubt that the site has cleared is in no report that is signed afterwards", async () => {
  const earlier = await send({ id: "P-cleared", name: "Brook^Ash", date: "20250310" });
  const made = await send({ id: "P-cleared", birthDate: "19560101" });
  const [mine, other] = [(await caseOf(made)).item.studyId, (await caseOf(earlier)).item.studyId];
  await (await admin()).identity.clear({ studyId: mine, otherStudyId: other, reason: "Married name, asked." });
  const { caseId, studyId } = await sign(made);
  const [version] = (await (await reader()).report.get({ caseId })).versions;
  assert.deepEqual(keysOf(version?.sections ?? []), ["impression"]);
  assert.deepEqual((await inboxItem(studyId))?.doubts, []);
});

test("the lists of the site's administrator mark a patient in doubt too", async () => {
  const made = await send({ id: "" });
  const other = tinyInstance({
    ...made,
    elements: { "00100020": { vr: "LO" }, "00080050": { vr: "SH", Value: ["ACC2"] } },
  });
  await archive.stow([other.part10]);
  await archive.owner.query(
    `INSERT INTO damaged_object (org_id, study_ref, instance_id, fault, found_by)
     SELECT org_id, study_ref, id, 'corrupt', 'read' FROM instance WHERE sop_instance_uid = $1 AND status = 'stored'`,
    [made.instance],
  );
  const api = await admin();
  const aside = (await api.quarantine.list({})).items.find(({ sopInstanceUid }) => sopInstanceUid === made.instance);
  assert.match(doubtsInWords(aside?.doubts ?? []) ?? "", /no patient ID/);
  const { items } = await api.damage.list({});
  assert.match(
    doubtsInWords(items.find(({ studyId }) => studyId === aside?.studyId)?.doubts ?? []) ?? "",
    /no patient ID/,
  );
});
