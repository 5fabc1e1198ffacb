import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import type { UserActor } from "#server/context.ts";
import { pool } from "#server/db/clients.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import type { Rule } from "#server/domain/assignment/engine/rules.ts";
import { fillSnapshot } from "#server/domain/assignment/fill-snapshot.ts";
import { claimByRules, drawCase, handOverCase, readWith, runAssignment } from "#server/domain/assignment/index.ts";
import {
  cancelCase,
  expireClaim,
  getCase,
  holdCase,
  noteLateImages,
  openStudy,
  readAlone,
  releaseClaim,
  renewClaim,
  reserveCases,
  resumeCase,
  seeLateImages,
} from "#server/domain/reading/index.ts";
import {
  addAddendum,
  getReferral,
  getReport,
  saveDraft,
  signPreliminary,
  signReport,
} from "#server/domain/reporting/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { signedIn } from "../actors.ts";
import type { useTestDatabase } from "../database.ts";
import { useDemoPeople } from "../demo-people.ts";
import { aRule } from "../factories/assignment.ts";
import { lapseClaim, makeUnreadCase, type StudyWish } from "../factories/studies.ts";

let db: Awaited<ReturnType<typeof useTestDatabase>>;
let solheim: UserActor;
let mensah: UserActor;
let lead: UserActor;
let admin: UserActor;
let referrer: UserActor;
before(async () => {
  ({ db, solheim, mensah, lead, admin } = await useDemoPeople());
  referrer = (await signedIn("referrer@lakeside.example")).actor;
});
after(() => db.drop());

const refusedWith =
  (code: string, details: Record<string, unknown> = {}) =>
  (error: unknown) => {
    assert.ok(error instanceof DomainError, String(error));
    assert.equal(error.code, code);
    for (const [key, value] of Object.entries(details)) assert.equal(error.details[key], value);
    return true;
  };
const as = <T>(
  actor: UserActor,
  verb: (ctx: Parameters<Parameters<typeof withTenant<UserActor, T>>[1]>[0]) => Promise<T>,
) => withTenant(actor, verb);
const claim = (actor: UserActor, caseId: string) => as(actor, (ctx) => claimByRules(ctx, { caseId }));
const seen = (actor: UserActor, caseId: string) => as(actor, (ctx) => getCase(ctx, { caseId }));
const bind = (actor: UserActor, caseId: string, claimToken: string, ...withIds: string[]) =>
  as(actor, (ctx) => readWith(ctx, { caseId, claimToken, withIds }));
const words = (text: string) => [{ key: "impression", title: "Impression", text }];
const save = (actor: UserActor, caseId: string, claimToken: string, version: number, text: string) =>
  as(actor, (ctx) => saveDraft(ctx, { caseId, claimToken, version, sections: words(text) }));
const sign = (actor: UserActor, caseId: string, claimToken: string, version: number) =>
  as(actor, (ctx) => signReport(ctx, { caseId, claimToken, version }));

/** CT of the head and of the cervical spine of one trauma, each with its own accession number, ten minutes apart. */
let people = 0;
async function trauma(wish: StudyWish = {}, neck: StudyWish = {}) {
  const patientId = `TRAUMA-${++people}`;
  const head = await makeUnreadCase(db.owner, {
    patientId,
    studyDescription: "CT HEAD",
    accessionNumber: `H${people}`,
    studyTime: "101500",
    ...wish,
  });
  const spine = await makeUnreadCase(db.owner, {
    patientId,
    studyDescription: "CT C-SPINE",
    accessionNumber: `S${people}`,
    studyTime: "102500",
    ...wish,
    ...neck,
  });
  return { head: head.caseId, spine: spine.caseId, headStudy: head, spineStudy: spine };
}
/** Both in Solheim's hands as one. */
async function together(wish: StudyWish = {}) {
  const pair = await trauma(wish);
  const held = await claim(solheim, pair.head);
  const { claimToken } = await bind(solheim, pair.head, held.claimToken, pair.spine);
  return { ...pair, claimToken };
}
const versionsOf = async (caseId: string) =>
  (
    await db.owner.query(
      `SELECT version, kind::text, sha256, signed_at::text AS at, canonical_text AS canonical, sr_sop_instance_uid AS sr, sections,
         (SELECT count(*)::int FROM outbox_job j WHERE j.name = 'report.store-documents' AND j.collapse_key = v.id::text) AS jobs
       FROM report_version v WHERE case_id = $1 ORDER BY version`,
      [caseId],
    )
  ).rows;
