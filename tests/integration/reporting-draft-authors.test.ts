import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import type { UserActor } from "#server/context.ts";
import { pool } from "#server/db/clients.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { claimCase, getCase, listCases, releaseClaim } from "#server/domain/reading/index.ts";
import {
  getReport,
  saveDraft,
  signPreliminary,
  signReport,
  startDraftAnew,
  takeOverDraft,
} from "#server/domain/reporting/index.ts";
import type { useTestDatabase } from "../database.ts";
import { useDemoPeople } from "../demo-people.ts";
import { lapseClaim, makeUnreadCase } from "../factories/studies.ts";

let db: Awaited<ReturnType<typeof useTestDatabase>>;
let solheim: UserActor;
let mensah: UserActor;
let lead: UserActor;
let tech: UserActor;
before(async () => {
  ({ db, solheim, mensah, lead, tech } = await useDemoPeople());
});
after(() => db.drop());

const refusedWith = (code: string) => (error: unknown) => error instanceof DomainError && error.code === code;
const sections = (impression: string) => [{ key: "impression", title: "Impression", text: impression }];
const claim = async (actor: UserActor, caseId: string) =>
  (await withTenant(actor, (ctx) => claimCase(ctx, { caseId }))).claimToken;
const save = (actor: UserActor, caseId: string, claimToken: string, version: number, text: string) =>
  withTenant(actor, (ctx) => saveDraft(ctx, { caseId, claimToken, version, sections: sections(text) }));
type Verb = typeof signReport | typeof signPreliminary | typeof takeOverDraft | typeof startDraftAnew;
const act = (verb: Verb, actor: UserActor, caseId: string, claimToken: string, version: number) =>
  withTenant(actor, async (ctx) => await verb(ctx, { caseId, claimToken, version }));
const read = (actor: UserActor, caseId: string) => withTenant(actor, (ctx) => getReport(ctx, { caseId }));
const mineOf = async (actor: UserActor, caseId: string) => {
  const list = await withTenant(actor, (ctx) => listCases(ctx, { filter: { list: "mine" }, limit: 200 }));
  assert.equal(list.counts.mine, list.items.length, "the number beside the list counts its rows");
  return list.items.find((item) => item.caseId === caseId);
};

/** Solheim wrote, her claim ran out, Mensah has claimed. */
async function abandoned(text = "Nodule of 8 mm.") {
  const made = await makeUnreadCase(db.owner);
  const { caseId } = made;
  const hers = await claim(solheim, caseId);
  await save(solheim, caseId, hers, 0, text);
  await lapseClaim(db.owner, caseId);
  return { ...made, hers, his: await claim(mensah, caseId) };
}

test("an abandoned draft is neither saved nor signed by who claims the case next, whichever window asks", async () => {
  const { caseId, his } = await abandoned();
  const isHers = (error: unknown) =>
    error instanceof DomainError &&
    error.code === "report.draft-of-another" &&
    error.details.author === "Dr Ingrid Solheim" &&
    error.details.version === 1 &&
    typeof error.details.savedAt === "string";
  for (const version of [0, 1, 2]) {
    await assert.rejects(save(mensah, caseId, his, version, "Mine now."), isHers, `saved on version ${version}`);
    await assert.rejects(act(signReport, mensah, caseId, his, version), isHers, `signed version ${version}`);
    await assert.rejects(act(signPreliminary, mensah, caseId, his, version), isHers);
  }
  const report = await read(mensah, caseId);
  assert.deepEqual(
    [report.sections, report.draft?.savedBy, report.draft?.anothers],
    [sections("Nodule of 8 mm."), "Dr Ingrid Solheim", true],
  );
  assert.deepEqual([report.canEdit, report.canSign, report.canSignPreliminary], [false, false, false]);
  const { rows } = await db.owner.query("SELECT version, author_id FROM report_draft WHERE case_id = $1", [caseId]);
  assert.deepEqual(rows, [{ version: 1, author_id: solheim.userId }]);
});

test("a draft is taken over by a deliberate act, and the signed report and the trail say whose it was", async () => {
  const { caseId, his } = await abandoned();
  await act(takeOverDraft, mensah, caseId, his, 1);
  const taken = await read(mensah, caseId);
  assert.deepEqual([taken.version, taken.draft?.savedBy, taken.draft?.anothers], [1, "Dr Kwame Mensah", false]);
  assert.deepEqual([taken.canEdit, taken.canSign], [true, true]);
  assert.match(
    taken.authorship,
    /^Drafted by Dr Ingrid Solheim, \d{4}-\d\d-\d\d \d\d:\d\d UTC; taken over by Dr Kwame Mensah, [\d-]+ [\d:]+ UTC\.$/,
  );
  await act(takeOverDraft, mensah, caseId, his, 1);
  await save(mensah, caseId, his, 1, "Nodule of 8 mm. Follow-up.");
  await act(signReport, mensah, caseId, his, 2);

  const signed = await read(mensah, caseId);
  assert.deepEqual(signed.versions[0]?.sections, [
    ...sections("Nodule of 8 mm. Follow-up."),
    { key: "authorship", title: "Authorship", text: taken.authorship },
  ]);
  assert.deepEqual(
    signed.earlierDrafts.map(({ act, from, by, sections }) => [act, from, by, sections]),
    [["taken-over", "Dr Ingrid Solheim", "Dr Kwame Mensah", sections("Nodule of 8 mm.")]],
    "as she left it",
  );
  assert.deepEqual((await read(tech, caseId)).earlierDrafts, [], "drafts are none of the hospital's business");
  const { rows } = await db.owner.query(
    "SELECT actor_name, details FROM audit_event WHERE case_id = $1 AND action = 'report.take-over-draft'",
    [caseId],
  );
  assert.deepEqual(
    rows.map(({ actor_name, details }) => [actor_name, details]),
    [["Dr Kwame Mensah", { version: 1, fromId: solheim.userId, toId: mensah.userId }]],
    "once",
  );
});

