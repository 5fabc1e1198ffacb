import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { beforeEach, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import type { Actor, UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { assembleReport, buildBasicTextSr } from "#server/documents/index.ts";
import { claimByRules, readWith } from "#server/domain/assignment/index.ts";
import { openStudy, releaseClaim } from "#server/domain/reading/index.ts";
import {
  askArbiter,
  gatherReport,
  getReport,
  listDiscrepancies,
  openReportPdf,
  saveDraft,
  signPreliminary,
  signReport,
  startDraftAnew,
  takeOverDraft,
} from "#server/domain/reporting/index.ts";
import { SaveServiceLevel, saveServiceLevel } from "#server/domain/service-level/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { createCaller } from "#server/trpc/caller.ts";
import { signedIn } from "../actors.ts";
import { as, assignmentDesk, given } from "../assignment-desk.ts";
import { run } from "../support/run.ts";

const desk = assignmentDesk();
/** In every text that the first reader writes. */
const canary = "CANARYFIRST";
let third: UserActor;

beforeEach(async () => {
  if (third) return;
  const { solheim, admin } = desk.people;
  const email = `third-${randomUUID()}@nightshift.example`;
  await desk.db.owner.query(
    `INSERT INTO user_account (org_id, email, display_name, person_name, roles, facility_ids, referrer_names)
     VALUES ($1, $2, 'Dr Tess Third', 'Third^Tess', '{radiologist}', '{}', '{}')`,
    [solheim.orgId, email],
  );
  third = (await signedIn(email)).actor;
  const { rows } = await desk.db.owner.query(
    "SELECT c.id, (SELECT l.id FROM service_level l WHERE l.contract_id = c.id ORDER BY l.id DESC LIMIT 1) AS newest FROM contract c WHERE c.org_id = $1",
    [admin.orgId],
  );
  const terms = {
    holidays: [],
    lines: [],
    otherwise: { stat: 30, urgent: 120, routine: 1440 },
    firstReading: "double",
  };
  for (const { id: contractId, newest: basedOn } of rows)
    await as(admin, (ctx) =>
      saveServiceLevel(ctx, SaveServiceLevel.parse({ contractId, basedOn, validFrom: null, terms })),
    );
});

const refusedWith =
  (code: string, details: Record<string, unknown> = {}) =>
  (error: unknown) => {
    assert.ok(error instanceof DomainError, String(error));
    assert.equal(error.code, code);
    for (const [key, value] of Object.entries(details)) assert.equal(error.details[key], value);
    return true;
  };
const at = (stage: string) => refusedWith("report.double-reading", { stage });
const claim = async (actor: UserActor, caseId: string) =>
  (await as(actor, (ctx) => claimByRules(ctx, { caseId }))).claimToken;
const write = (actor: UserActor, caseId: string, claimToken: string, version: number, text: string) =>
  as(actor, (ctx) =>
    saveDraft(ctx, { caseId, claimToken, version, sections: [{ key: "impression", title: "Impression", text }] }),
  );
const keep = (actor: UserActor, caseId: string, claimToken: string, version: number) =>
  as(actor, (ctx) => signPreliminary(ctx, { caseId, claimToken, version }));
const agrees = { score: 1, significant: false, comment: "" };
const differs = { score: 3, significant: true, comment: "A fracture." };
const sign = (actor: UserActor, caseId: string, claimToken: string, version: number, overRead?: typeof agrees) =>
  as(actor, (ctx) => signReport(ctx, { caseId, claimToken, version, overRead }));
const ask = (actor: UserActor, caseId: string, claimToken: string, overRead = differs) =>
  as(actor, (ctx) => askArbiter(ctx, { caseId, claimToken, overRead }));
const read = (actor: UserActor, caseId: string) => as(actor, (ctx) => getReport(ctx, { caseId }));
const stage = async (actor: UserActor, caseId: string) => (await read(actor, caseId)).double?.stage;

/** Who stands for the structured report, by DCMTK. */
async function verifiers(report: ReturnType<typeof assembleReport>): Promise<string[]> {
  const folder = mkdtempSync(path.join(tmpdir(), "overread-double-"));
  try {
    const file = path.join(folder, "sr.dcm");
    writeFileSync(file, buildBasicTextSr({ ...report, keyImages: [] }));
    const { stdout } = await run("dcmdump", ["+P", "VerifyingObserverName", "-q", file]);
    return [...stdout.matchAll(/PN \[([^\]]*)\]/g)].map(([, name]) => `${name}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A case whose first reading is kept. */
async function readOnce() {
  const made = await desk.unread({ patientId: `DOUBLE-${randomUUID().slice(0, 8)}` });
  const { caseId } = made;
  const token = await claim(desk.people.solheim, caseId);
  await write(desk.people.solheim, caseId, token, 0, `${canary}: no fracture.`);
  const first = await keep(desk.people.solheim, caseId, token, 1);
  return { ...made, first };
}
/** And the second, by a colleague who goes on to compare. */
async function readTwice(text = "No fracture.") {
  const made = await readOnce();
  const token = await claim(desk.people.mensah, made.caseId);
  await write(desk.people.mensah, made.caseId, token, 0, text);
  const second = await keep(desk.people.mensah, made.caseId, token, 1);
  return { ...made, token, second };
}

test("before his own reading is kept no door shows the second reader a word of the first, nor anybody else", async () => {
  const { solheim, mensah, lead, tech } = desk.people;
  const { caseId, studyId, orgId, first } = await readOnce();
  await claim(mensah, caseId);
  const { rows } = await desk.db.owner.query(
    "SELECT blind, sha256, sections::text AS words FROM report_version WHERE id = $1",
    [first.reportVersionId],
  );
  assert.deepEqual([rows[0].blind, rows[0].sha256, rows[0].words.includes(canary)], [true, first.sha256, true]);

  const doors = async (actor: UserActor): Promise<[string, unknown][]> => {
    const api = createCaller(actor);
    const calls: [string, () => Promise<unknown>][] = [
      ["report.get", () => api.report.get({ caseId })],
      ["worklist.get", () => api.worklist.get({ caseId })],
      ["worklist.list", () => api.worklist.list({})],
      ["study.open", () => api.study.open({ caseId })],
      ["discrepancy.list", () => api.discrepancy.list({})],
      ["discrepancy.export", () => api.discrepancy.export({})],
      ["notice.list", () => api.notice.list()],
      ["board.get", () => api.board.get()],
      ["pdf", () => as(actor, (ctx) => openReportPdf(ctx, { reportVersionId: first.reportVersionId }))],
    ];
    return Promise.all(
      calls.map(
        async ([name, ask]) => [name, await ask().catch((error: unknown) => String(error))] as [string, unknown],
      ),
    );
  };
  for (const actor of [mensah, third, lead, tech]) {
    for (const [door, answer] of await doors(actor))
      assert.ok(!JSON.stringify(answer).includes(canary), `${door} for ${actor.displayName}`);
    await assert.rejects(
      as(actor, (ctx) => openReportPdf(ctx, { reportVersionId: first.reportVersionId })),
      refusedWith("report.not-found"),
    );
  }
  assert.deepEqual((await read(mensah, caseId)).versions, []);
  assert.equal(await stage(mensah, caseId), "second");
  assert.ok(JSON.stringify(await read(solheim, caseId)).includes(canary), "its reader sees his own");

  // The wall is the database's: whoever asks, whatever for.
  const programs: Actor[] = [systemActor(orgId, "worker"), systemActor(lead.orgId, "worker")];
  for (const actor of [mensah, third, lead, tech, ...programs]) {
    const rows = await withTenant(
      actor,
      ({ tx }) => tx.$queryRaw<unknown[]>`SELECT id FROM report_version WHERE case_id = ${caseId}::uuid`,
    );
    assert.deepEqual(rows, [], actor.kind === "user" ? actor.displayName : actor.kind);
    const drafts = await withTenant(
      actor,
      ({ tx }) => tx.$queryRaw<unknown[]>`SELECT 1 FROM report_draft WHERE case_id = ${caseId}::uuid`,
    );
    assert.deepEqual(drafts, [], "its draft went with the signature");
  }
  for (const actor of [mensah, ...programs])
    await assert.rejects(
      withTenant(
        actor,
        ({ tx }) => tx.$executeRaw`UPDATE reading_case SET both_read = true WHERE id = ${caseId}::uuid`,
      ),
      /two kept readings say/,
    );
  // Nothing is made of it: no PDF, no object, no delivery.
  const { rows: jobs } = await desk.db.owner.query(
    "SELECT 1 FROM outbox_job WHERE name = 'report.store-documents' AND collapse_key = $1",
    [first.reportVersionId],
  );
  assert.deepEqual(jobs, []);
  await assert.rejects(
    withTenant(systemActor(orgId, "worker"), (ctx) => gatherReport(ctx, { reportVersionId: first.reportVersionId })),
    refusedWith("report.not-found"),
  );
  // Nor as a prior of the next study.
  const { rows: patient } = await desk.db.owner.query("SELECT patient_id FROM study WHERE id = $1", [studyId]);
  const next = await desk.unread({ patientId: patient[0].patient_id, studyDate: "20991231" });
  const opened = await createCaller(mensah).study.open({ caseId: next.caseId });
  assert.ok(!JSON.stringify(opened).includes(canary));
});

test("a draft of either reader is shown to nobody else, nor taken over", async () => {
  const { solheim, mensah } = desk.people;
  const { caseId } = await desk.unread();
  const hers = await claim(solheim, caseId);
  await write(solheim, caseId, hers, 0, `${canary}: half a reading.`);
  await as(solheim, (ctx) => releaseClaim(ctx, { caseId, claimToken: hers }));
  for (const actor of [mensah, third]) assert.ok(!JSON.stringify(await read(actor, caseId)).includes(canary));
  const his = await claim(mensah, caseId);
  const seen = await read(mensah, caseId);
  assert.deepEqual([seen.draft?.anothers, seen.version, seen.canEdit], [true, 1, false]);
  assert.ok(!JSON.stringify(seen).includes(canary));
  await assert.rejects(
    as(mensah, (ctx) => takeOverDraft(ctx, { caseId, claimToken: his, version: 1 })),
    at("first"),
  );
  await as(mensah, (ctx) => startDraftAnew(ctx, { caseId, claimToken: his, version: 1 }));
  const anew = await read(mensah, caseId);
  assert.ok(anew.canEdit && !JSON.stringify(anew).includes(canary), "nor kept beside it");
  assert.ok(JSON.stringify(await read(solheim, caseId)).includes(canary), "his own words are kept for her");
});

test("a case is read by two, each once: everything else is refused and says where it stands", async () => {
  const { solheim, mensah } = desk.people;
  const { caseId } = await desk.unread();
  let token = await claim(solheim, caseId);
  await write(solheim, caseId, token, 0, `${canary}.`);
  assert.deepEqual([await stage(solheim, caseId), (await read(solheim, caseId)).canSign], ["first", false]);
  await assert.rejects(sign(solheim, caseId, token, 1), at("first"));
  await assert.rejects(ask(solheim, caseId, token), at("first"));
  const twice = await Promise.allSettled([1, 2].map(() => keep(solheim, caseId, token, 1)));
  assert.deepEqual(twice.map(({ status }) => status).sort(), ["fulfilled", "rejected"], "once");

  token = await claim(solheim, caseId);
  assert.deepEqual([await stage(solheim, caseId), (await read(solheim, caseId)).canEdit], ["waits", false]);
  await write(solheim, caseId, token, 0, "Once more.");
  await assert.rejects(keep(solheim, caseId, token, 1), at("waits"));
  await assert.rejects(sign(solheim, caseId, token, 1, agrees), at("waits"));
  await as(solheim, (ctx) => releaseClaim(ctx, { caseId, claimToken: token }));

  token = await claim(mensah, caseId);
  await as(mensah, (ctx) => startDraftAnew(ctx, { caseId, claimToken: token, version: 1 }));
  await write(mensah, caseId, token, 2, "No fracture.");
  await assert.rejects(sign(mensah, caseId, token, 3, agrees), at("second"));
  const both = await Promise.allSettled([1, 2].map(() => keep(mensah, caseId, token, 3)));
  assert.deepEqual(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"], "once");
  assert.equal(await stage(mensah, caseId), "compares");
  await assert.rejects(sign(mensah, caseId, token, 3), refusedWith("report.unscored"));
  await assert.rejects(sign(mensah, caseId, token, 3, differs), at("differs"));
  await assert.rejects(ask(mensah, caseId, token, agrees), refusedWith("request.invalid"));
  const { rows } = await desk.db.owner.query(
    "SELECT action, details->>'blind' AS blind FROM audit_event WHERE case_id = $1 AND action LIKE 'report.sign%' ORDER BY seq",
    [caseId],
  );
  assert.deepEqual(rows, Array(2).fill({ action: "report.sign-preliminary", blind: "true" }), "each is on the trail");
});

test("the two agree: one of them signs, and the report names both with their times, also in PDF and SR", async () => {
  const { solheim, mensah, tech, admin } = desk.people;
  const { caseId, token, orgId, first } = await readTwice();
  // Both stand side by side now, for both and for the group.
  for (const actor of [solheim, mensah, third]) {
    const { versions } = await read(actor, caseId);
    assert.deepEqual(
      versions.map(({ signedBy, blind, documents }) => [signedBy, blind, documents.pdf]),
      [
        ["Dr Kwame Mensah", true, "none"],
        ["Dr Ingrid Solheim", true, "none"],
      ],
    );
  }
  assert.deepEqual((await read(tech, caseId)).versions, [], "the hospital gets the final report alone");
  assert.equal((await read(mensah, caseId)).preliminary?.signedBy, "Dr Ingrid Solheim");
  const final = await sign(mensah, caseId, token, 1, { score: 2, significant: false, comment: "Worded otherwise." });
  assert.equal(final.version, 3);

  const there = await read(tech, caseId);
  assert.deepEqual(
    there.versions.map(({ version, kind, blind }) => [version, kind, blind]),
    [[3, "final", false]],
  );
  assert.ok(!JSON.stringify(there).includes(canary));
  const section = there.versions[0]?.sections.find(({ key }) => key === "double-reading");
  assert.match(
    section?.text ?? "",
    /^Read independently by Dr Ingrid Solheim, .* UTC; and by Dr Kwame Mensah, .* UTC, who agree\.$/,
  );
  const report = assembleReport(
    await withTenant(systemActor(orgId, "worker"), (ctx) =>
      gatherReport(ctx, { reportVersionId: final.reportVersionId }),
    ),
  );
  assert.deepEqual([report.predecessor, report.reportSignature.name], [null, "Dr Kwame Mensah"]);
  assert.deepEqual(
    report.coReaders.map(({ name, agreed, at }) => [name, agreed, at.toISOString()]),
    [["Dr Ingrid Solheim", true, first.signedAt]],
  );
  assert.deepEqual(await verifiers(report), ["Mensah^Kwame^^Dr", "Solheim^Ingrid^^Dr"], "both verify it");
  const { rows } = await desk.db.owner.query("SELECT canonical_text AS text FROM report_version WHERE id = $1", [
    final.reportVersionId,
  ]);
  assert.equal(JSON.parse(rows[0].text).coReaders[0].name, "Dr Ingrid Solheim", "what is signed names her");
  // What differs is hers to learn from.
  const mine = await as(solheim, (ctx) => listDiscrepancies(ctx, { sort: "newest", page: 1 }));
  assert.equal(mine.items.find((each) => each.caseId === caseId)?.comment, "Worded otherwise.");
  assert.ok(admin);
});

test("the first reader may compare and sign as well, where the second has left it", async () => {
  const { solheim, mensah } = desk.people;
  const { caseId, token } = await readTwice();
  await as(mensah, (ctx) => releaseClaim(ctx, { caseId, claimToken: token }));
  const hers = await claim(solheim, caseId);
  assert.equal(await stage(solheim, caseId), "compares");
  const { version } = await read(solheim, caseId);
  await as(solheim, (ctx) => takeOverDraft(ctx, { caseId, claimToken: hers, version }));
  const { version: taken } = await read(solheim, caseId);
  assert.equal((await sign(solheim, caseId, hers, taken, agrees)).version, 3);
});

test("the two differ: the case goes to a third, who is neither of them, sees both, and signs", async () => {
  const { solheim, mensah, lead, tech } = desk.people;
  await desk.rule(given);
  await desk.see(solheim, mensah, third);
  const { caseId, token, orgId } = await readTwice("A fracture.");
  await ask(mensah, caseId, token);
  await assert.rejects(ask(mensah, caseId, token), DomainError);
  for (let n = 0; n < 3; n++) {
    await desk.run();
    assert.equal((await desk.handOf(caseId)).to, third.userId, "never one of the two");
  }
  const { rows: trail } = await desk.db.owner.query(
    "SELECT details::text AS details FROM audit_event WHERE case_id = $1 AND action = 'report.ask-arbiter'",
    [caseId],
  );
  assert.equal(trail.length, 1);
  assert.ok(!/score|fracture/.test(trail[0].details), "the hospital reads the trail too");
  for (const actor of [solheim, mensah]) assert.equal(await stage(actor, caseId), "differs");

  const his = await claim(third, caseId);
  assert.equal(await stage(third, caseId), "decides");
  assert.equal((await read(third, caseId)).versions.length, 2, "he sees both");
  const { version } = await read(third, caseId);
  await as(third, (ctx) => startDraftAnew(ctx, { caseId, claimToken: his, version }));
  const saved = await write(third, caseId, his, version + 1, "An old fracture.");
  await assert.rejects(sign(third, caseId, his, saved.version, agrees), refusedWith("request.invalid"));
  const final = await sign(third, caseId, his, saved.version);
  const section = (await read(tech, caseId)).versions[0]?.sections.find(({ key }) => key === "double-reading");
  assert.match(section?.text ?? "", /Decided by a third radiologist/);
  const report = assembleReport(
    await withTenant(systemActor(orgId, "worker"), (ctx) =>
      gatherReport(ctx, { reportVersionId: final.reportVersionId }),
    ),
  );
  assert.deepEqual(
    report.coReaders.map(({ name, agreed }) => [name, agreed]),
    [
      ["Dr Ingrid Solheim", false],
      ["Dr Kwame Mensah", false],
    ],
  );
  assert.deepEqual(await verifiers(report), ["Third^Tess"], "who differed does not stand for it");
  const open = await as(lead, (ctx) => listDiscrepancies(ctx, { sort: "newest", page: 1, state: "to-close" }));
  assert.ok(open.items.some((each) => each.caseId === caseId));
});

test("where the two differ neither signs, by whatever way, and the database refuses it too", async () => {
  const { solheim, mensah } = desk.people;
  const { caseId, token, second } = await readTwice("A fracture.");
  await ask(mensah, caseId, token);
  const again = await claim(solheim, caseId);
  await assert.rejects(sign(solheim, caseId, again, 1), DomainError);
  const insert = (actor: UserActor, kind: string, blind: boolean) =>
    as(
      actor,
      ({ tx }) => tx.$executeRaw`
        INSERT INTO report_version (org_id, reader_org_id, case_id, study_ref, version, kind, blind, sections, key_images,
          canonical_text, sha256, signed_by_id, signed_by_name, signed_by_person_name, signed_at, pdf_series_instance_uid, pdf_sop_instance_uid,
          sr_series_instance_uid, sr_sop_instance_uid)
        SELECT org_id, reader_org_id, case_id, study_ref, 9, ${kind}::"ReportKind", ${blind}, sections, key_images, canonical_text, sha256,
          ${actor.userId}::uuid, signed_by_name, signed_by_person_name, now(), '2.25.1', '2.25.2', '2.25.3', '2.25.4'
        FROM report_version WHERE id = ${second.reportVersionId}::uuid`,
    );
  await desk.db.owner.query("UPDATE reading_case SET claimed_by_id = NULL, claimed_until = NULL WHERE id = $1", [
    caseId,
  ]);
  await desk.db.owner.query("DELETE FROM report_draft WHERE case_id = $1", [caseId]);
  for (const actor of [solheim, mensah]) await assert.rejects(insert(actor, "final", false), /a third decides/);
  await assert.rejects(insert(third, "preliminary", true), /each once/);
  await assert.rejects(insert(third, "preliminary", false), /two independent readings/);
});

test("a case that is read twice is read with no other, and none is offered for it", async () => {
  const { solheim } = desk.people;
  const patientId = `DOUBLE-${randomUUID().slice(0, 8)}`;
  const { caseId } = await desk.unread({ patientId });
  const other = await desk.unread({ patientId });
  const claimToken = await claim(solheim, caseId);
  await assert.rejects(
    as(solheim, (ctx) => readWith(ctx, { caseId, claimToken, withIds: [other.caseId] })),
    refusedWith("case.not-together", { bar: "read-twice" }),
  );
  assert.deepEqual((await as(solheim, (ctx) => openStudy(ctx, { caseId }))).mayReadWith, []);
});