const trailOf = async (caseId: string) =>
  (await db.owner.query("SELECT action FROM audit_event WHERE case_id = $1 ORDER BY seq", [caseId])).rows.map(
    ({ action }) => action as string,
  );

test("what came of one trauma is offered together, read by one reader in one text, and one signature is the end of both", async () => {
  const { head, spine, headStudy, spineStudy } = await trauma({ referrerId: referrer.userId });
  const before = { head: await seen(solheim, head), spine: await seen(solheim, spine) };
  const { claimToken: first } = await claim(solheim, head);
  const opened = await as(solheim, (ctx) => openStudy(ctx, { caseId: head }));
  assert.deepEqual(
    opened.mayReadWith.map(({ caseId, description }) => [caseId, description]),
    [[spine, "CT C-SPINE"]],
  );
  await save(solheim, head, first, 0, "No bleeding.");
  const { claimToken } = await bind(solheim, head, first, spine);
  assert.deepEqual(await bind(solheim, head, claimToken, spine).then((again) => again.claimToken), claimToken);

  // One claim; each its own promise, number and trail.
  const item = await seen(solheim, spine);
  assert.deepEqual([item.mine, item.state, item.dueAt], [true, "drafted", before.spine.dueAt]);
  assert.deepEqual(
    item.readWith.map(({ caseId, accessionNumber }) => [caseId, accessionNumber]),
    [
      [head, before.head.accessionNumber],
      [spine, before.spine.accessionNumber],
    ],
  );
  assert.ok((await trailOf(spine)).includes("case.read-with"));
  const viewed = await as(solheim, (ctx) => openStudy(ctx, { caseId: head }));
  assert.deepEqual(
    viewed.together.map(({ studyInstanceUid, series }) => [studyInstanceUid, series.length]),
    [[spineStudy.studyInstanceUid, 1]],
  );
  assert.deepEqual(viewed.mayReadWith, []);

  // The text is the leading case's, whichever is opened; an image of the other is a key image of it.
  const report = await as(solheim, (ctx) => getReport(ctx, { caseId: spine }));
  assert.deepEqual(
    [report.sections[0]?.text, report.canSign, report.opening.map(({ key }) => key)],
    ["No bleeding.", true, ["examinations"]],
  );
  await assert.rejects(save(solheim, spine, claimToken, 1, "x"), refusedWith("case.read-with"));
  await assert.rejects(sign(solheim, spine, claimToken, 1), refusedWith("case.read-with"));
  const keyImages = [
    {
      seriesInstanceUid: spineStudy.seriesInstanceUid,
      sopInstanceUid: spineStudy.sopInstanceUids[0] as string,
      sopClassUid: spineStudy.sopClassUid,
      frameNumber: 1,
      caption: "C2",
    },
  ];
  await as(solheim, (ctx) =>
    saveDraft(ctx, {
      caseId: head,
      claimToken,
      version: 1,
      sections: words("No bleeding. Fracture of C2."),
      keyImages,
    }),
  );
  await sign(solheim, head, claimToken, 2);

  const [headVersion] = await versionsOf(head);
  const [spineVersion] = await versionsOf(spine);
  for (const caseId of [head, spine])
    assert.deepEqual([(await seen(solheim, caseId)).state, (await versionsOf(caseId)).length], ["final", 1]);
  assert.deepEqual(
    [spineVersion.sha256, spineVersion.at, spineVersion.canonical, spineVersion.sections],
    [headVersion.sha256, headVersion.at, headVersion.canonical, headVersion.sections],
    "signed once",
  );
  assert.match(spineVersion.canonical, new RegExp(`"readWith": \\[\\s*\\{\\s*"caseId": "${spine}"`));
  assert.deepEqual(headVersion.sections[0], {
    key: "examinations",
    title: "Examinations",
    text: `CT HEAD · 20 Nov 2026, 10:15 · accession number ${before.head.accessionNumber}\nCT C-SPINE · 20 Nov 2026, 10:25 · accession number ${before.spine.accessionNumber}`,
  });
  assert.notEqual(headVersion.sr, spineVersion.sr, "an object of each study");
  assert.deepEqual([headVersion.jobs, spineVersion.jobs], [1, 1]);
  for (const caseId of [head, spine]) assert.ok((await trailOf(caseId)).includes("report.sign"));
  const referral = await as(referrer, (ctx) => getReferral(ctx, { studyId: spineStudy.studyId }));
  assert.match(referral.impression, /Fracture of C2/);
  assert.equal(referral.keyImages.length, 1);
  const ofHead = await as(referrer, (ctx) => getReferral(ctx, { studyId: headStudy.studyId }));
  assert.deepEqual(ofHead.keyImages, [], "each study shows its own");

  // An addendum to either is one to both, in one order.
  await as(mensah, (ctx) => addAddendum(ctx, { caseId: spine, text: "Told by telephone." }));
  await as(solheim, (ctx) => addAddendum(ctx, { caseId: head, text: "Seen again." }));
  for (const caseId of [head, spine]) {
    const versions = await versionsOf(caseId);
    assert.deepEqual(
      versions.map(({ version, kind }) => [version, kind]),
      [
        [1, "final"],
        [2, "addendum"],
        [3, "addendum"],
      ],
    );
    assert.equal((await seen(solheim, caseId)).state, "amended");
  }
  await assert.rejects(
    as(solheim, (ctx) => readAlone(ctx, { caseId: spine, claimToken })),
    refusedWith("report.already-signed"),
  );
});