test("begun anew, the colleague's words are kept beside the report and no old window writes over the new ones", async () => {
  const { caseId, his } = await abandoned("Half a sentence about");
  const begun = await act(startDraftAnew, mensah, caseId, his, 1);
  assert.equal(begun.version, 2);
  const report = await read(mensah, caseId);
  assert.deepEqual([report.draft?.anothers, report.authorship], [false, ""]);
  assert.ok(report.sections.every(({ text }) => !text.includes("Half a sentence")));
  assert.ok(report.sections.length > 1, "the template");
  assert.deepEqual(
    report.earlierDrafts.map(({ act, from, sections }) => [act, from, sections]),
    [["set-aside", "Dr Ingrid Solheim", sections("Half a sentence about")]],
  );
  await assert.rejects(act(startDraftAnew, mensah, caseId, his, 1), refusedWith("report.version-conflict"));
  await assert.rejects(act(startDraftAnew, mensah, caseId, his, 2), refusedWith("report.version-conflict"));
  await assert.rejects(save(mensah, caseId, his, 1, "Old window."), refusedWith("report.version-conflict"));
  await save(mensah, caseId, his, 2, "Normal.");
  await act(signReport, mensah, caseId, his, 3);
  assert.deepEqual((await read(mensah, caseId)).versions[0]?.sections, sections("Normal."), "these words are all his");
});

test("taking over needs the claim, the words as they were read, and a radiologist of the group", async () => {
  const { caseId, hers, his } = await abandoned();
  for (const verb of [takeOverDraft, startDraftAnew]) {
    await assert.rejects(act(verb, mensah, caseId, hers, 1), refusedWith("case.claim-expired"));
    await assert.rejects(act(verb, mensah, caseId, his, 7), refusedWith("report.version-conflict"));
    await assert.rejects(act(verb, solheim, caseId, hers, 1), refusedWith("case.claim-expired"));
    await assert.rejects(act(verb, lead, caseId, his, 1), refusedWith("auth.forbidden"));
    await assert.rejects(act(verb, tech, caseId, his, 1), refusedWith("auth.forbidden"));
  }
  await lapseClaim(db.owner, caseId);
  await assert.rejects(act(takeOverDraft, mensah, caseId, his, 1), refusedWith("case.claim-expired"));
  // She came back and wrote on; what he had read is not what he would take.
  const again = await claim(solheim, caseId);
  await save(solheim, caseId, again, 1, "Nodule of 9 mm.");
  await lapseClaim(db.owner, caseId);
  const later = await claim(mensah, caseId);
  await assert.rejects(act(takeOverDraft, mensah, caseId, later, 1), refusedWith("report.version-conflict"));
});

test("taken over twice, the report names every hand it went through", async () => {
  const { caseId, his } = await abandoned();
  await act(takeOverDraft, mensah, caseId, his, 1);
  await withTenant(mensah, (ctx) => releaseClaim(ctx, { caseId, claimToken: his }));
  const again = await claim(solheim, caseId);
  await assert.rejects(save(solheim, caseId, again, 1, "Mine again."), refusedWith("report.draft-of-another"));
  await act(takeOverDraft, solheim, caseId, again, 1);
  await act(signPreliminary, solheim, caseId, again, 1);
  const [, authorship] = (await read(tech, caseId)).versions[0]?.sections ?? [];
  assert.deepEqual(
    authorship?.text.split("\n").map((line) => line.match(/^Drafted by (.+?), .*taken over by (.+?), /)?.slice(1)),
    [
      ["Dr Ingrid Solheim", "Dr Kwame Mensah"],
      ["Dr Kwame Mensah", "Dr Ingrid Solheim"],
    ],
  );
});

