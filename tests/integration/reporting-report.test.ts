import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import { signedSections } from "@overread/shared/signed-sections";
import type { UserActor } from "#server/context.ts";
import { pool } from "#server/db/clients.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { claimCase } from "#server/domain/reading/index.ts";
import {
  addAddendum,
  getReport,
  listTemplates,
  recordDocuments,
  type Signed,
  saveDraft,
  signReport,
} from "#server/domain/reporting/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";
import { lapseClaim, type MadeStudy, makeUnreadCase, type StudyWish } from "../factories/studies.ts";

let db: Awaited<ReturnType<typeof useTestDatabase>>;
let solheim: UserActor;
let mensah: UserActor;
before(async () => {
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse" });
  solheim = (await signedIn("radiologist@nightshift.example")).actor;
  mensah = (await signedIn("radiologist2@nightshift.example")).actor;
});
after(() => db.drop());

const refusedWith = (code: string) => (error: unknown) => error instanceof DomainError && error.code === code;
const sections = (impression: string, findings = "Clear lungs.") => [
  { key: "findings", title: "Findings", text: findings },
  { key: "impression", title: "Impression", text: impression },
];
const claim = (actor: UserActor, caseId: string) => withTenant(actor, (ctx) => claimCase(ctx, { caseId }));
type Save = Omit<Parameters<typeof saveDraft>[1], "caseId">;
const save = (actor: UserActor, caseId: string, input: Save) =>
  withTenant(actor, (ctx) => saveDraft(ctx, { caseId, ...input }));
const read = (actor: UserActor, caseId: string) => withTenant(actor, (ctx) => getReport(ctx, { caseId }));

async function signedCase(wish: StudyWish = {}): Promise<MadeStudy & { caseId: string; signed: Signed }> {
  const made = await makeUnreadCase(db.owner, wish);
  const { claimToken } = await claim(solheim, made.caseId);
  const { version } = await save(solheim, made.caseId, {
    claimToken,
    version: 0,
    sections: sections("Normal."),
    keyImages: [keyImage(made)],
  });
  const signed = await withTenant(solheim, (ctx) => signReport(ctx, { caseId: made.caseId, claimToken, version }));
  return { ...made, signed };
}
const keyImage = (made: MadeStudy, n = 0) => ({
  seriesInstanceUid: made.seriesInstanceUid,
  sopInstanceUid: made.sopInstanceUids[n]!,
  sopClassUid: made.sopClassUid,
  frameNumber: 1,
  caption: "Nodule",
  windowCenter: -600,
  windowWidth: 1500,
});

test("a reader starts from the fitting template with the priors named and the impression empty", async () => {
  const patientId = "TPL-1";
  await makeUnreadCase(db.owner, { patientId, studyDate: "20250302", studyDescription: "CT HEAD", bodyPart: "HEAD" });
  const made = await makeUnreadCase(db.owner, { patientId, studyDescription: "CT HEAD", bodyPart: "HEAD" });
  const report = await read(solheim, made.caseId);
  assert.deepEqual([report.version, report.templateId, report.draft, report.canEdit], [0, "ct-head", null, false]);
  assert.deepEqual(
    report.sections.map(({ key }) => key),
    ["clinicalInformation", "technique", "comparison", "findings", "impression"],
  );
  const text = Object.fromEntries(report.sections.map((s) => [s.key, s.text]));
  assert.equal(text.comparison, "CT HEAD of 2 Mar 2025.");
  assert.equal(text.impression, "");
  const templates = await withTenant(solheim, (ctx) => listTemplates(ctx, made));
  assert.deepEqual(
    [templates[0]?.id, templates[0]?.suggested, templates.filter(({ suggested }) => suggested).length],
    ["ct-head", true, 1],
  );
});

test("of two windows that typed apart, the second is refused and told which version stands", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  const { claimToken } = await claim(solheim, caseId);
  const one = await save(solheim, caseId, { claimToken, version: 0, sections: sections("From the first window.") });
  assert.equal(one.version, 1);
  await assert.rejects(
    save(solheim, caseId, { claimToken, version: 0, sections: sections("From the second window.") }),
    (error) =>
      error instanceof DomainError &&
      error.code === "report.version-conflict" &&
      error.details.version === 1 &&
      error.details.savedBy === "Dr Ingrid Solheim",
  );
  const report = await read(solheim, caseId);
  assert.deepEqual([report.version, report.state, report.canSign], [1, "drafted", true]);
  assert.equal(report.sections[1]?.text, "From the first window.");
  const again = await save(solheim, caseId, { claimToken, version: 0, sections: sections("From the first window.") });
  assert.equal(again.version, 1, "a save whose answer was lost may be sent again");
});