test("what came with it from another day is not offered: a hospital that sends old studies along sends no one trauma", async () => {
  const offered = async (neck: StudyWish) => {
    const { head, spine } = await trauma({}, neck);
    await claim(solheim, head);
    const { mayReadWith } = await as(solheim, (ctx) => openStudy(ctx, { caseId: head }));
    return mayReadWith.some(({ caseId }) => caseId === spine);
  };
  assert.equal(await offered({ studyDate: "20191120" }), false);
  assert.equal(await offered({ studyDate: "20261118" }), false, "two days");
  assert.equal(await offered({ studyDate: "20261121", studyTime: "001000" }), true, "past midnight");
  assert.equal(await offered({ studyDate: "" }), true, "a day that nobody names is no other day");
});

test("the database binds only for the reading group, to a case that leads there, and nothing that is signed", async () => {
  const { head, spine } = await together();
  const other = await trauma({}, { facility: "lakeside-north" });
  const signed = await trauma();
  const { claimToken } = await claim(solheim, signed.head);
  await save(solheim, signed.head, claimToken, 0, "Done.");
  await sign(solheim, signed.head, claimToken, 1);
  const { orgId } = await caseOrg(head);
  const set = (caseId: string, to: string | null) =>
    `UPDATE reading_case SET read_with_id = ${to ? `'${to}'` : "NULL"} WHERE id = '${caseId}'`;
  const app = await pool("overread_app").connect();
  try {
    for (const [org, statement] of [
      [orgId, set(other.head, other.head)],
      [orgId, set(spine, null)],
      [solheim.orgId, set(other.head, other.spine)],
      [solheim.orgId, set(other.spine, head)],
      [solheim.orgId, set(other.head, spine)],
      [solheim.orgId, set(spine, spine)],
      [solheim.orgId, set(head, null)],
      [solheim.orgId, set(signed.head, signed.head)],
    ] as const) {
      await app.query("BEGIN");
      await app.query("SELECT set_config('app.org_id', $1, true)", [org]);
      await assert.rejects(app.query(statement), { code: "42501" }, statement);
      await app.query("ROLLBACK");
    }
  } finally {
    app.release();
  }
});