test("going over a preliminary report takes nothing from anybody; what its reader writes afterwards is a draft again", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  const night = await claim(solheim, caseId);
  await save(solheim, caseId, night, 0, "Pneumothorax.");
  await act(signPreliminary, solheim, caseId, night, 1);
  const handed = await read(mensah, caseId);
  assert.deepEqual([handed.draft?.savedBy, handed.draft?.anothers], ["", false]);
  assert.equal((await withTenant(mensah, (ctx) => getCase(ctx, { caseId }))).draft, null);

  const again = await claim(solheim, caseId);
  await save(solheim, caseId, again, 1, "Pneumothorax, and a thought in the middle of");
  await lapseClaim(db.owner, caseId);
  const day = await claim(mensah, caseId);
  await assert.rejects(act(signReport, mensah, caseId, day, 2), refusedWith("report.draft-of-another"));
  await act(startDraftAnew, mensah, caseId, day, 2);
  const anew = await read(mensah, caseId);
  assert.deepEqual(
    anew.sections.filter(({ text }) => text),
    sections("Pneumothorax."),
    "back to the preliminary words",
  );
  assert.ok(anew.sections.length > 1, "with the headings to write under");
  const overRead = { score: 1, significant: false, comment: "" };
  await withTenant(mensah, (ctx) => signReport(ctx, { caseId, claimToken: day, version: 3, overRead }));
  assert.equal((await read(mensah, caseId)).versions[0]?.kind, "final");
});

test("rows say whose draft waits; its author keeps it under Mine, whoever has the case, until it is signed or taken over", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  const hers = await claim(solheim, caseId);
  await save(solheim, caseId, hers, 0, "Nodule.");
  await lapseClaim(db.owner, caseId);
  const hersAgain = await mineOf(solheim, caseId);
  assert.deepEqual([hersAgain?.claimedBy, hersAgain?.draft?.id], [null, solheim.userId]);
  assert.equal(await mineOf(mensah, caseId), undefined);

  const his = await claim(mensah, caseId);
  const elsewhere = await mineOf(solheim, caseId);
  assert.deepEqual([elsewhere?.claimedBy?.id, elsewhere?.draft?.id], [mensah.userId, solheim.userId]);
  assert.deepEqual((await read(solheim, caseId)).sections, sections("Nodule."), "she still reads her own words");
  for (const [actor, name] of [
    [mensah, "Dr Ingrid Solheim"],
    [lead, "Dr Ingrid Solheim"],
    [tech, undefined],
  ] as const) {
    const item = await withTenant(actor, (ctx) => getCase(ctx, { caseId }));
    assert.equal(item.draft?.name, name, actor.displayName);
  }
  await act(takeOverDraft, mensah, caseId, his, 1);
  assert.equal(await mineOf(solheim, caseId), undefined);
  const shut = await read(solheim, caseId);
  assert.deepEqual([shut.sections, shut.draft], [[], null], "his now");
  assert.deepEqual(
    shut.earlierDrafts.map(({ sections, by }) => [sections, by]),
    [[sections("Nodule."), "Dr Kwame Mensah"]],
    "what she wrote, and who has it",
  );
  await lapseClaim(db.owner, caseId);
  assert.equal((await mineOf(mensah, caseId))?.draft?.name, "Dr Kwame Mensah");
});

test("the database itself gives no draft to another, lets nobody sign another's, and keeps what was handed over", async () => {
  const { caseId, orgId } = await abandoned();
  const app = await pool("overread_app").connect();
  try {
    for (const statement of [
      `UPDATE report_draft SET author_id = '${mensah.userId}' WHERE case_id = '${caseId}'`,
      `UPDATE report_draft SET author_id = NULL WHERE case_id = '${caseId}'`,
      `DELETE FROM report_draft WHERE case_id = '${caseId}'`,
      `INSERT INTO report_version (org_id, reader_org_id, case_id, study_ref, version, kind, sections, key_images, canonical_text, sha256, signed_by_id,
         signed_by_name, signed_by_person_name, signed_at, pdf_series_instance_uid, pdf_sop_instance_uid, sr_series_instance_uid, sr_sop_instance_uid)
       SELECT org_id, reader_org_id, id, study_ref, 1, 'final', '[]', '[]', 'x', 'x', '${mensah.userId}', 'x', 'x', now(), '1', '2', '3', '4'
       FROM reading_case WHERE id = '${caseId}'`,
      "UPDATE draft_handover SET author_id = by_id",
      "DELETE FROM draft_handover",
    ]) {
      await app.query("BEGIN");
      await app.query("SELECT set_config('app.org_id', $1, true)", [solheim.orgId]);
      await assert.rejects(app.query(statement), { code: "42501" }, statement);
      await app.query("ROLLBACK");
    }
    await app.query("BEGIN");
    await app.query("SELECT set_config('app.org_id', $1, true)", [orgId]);
    assert.equal((await app.query("SELECT 1 FROM draft_handover")).rowCount, 0, "nothing of it for the hospital");
    await app.query("ROLLBACK");
  } finally {
    app.release();
  }
});

test("no reader writes what a report says by itself: authorship, missing images, doubts of identity, addenda", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  const claimToken = await claim(solheim, caseId);
  for (const key of ["authorship", "missing-images", "patient-identity", "addendum-1", "identity-addendum-1"])
    await assert.rejects(
      withTenant(solheim, (ctx) =>
        saveDraft(ctx, {
          caseId,
          claimToken,
          version: 0,
          sections: [...sections("Normal."), { key, title: "Authorship", text: "Drafted by Dr Kofi Mensah." }],
        }),
      ),
      refusedWith("request.invalid"),
      key,
    );
});