test("saves of one version at the same moment: one is kept, the others are conflicts", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  const { claimToken } = await claim(solheim, caseId);
  const saves = await Promise.allSettled(
    Array.from({ length: 8 }, (_, n) =>
      save(solheim, caseId, { claimToken, version: 0, sections: sections(`Window ${n}`) }),
    ),
  );
  assert.equal(saves.filter(({ status }) => status === "fulfilled").length, 1);
  assert.ok(saves.every((s) => s.status === "fulfilled" || refusedWith("report.version-conflict")(s.reason)));
});

test("a draft needs the claim: nobody else writes it, and nobody else sees it while it is being written", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  const { claimToken } = await claim(solheim, caseId);
  await save(solheim, caseId, { claimToken, version: 0, sections: sections("Private so far.") });
  await assert.rejects(
    save(mensah, caseId, { claimToken, version: 1, sections: sections("Mine.") }),
    refusedWith("case.claim-expired"),
  );
  await assert.rejects(
    save(solheim, caseId, { claimToken: "7", version: 1, sections: sections("x") }),
    refusedWith("case.not-claimed"),
  );
  for (const email of ["radiologist2@nightshift.example", "lead@nightshift.example", "tech@lakeside.example"]) {
    const report = await read((await signedIn(email)).actor, caseId);
    assert.deepEqual([report.sections, report.versions, report.draft], [[], [], null], email);
  }
  for (const [email, code] of [
    ["admin@lakeside.example", "case.not-found"],
    ["referrer@lakeside.example", "case.not-found"],
    ["admin@harbor.example", "case.not-found"],
    ["operator@overread.example", "case.not-found"],
  ] as const)
    await assert.rejects(read((await signedIn(email)).actor, caseId), refusedWith(code), email);
  await lapseClaim(db.owner, caseId);
  assert.equal(
    (await read(mensah, caseId)).sections[1]?.text,
    "Private so far.",
    "the group goes on where it was left",
  );
});

test("a key image is of the study that is read, and says what the archive says", async () => {
  const made = await makeUnreadCase(db.owner);
  const other = await makeUnreadCase(db.owner);
  const { claimToken } = await claim(solheim, made.caseId);
  await assert.rejects(
    save(solheim, made.caseId, { claimToken, version: 0, sections: sections("x"), keyImages: [keyImage(other)] }),
    refusedWith("instance.not-found"),
  );
  await assert.rejects(
    save(solheim, made.caseId, {
      claimToken,
      version: 0,
      sections: sections("x"),
      keyImages: [{ ...keyImage(made), frameNumber: 2 }],
    }),
    refusedWith("instance.not-found"),
  );
  await save(solheim, made.caseId, {
    claimToken,
    version: 0,
    sections: sections("x"),
    keyImages: [{ ...keyImage(made), sopClassUid: "1.2.3" }],
  });
  await save(solheim, made.caseId, { claimToken, version: 1, sections: sections("y") });
  assert.deepEqual(
    (await read(solheim, made.caseId)).keyImages,
    [keyImage(made)],
    "and stays when a save leaves it out",
  );
});

test("without an impression nothing is signed", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  const { claimToken } = await claim(solheim, caseId);
  const sign = (version: number) => withTenant(solheim, (ctx) => signReport(ctx, { caseId, claimToken, version }));
  await assert.rejects(sign(0), refusedWith("report.impression-missing"));
  await save(solheim, caseId, { claimToken, version: 0, sections: sections(" \n ") });
  await assert.rejects(sign(1), refusedWith("report.impression-missing"));
  await save(solheim, caseId, {
    claimToken,
    version: 1,
    sections: [{ key: "findings", title: "Findings", text: "Only this." }],
  });
  await assert.rejects(sign(2), refusedWith("report.impression-missing"));
  await assert.rejects(sign(1), refusedWith("report.version-conflict"));
  assert.equal((await read(solheim, caseId)).state, "drafted");
});