test("two readers who reach for the same case: one has all he asked for, the other nothing more than before", async () => {
  for (let round = 0; round < 4; round++) {
    const pair = await trauma();
    const chest = await makeUnreadCase(db.owner, { patientId: pair.headStudy.patientId, studyDescription: "CT CHEST" });
    const his = await claim(solheim, pair.head);
    const hers = await claim(mensah, chest.caseId);
    const both = await Promise.allSettled([
      bind(solheim, pair.head, his.claimToken, pair.spine),
      bind(mensah, chest.caseId, hers.claimToken, pair.spine),
    ]);
    assert.equal(both.filter(({ status }) => status === "fulfilled").length, 1);
    const spine = await seen(lead, pair.spine);
    const winner = both[0].status === "fulfilled" ? pair.head : chest.caseId;
    assert.deepEqual(
      spine.readWith.map(({ caseId }) => caseId),
      [winner, pair.spine],
    );
    const { rows } = await db.owner.query(
      "SELECT count(DISTINCT claimed_by_id)::int AS readers, count(DISTINCT claim_token)::int AS tokens FROM reading_case WHERE read_with_id = $1",
      [winner],
    );
    assert.deepEqual(rows[0], { readers: 1, tokens: 1 });
    // Each to the other at the same moment: one set comes of it, or none, never a knot.
    const a = await trauma();
    const held = { head: await claim(solheim, a.head), spine: await claim(solheim, a.spine) };
    await Promise.allSettled([
      bind(solheim, a.head, held.head.claimToken, a.spine),
      bind(solheim, a.spine, held.spine.claimToken, a.head),
    ]);
    const leads = await db.owner.query(
      "SELECT DISTINCT read_with_id FROM reading_case WHERE id = ANY($1) AND read_with_id IS NOT NULL",
      [[a.head, a.spine]],
    );
    assert.equal(leads.rowCount, 1);
  }
});

test("all or none: with one that a colleague is reading nothing is bound", async () => {
  const { head, spine, headStudy } = await trauma();
  const chest = await makeUnreadCase(db.owner, { patientId: headStudy.patientId, studyDescription: "CT CHEST" });
  await claim(mensah, chest.caseId);
  const { claimToken } = await claim(solheim, head);
  await assert.rejects(bind(solheim, head, claimToken, spine, chest.caseId), refusedWith("case.already-claimed"));
  const left = await seen(lead, spine);
  assert.deepEqual([left.state, left.readWith, left.claimedBy], ["unread", [], null]);
});

test("never by the patient ID alone, nor across facilities, physicians and hospitals, nor over words that are there", async () => {
  const refused = async (bar: string, neck: StudyWish, wish: StudyWish = {}) => {
    const { head, spine } = await trauma(wish, neck);
    const { claimToken } = await claim(solheim, head);
    await assert.rejects(bind(solheim, head, claimToken, spine), refusedWith("case.not-together", { bar }));
    const opened = await as(solheim, (ctx) => openStudy(ctx, { caseId: head }));
    assert.deepEqual(opened.mayReadWith, [], `${bar} is not offered`);
    assert.equal((await seen(lead, spine)).state, "unread");
  };
  await refused("another-patient", { patientId: "SOMEBODY-ELSE" });
  await refused("patient-in-doubt", { patientName: "Brook^Hazel" });
  await refused("patient-in-doubt", { patientBirthDate: "19700412" });
  await refused("patient-in-doubt", { patientName: "", patientBirthDate: "" });
  await refused("another-facility", { facility: "lakeside-north" });
  await refused("another-physician", { referrerId: null }, { referrerId: referrer.userId });

  const pair = await trauma();
  const hers = await claim(mensah, pair.spine);
  await save(mensah, pair.spine, hers.claimToken, 0, "Hers.");
  await as(mensah, (ctx) => releaseClaim(ctx, { caseId: pair.spine, claimToken: hers.claimToken }));
  const { claimToken } = await claim(solheim, pair.head);
  await assert.rejects(
    bind(solheim, pair.head, claimToken, pair.spine),
    refusedWith("case.not-together", { bar: "begun" }),
  );

  // The same ID at another hospital of the group is another patient; a case of another group is not there at all.
  const elsewhere = await trauma({}, { facility: "harbor-general" });
  const held = await claim(solheim, elsewhere.head);
  await assert.rejects(bind(solheim, elsewhere.head, held.claimToken, elsewhere.spine), (error) => {
    assert.ok(error instanceof DomainError);
    assert.match(error.code, /^case\.(not-together|not-found)$/);
    return true;
  });
});

test("what made them one report is asked again at the signature", async () => {
  const { head, spineStudy, claimToken } = await together({ referrerId: referrer.userId });
  await save(solheim, head, claimToken, 0, "Done.");
  await db.owner.query("UPDATE study SET referrer_id = NULL WHERE id = $1", [spineStudy.studyId]);
  await assert.rejects(
    sign(solheim, head, claimToken, 1),
    refusedWith("case.not-together", { bar: "another-physician" }),
  );
  await db.owner.query("UPDATE study SET referrer_id = $2 WHERE id = $1", [spineStudy.studyId, referrer.userId]);

  // Late and refused images of any of them count.
  await withTenant(systemActor(spineStudy.orgId, "test"), (ctx) =>
    noteLateImages(ctx, { studyId: spineStudy.studyId, count: 2 }),
  );
  await assert.rejects(sign(solheim, head, claimToken, 1), refusedWith("case.late-images", { count: 2 }));
  const spine = (await seen(solheim, head)).readWith[1];
  assert.equal(spine?.lateImages?.count, 2);
  await as(solheim, (ctx) => seeLateImages(ctx, { caseId: spine?.caseId ?? "", count: 2 }));
  await db.owner.query("UPDATE study SET refused_instances = 1 WHERE id = $1", [spineStudy.studyId]);
  await assert.rejects(sign(solheim, head, claimToken, 1), refusedWith("case.incomplete"));
  await db.owner.query("UPDATE reading_case SET read_without = 1 WHERE id = $1", [spine?.caseId]);
  await sign(solheim, head, claimToken, 1);
  const [version] = await versionsOf(head);
  assert.match(
    version.sections.find(({ key }: { key: string }) => key === "missing-images").text,
    /^CT C-SPINE: 1 of 3 images was refused/,
  );
});

test("taken out, a case is on the list again with its own clock, and the text stays where it was", async () => {
  const { head, spine, claimToken } = await together();
  await save(solheim, head, claimToken, 0, "Head and neck.");
  await assert.rejects(
    as(solheim, (ctx) => readAlone(ctx, { caseId: head, claimToken })),
    refusedWith("case.read-with"),
    "the leading case stays",
  );
  await as(solheim, (ctx) => readAlone(ctx, { caseId: spine, claimToken }));
  const free = await seen(mensah, spine);
  assert.deepEqual([free.state, free.readWith, free.claimedBy, free.can.claim], ["unread", [], null, true]);
  const kept = await seen(solheim, head);
  assert.deepEqual([kept.state, kept.readWith, kept.mine], ["drafted", [], true]);
  assert.equal((await as(solheim, (ctx) => getReport(ctx, { caseId: head }))).sections[0]?.text, "Head and neck.");
  await assert.rejects(save(solheim, spine, claimToken, 0, "x"), refusedWith("case.claim-expired"));
  assert.deepEqual((await trailOf(spine)).slice(-1), ["case.read-alone"]);
  await sign(solheim, head, claimToken, 1);
  assert.equal((await seen(mensah, spine)).state, "unread");
  assert.ok(!(await versionsOf(head))[0].sections.some(({ key }: { key: string }) => key === "examinations"));
  await claim(mensah, spine);
});