test("signing fixes the version, ends the claim and puts the documents on their way, all or nothing", async () => {
  const made = await makeUnreadCase(db.owner);
  const { caseId } = made;
  const { claimToken } = await claim(solheim, caseId);
  await save(solheim, caseId, { claimToken, version: 0, sections: sections("Normal."), keyImages: [keyImage(made)] });
  const counts = async () =>
    (
      await db.owner.query(
        `SELECT (SELECT count(*) FROM report_version WHERE case_id = $1)::int AS versions,
          (SELECT count(*) FROM outbox_job WHERE name = 'report.store-documents' AND payload->>'reportVersionId' IN
            (SELECT id::text FROM report_version WHERE case_id = $1))::int AS jobs,
          (SELECT count(*) FROM audit_event WHERE case_id = $1 AND action = 'report.sign')::int AS events,
          (SELECT count(*) FROM report_draft WHERE case_id = $1)::int AS drafts, (SELECT state FROM reading_case WHERE id = $1)`,
        [caseId],
      )
    ).rows[0];
  const jobs = async () =>
    (await db.owner.query("SELECT count(*)::int AS n FROM outbox_job WHERE name = 'report.store-documents'")).rows[0].n;
  const jobsBefore = await jobs();
  await assert.rejects(
    withTenant(solheim, async (ctx) => {
      await signReport(ctx, { caseId, claimToken, version: 1 });
      throw new Error("the database went away before the commit");
    }),
  );
  assert.deepEqual(await counts(), { versions: 0, jobs: 0, events: 0, drafts: 1, state: "drafted" });
  assert.equal(await jobs(), jobsBefore, "no job of a signature that is not there");

  const signed = await withTenant(solheim, (ctx) => signReport(ctx, { caseId, claimToken, version: 1 }));
  assert.deepEqual(await counts(), { versions: 1, jobs: 1, events: 1, drafts: 0, state: "final" });
  const { rows } = await db.owner.query("SELECT * FROM report_version WHERE case_id = $1", [caseId]);
  assert.equal(createHash("sha256").update(rows[0].canonical_text).digest("hex"), signed.sha256);
  assert.equal(rows[0].sha256, signed.sha256);
  const text = JSON.parse(rows[0].canonical_text);
  assert.deepEqual(
    [text.sections, text.studyInstanceUid, text.signedAt],
    [sections("Normal."), made.studyInstanceUid, signed.signedAt],
  );
  const uids = ["pdf", "sr", "kos"].flatMap((kind) => [
    rows[0][`${kind}_series_instance_uid`],
    rows[0][`${kind}_sop_instance_uid`],
  ]);
  assert.ok(uids.every((uid) => /^2\.25\.\d+$/.test(uid)));
  assert.equal(new Set(uids).size, 6);

  await assert.rejects(
    save(solheim, caseId, { claimToken, version: 1, sections: sections("Later.") }),
    refusedWith("report.already-signed"),
  );
  await assert.rejects(
    withTenant(solheim, (ctx) => signReport(ctx, { caseId, claimToken, version: 1 })),
    refusedWith("report.already-signed"),
  );
  await assert.rejects(claim(mensah, caseId), refusedWith("case.illegal-move"));
  const report = await read(mensah, caseId);
  assert.deepEqual([report.state, report.version, report.canEdit, report.canAddend], ["final", 1, false, true]);
  assert.deepEqual(report.sections, sections("Normal."));
});

test("two signatures at the same moment make one version", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  const { claimToken } = await claim(solheim, caseId);
  await save(solheim, caseId, { claimToken, version: 0, sections: sections("Normal.") });
  const signatures = await Promise.allSettled(
    Array.from({ length: 5 }, () => withTenant(solheim, (ctx) => signReport(ctx, { caseId, claimToken, version: 1 }))),
  );
  assert.equal(signatures.filter(({ status }) => status === "fulfilled").length, 1);
  assert.ok(signatures.every((s) => s.status === "fulfilled" || refusedWith("report.already-signed")(s.reason)));
});