test("whoever takes one takes all; handed over, given back, lapsed, renewed or held, they stay together", async () => {
  const { head, spine, claimToken } = await together();
  const states = async () => {
    const [a, b] = [await seen(lead, head), await seen(lead, spine)];
    assert.deepEqual([b.state, b.claimedBy, b.claimedUntil, b.given], [a.state, a.claimedBy, a.claimedUntil, a.given]);
    return a;
  };
  await as(solheim, (ctx) => renewClaim(ctx, { caseId: spine, claimToken }));
  await states();
  await as(solheim, (ctx) =>
    handOverCase(ctx, { caseId: head, claimToken, toId: mensah.userId, note: "Both of one trauma." }),
  );
  assert.equal((await states()).given?.id, mensah.userId);
  const hers = await claim(mensah, spine);
  assert.equal((await states()).claimedBy?.id, mensah.userId);
  await as(mensah, (ctx) => releaseClaim(ctx, { caseId: spine, claimToken: hers.claimToken }));
  assert.equal((await states()).claimedBy, null);
  const kept = await as(solheim, (ctx) => reserveCases(ctx, { count: 5 }));
  assert.ok(!kept.some(({ caseId }) => caseId === head || caseId === spine), "no half of them is kept for later");

  await claim(solheim, head);
  await lapseClaim(db.owner, head);
  await withTenant(systemActor((await caseOrg(spine)).orgId, "test"), (ctx) => expireClaim(ctx, { caseId: spine }));
  assert.deepEqual([(await states()).state, (await states()).claimedBy], ["unread", null]);

  // Held for the site as one, each with its own stop of the clock; cancelled only one by one.
  await as(lead, (ctx) => holdCase(ctx, { caseId: head, reason: "No history." }));
  assert.equal((await states()).state, "held");
  const stops = await db.owner.query("SELECT case_id FROM case_clock_stop WHERE case_id = ANY($1)", [[head, spine]]);
  assert.equal(stops.rowCount, 2);
  await as(lead, (ctx) => resumeCase(ctx, { caseId: spine }));
  assert.equal((await states()).state, "unread");
  for (const caseId of [head, spine]) {
    assert.equal((await seen(admin, caseId)).can.cancel, false);
    await assert.rejects(
      as(admin, (ctx) => cancelCase(ctx, { caseId, reason: "Wrong patient." })),
      refusedWith("case.read-with"),
    );
  }
  assert.equal((await seen(lead, spine)).can.readAlone, true);
  await as(lead, (ctx) => readAlone(ctx, { caseId: spine }));
  await as(admin, (ctx) => cancelCase(ctx, { caseId: spine, reason: "Wrong patient." }));
  assert.deepEqual([(await seen(lead, head)).state, (await seen(lead, spine)).state], ["unread", "cancelled"]);
});
const caseOrg = async (caseId: string): Promise<{ orgId: string }> =>
  (await db.owner.query('SELECT org_id AS "orgId" FROM reading_case WHERE id = $1', [caseId])).rows[0];

test("a rule gives and draws them as one, and to nobody who may not have each", async () => {
  const rule = async (...rules: Rule[]) => {
    const sheet = rules.map((each) => ({ name: each.id, on: true, rule: each }));
    await db.owner.query(
      `INSERT INTO assignment_rule_set (org_id, version, sheet, saved_by_id)
       SELECT $1, coalesce(max(version), 0) + 1, $2, $3 FROM assignment_rule_set WHERE org_id = $1`,
      [solheim.orgId, JSON.stringify(sheet), lead.userId],
    );
  };
  const run = () => withTenantSql(systemActor(solheim.orgId, "test"), runAssignment);
  const { head, spine, claimToken } = await together();
  await as(solheim, (ctx) => releaseClaim(ctx, { caseId: head, claimToken }));
  await db.owner.query("UPDATE reading_case SET state = 'cancelled' WHERE completed_at IS NULL AND id <> ALL($1)", [
    [head, spine],
  ]);
  await db.owner.query("UPDATE session SET last_seen_at = now()");
  // The most urgent of them decides when it is somebody's turn.
  await db.owner.query("UPDATE reading_case SET priority = 'urgent' WHERE id = $1", [spine]);
  const { snapshot } = await withTenantSql(systemActor(solheim.orgId, "test"), ({ tx }) =>
    fillSnapshot(tx, solheim.orgId),
  );
  assert.deepEqual(
    snapshot.cases.map(({ priority }) => priority),
    ["urgent", "urgent"],
  );
  await rule(aRule({ id: "offer", mode: { kind: "push", acceptSeconds: 60 } }));
  await run();
  const [a, b] = [await seen(lead, head), await seen(lead, spine)];
  assert.ok(a.given);
  assert.deepEqual(b.given, a.given);
  await run();
  assert.deepEqual((await seen(lead, spine)).given, a.given, "and it stays so");

  await db.owner.query(
    "UPDATE reading_case SET given_to_id = NULL, given_as = NULL, given_at = NULL, given_until = NULL, given_rule_id = NULL WHERE id = $1",
    [head],
  );
  await rule(aRule({ id: "draw", mode: { kind: "draw" } }));
  await run();
  assert.deepEqual([(await seen(lead, head)).drawn, (await seen(lead, spine)).drawn], [true, true]);
  const drawn = await Promise.all([as(solheim, drawCase), as(mensah, drawCase)]);
  assert.equal(drawn.filter((each) => each !== null).length, 1, "one reader has both");
  const reader = drawn[0] ? solheim : mensah;
  for (const caseId of [head, spine]) assert.equal((await seen(lead, caseId)).claimedBy?.id, reader.userId);
  await rule();
});

test("a preliminary report of both is gone over as one, and scored once", async () => {
  const { head, spine, claimToken } = await together();
  await save(solheim, head, claimToken, 0, "No fracture.");
  await as(solheim, (ctx) => signPreliminary(ctx, { caseId: head, claimToken, version: 1 }));
  for (const caseId of [head, spine]) assert.equal((await seen(mensah, caseId)).state, "preliminary");
  await assert.rejects(
    as(lead, (ctx) => readAlone(ctx, { caseId: spine })),
    refusedWith("case.illegal-move"),
    "what a signed report is of is not changed",
  );
  const hers = await claim(mensah, spine);
  const working = await as(mensah, (ctx) => getReport(ctx, { caseId: spine }));
  assert.deepEqual([working.sections[0]?.text, working.preliminary?.own], ["No fracture.", false]);
  await as(mensah, (ctx) =>
    signReport(ctx, {
      caseId: head,
      claimToken: hers.claimToken,
      version: 1,
      overRead: { score: 1, significant: false, comment: "" },
    }),
  );
  for (const caseId of [head, spine]) {
    assert.equal((await seen(mensah, caseId)).state, "final");
    assert.deepEqual(
      (await versionsOf(caseId)).map(({ kind }) => kind),
      ["preliminary", "final"],
    );
  }
  const scores = await db.owner.query("SELECT 1 FROM over_read WHERE case_id = ANY($1)", [[head, spine]]);
  assert.equal(scores.rowCount, 1);
});