test("a signed version cannot be changed by the application, nor by the owner of the tables", async () => {
  const { signed, orgId } = await signedCase();
  const app = await pool("overread_app").connect();
  try {
    for (const statement of [
      `UPDATE report_version SET sections = '[]' WHERE id = '${signed.reportVersionId}'`,
      `DELETE FROM report_version WHERE id = '${signed.reportVersionId}'`,
      "TRUNCATE report_version",
      "UPDATE audit_event SET outcome = 'failure'",
      "DELETE FROM audit_event",
      `INSERT INTO audit_event (org_id, seq, at, actor_org_id, actor_kind, actor_id, actor_name, action, outcome, prev_hash, hash)
         VALUES ('${orgId}', 99999, now(), '${orgId}', 'user', 'x', 'x', 'x', 'x', 'x', 'x')`,
    ]) {
      await app.query("BEGIN");
      await app.query("SELECT set_config('app.org_id', $1, true)", [orgId]);
      await assert.rejects(app.query(statement), /permission denied/, statement);
      await app.query("ROLLBACK");
    }
  } finally {
    app.release();
  }
  await assert.rejects(
    db.owner.query("UPDATE report_version SET sha256 = 'x' WHERE id = $1", [signed.reportVersionId]),
    /append-only/,
  );
  await assert.rejects(
    db.owner.query("DELETE FROM report_version WHERE id = $1", [signed.reportVersionId]),
    /append-only/,
  );
  await assert.rejects(db.owner.query("TRUNCATE report_version CASCADE"), /append-only/);
});

test("a section left empty and a prompt left bare are not signed; what the reader wrote is, as it was written", async () => {
  const made = await makeUnreadCase(db.owner, { studyDescription: "CT HEAD", bodyPart: "HEAD" });
  const { claimToken } = await claim(solheim, made.caseId);
  const opened = await read(solheim, made.caseId);
  const written: Record<string, string> = {
    technique: "",
    findings: opened.sections
      .find(({ key }) => key === "findings")!
      .text.replace("Haemorrhage: ", "Haemorrhage:\n    - left, 4 mm")
      .concat("\nTold to:"),
    impression: "Bleeding.",
  };
  const text = opened.sections.map((section) => ({ ...section, text: written[section.key] ?? section.text }));
  const { version } = await save(solheim, made.caseId, { claimToken, version: 0, sections: text });
  await withTenant(solheim, (ctx) => signReport(ctx, { caseId: made.caseId, claimToken, version }));
  const signed = (await read(solheim, made.caseId)).versions[0];
  assert.deepEqual(
    signed?.sections.map(({ key, text }) => [key, text]),
    [
      ["findings", "Haemorrhage:\n    - left, 4 mm\nSkull and soft tissues: \nTold to:"],
      ["impression", "Bleeding."],
    ],
  );
  assert.deepEqual(signed?.sections, signedSections(text, opened.prompts), "what the preview showed");
});

test("a report says the language its reader chose, the next one for that hospital begins with it, an addendum keeps it", async () => {
  const reader = (await signedIn("radiologist2@nightshift.example")).actor;
  const wish = { facility: "harbor-general" };
  const open = async (language?: string) => {
    const { caseId } = await makeUnreadCase(db.owner, wish);
    const { claimToken } = await claim(reader, caseId);
    const before = (await read(reader, caseId)).language;
    const text = { claimToken, sections: sections("Unauffällig."), ...(language === undefined ? {} : { language }) };
    const { version } = await save(reader, caseId, { ...text, version: 0 });
    await withTenant(reader, (ctx) => signReport(ctx, { caseId, claimToken, version }));
    const after = await read(reader, caseId);
    return { caseId, before, after: after.versions[0]?.language };
  };
  assert.deepEqual(await open().then(({ before, after }) => [before, after]), ["", ""], "nobody has said: not English");
  const german = await open("de");
  assert.deepEqual([german.before, german.after], ["", "de"]);
  assert.deepEqual(await open().then(({ before, after }) => [before, after]), ["de", "de"]);
  assert.deepEqual(await open("fr").then(({ before, after }) => [before, after]), ["de", "fr"]);
  await withTenant(reader, (ctx) => addAddendum(ctx, { caseId: german.caseId, text: "Nachtrag." }));
  assert.equal((await read(reader, german.caseId)).versions[0]?.language, "de");
  const elsewhere = await makeUnreadCase(db.owner, { facility: "lakeside-main" });
  assert.equal((await read(reader, elsewhere.caseId)).language, "", "another hospital may read another language");
});

test("an addendum leaves what was signed and carries it whole, numbered", async () => {
  const { caseId, signed } = await signedCase();
  const addend = (actor: UserActor, text: string) => withTenant(actor, (ctx) => addAddendum(ctx, { caseId, text }));
  const first = await addend(mensah, "Seen again: a 4 mm nodule.");
  const resent = await addend(mensah, "Seen again: a 4 mm nodule.");
  assert.deepEqual(resent, first, "sent twice, added once");
  const second = await addend(solheim, "Discussed by telephone.");
  assert.deepEqual([signed.version, first.version, second.version], [1, 2, 3]);
  const report = await read(solheim, caseId);
  assert.equal(report.state, "amended");
  assert.deepEqual(
    report.versions.map(({ version, kind, signedBy }) => [version, kind, signedBy]),
    [
      [3, "addendum", "Dr Ingrid Solheim"],
      [2, "addendum", "Dr Kwame Mensah"],
      [1, "final", "Dr Ingrid Solheim"],
    ],
  );
  assert.deepEqual(
    report.sections.map(({ title }) => title),
    ["Findings", "Impression", "Addendum 1", "Addendum 2"],
  );
  assert.deepEqual(report.versions[2]?.sections, sections("Normal."));
  assert.deepEqual(
    report.versions.map(({ documents }) => documents.kos),
    ["none", "none", "pending"],
  );

  const unread = await makeUnreadCase(db.owner);
  await assert.rejects(
    withTenant(solheim, (ctx) => addAddendum(ctx, { caseId: unread.caseId, text: "x" })),
    refusedWith("report.not-signed"),
  );
  const many = await Promise.all(["a", "b", "c", "d"].map((text) => addend(solheim, text)));
  assert.deepEqual(many.map(({ version }) => version).sort(), [4, 5, 6, 7]);
});

test("documents are recorded once and delivered once to the facility's PACS, however often the job runs", async () => {
  const made = await signedCase();
  const { rows } = await db.owner.query("SELECT id FROM instance WHERE study_ref = $1", [made.studyId]);
  const documents = [
    { kind: "pdf" as const, instanceId: rows[0].id, sha256: "a".repeat(64), objectKey: "pdf/1" },
    { kind: "sr" as const, instanceId: rows[1].id, sha256: "b".repeat(64) },
  ];
  const system = systemActor(made.orgId, "worker");
  const record = () =>
    withTenant(system, (ctx) => recordDocuments(ctx, { reportVersionId: made.signed.reportVersionId, documents }));
  assert.deepEqual(await record(), { recorded: 2, deliveries: 2 });
  assert.deepEqual(await record(), { recorded: 0, deliveries: 0 });
  const [version] = (await read(solheim, made.caseId)).versions;
  assert.deepEqual(version?.documents, {
    pdf: "stored",
    sr: "stored",
    kos: "pending",
    measurements: "none",
    presentation: "none",
  });
  assert.deepEqual(
    version?.deliveries.map(({ kind, state, attempts }) => [kind, state, attempts]),
    [
      ["pdf", "waiting", 0],
      ["sr", "waiting", 0],
    ],
  );
  await assert.rejects(
    withTenant(solheim, (ctx) => recordDocuments(ctx, { reportVersionId: made.signed.reportVersionId, documents })),
    refusedWith("auth.forbidden"),
  );
  const foreign = await makeUnreadCase(db.owner);
  const other = (await db.owner.query("SELECT id FROM instance WHERE study_ref = $1 LIMIT 1", [foreign.studyId]))
    .rows[0].id;
  await assert.rejects(
    withTenant(system, (ctx) =>
      recordDocuments(ctx, {
        reportVersionId: made.signed.reportVersionId,
        documents: [{ kind: "kos", instanceId: other, sha256: "c".repeat(64) }],
      }),
    ),
    refusedWith("instance.not-found"),
  );
});

test("text is signed as it is kept: composed, with plain line ends, without control characters", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  const { claimToken } = await claim(solheim, caseId);
  await save(solheim, caseId, { claimToken, version: 0, sections: sections("Zu\u0308rich\r\nNormal.\u0007\u0000") });
  const report = await read(solheim, caseId);
  assert.equal(report.sections[1]?.text, "Z\u00fcrich\nNormal.  ");
});
