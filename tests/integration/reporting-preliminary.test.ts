import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import type { UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { assembleReport } from "#server/documents/index.ts";
import { acknowledgeNotice, listNotices, takeNoticeDelivery } from "#server/domain/notices/index.ts";
import { cancelCase, claimCase, getCase, holdCase, resumeCase } from "#server/domain/reading/index.ts";
import {
  addAddendum,
  gatherReport,
  getReferral,
  getReport,
  SignReport,
  saveDraft,
  signPreliminary,
  signReport,
} from "#server/domain/reporting/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";
import { makeUnreadCase } from "../factories/studies.ts";

let db: Awaited<ReturnType<typeof useTestDatabase>>;
let night: UserActor;
let day: UserActor;
let lead: UserActor;
let tech: UserActor;
let referrer: UserActor;
before(async () => {
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse" });
  night = (await signedIn("radiologist@nightshift.example")).actor;
  day = (await signedIn("radiologist2@nightshift.example")).actor;
  lead = (await signedIn("lead@nightshift.example")).actor;
  tech = (await signedIn("tech@lakeside.example")).actor;
  referrer = (await signedIn("referrer@lakeside.example")).actor;
});
after(() => db.drop());

const refusedWith = (code: string) => (error: unknown) => error instanceof DomainError && error.code === code;
const claim = async (actor: UserActor, caseId: string) =>
  (await withTenant(actor, (ctx) => claimCase(ctx, { caseId }))).claimToken;
const save = (actor: UserActor, caseId: string, claimToken: string, version: number, text: string) =>
  withTenant(actor, (ctx) =>
    saveDraft(ctx, { caseId, claimToken, version, sections: [{ key: "impression", title: "Impression", text }] }),
  );
const preliminary = (actor: UserActor, caseId: string, claimToken: string, version: number) =>
  withTenant(actor, (ctx) => signPreliminary(ctx, { caseId, claimToken, version }));
const agrees = { score: 1, significant: false, comment: "" };
const final = (actor: UserActor, caseId: string, claimToken: string, version: number, overRead?: typeof agrees) =>
  withTenant(actor, (ctx) => signReport(ctx, { caseId, claimToken, version, overRead }));
const read = (actor: UserActor, caseId: string) => withTenant(actor, (ctx) => getReport(ctx, { caseId }));

async function readAtNight(wish: Parameters<typeof makeUnreadCase>[1] = {}) {
  const made = await makeUnreadCase(db.owner, wish);
  const { caseId } = made;
  const claimToken = await claim(night, caseId);
  await save(night, caseId, claimToken, 0, "Small pneumothorax.");
  return { ...made, claimToken };
}

test("a first reading is signed as preliminary at night, gone over by day and signed for good", async () => {
  const { caseId, studyId, orgId, claimToken } = await readAtNight({ referrerId: referrer.userId });
  assert.equal((await read(night, caseId)).canSignPreliminary, true);
  const first = await preliminary(night, caseId, claimToken, 1);
  assert.equal(first.version, 1);
  const item = await withTenant(lead, (ctx) => getCase(ctx, { caseId }));
  assert.deepEqual([item.state, item.claimedBy], ["preliminary", null]);

  // The hospital has it at once, named what it is; the referring physician waits for what is final.
  const there = await read(tech, caseId);
  assert.deepEqual(
    there.versions.map(({ version, kind }) => [version, kind]),
    [[1, "preliminary"]],
  );
  assert.equal(there.draft, null);
  const referral = () => withTenant(referrer, (ctx) => getReferral(ctx, { studyId }));
  assert.deepEqual([(await referral()).versions, (await referral()).signedAt], [[], null]);
  const { rows: jobs } = await db.owner.query(
    "SELECT payload FROM outbox_job WHERE name = 'report.store-documents' AND collapse_key = $1",
    [first.reportVersionId],
  );
  assert.equal(jobs.length, 1, "its documents are made");

  // Nothing more under the old claim; another radiologist goes on from the same words.
  await assert.rejects(save(night, caseId, claimToken, 1, "x"), refusedWith("case.claim-expired"));
  const again = await claim(day, caseId);
  const working = await read(day, caseId);
  assert.equal(working.sections[0]?.text, "Small pneumothorax.");
  await save(day, caseId, again, 1, "Small pneumothorax. Rib fracture.");
  const differs = { score: 3, significant: true, comment: "Rib fracture." };
  await assert.rejects(final(day, caseId, again, 2), refusedWith("report.unscored"));
  await db.owner.query(
    "INSERT INTO notice_mail (user_id, org_id, address, verified_at) VALUES ($1, $2, 'night@nightshift.example', now())",
    [night.userId, night.orgId],
  );
  const second = await final(day, caseId, again, 2, differs);
  assert.equal(second.version, 2);
  // Its author hears of it, without what and whose, and it waits for him although the case is done.
  const inbox = (actor: UserActor) => withTenant(actor, (ctx) => listNotices(ctx));
  const told = (await inbox(night)).items.filter((each) => each.caseId === caseId);
  assert.deepEqual(
    told.map(({ kind, params, over, acknowledged }) => [kind, params, over, acknowledged]),
    [["over-read-differs", {}, false, null]],
  );
  assert.deepEqual(
    (await inbox(day)).items.filter((each) => each.caseId === caseId),
    [],
  );
  const mails = await db.owner.query("SELECT id::text FROM notice_delivery WHERE case_id = $1", [caseId]);
  const sending = await withTenant(systemActor(night.orgId, "worker"), (ctx) =>
    takeNoticeDelivery(ctx, { deliveryId: mails.rows[0].id }),
  );
  assert.equal(sending?.channel, "mail", "his mail is not dropped with the case");
  await withTenant(night, (ctx) => acknowledgeNotice(ctx, { noticeId: `${told[0]?.noticeId}` }));
  const seen = (await inbox(night)).items.find((each) => each.caseId === caseId);
  assert.equal(seen?.acknowledged?.byMe, true);
  for (const actor of [night, day, lead]) {
    const [score] = (await read(actor, caseId)).scores;
    assert.deepEqual(
      [score?.score, score?.significant, score?.comment, score?.by, score?.preliminaryBy],
      [3, true, "Rib fracture.", "Dr Kwame Mensah", "Dr Ingrid Solheim"],
    );
  }
  assert.deepEqual((await read(tech, caseId)).scores, [], "no affair of the hospital's");
  const done = await read(tech, caseId);
  assert.equal(done.state, "final");
  assert.deepEqual(
    done.versions.map(({ kind, signedBy, sections }) => [kind, signedBy, sections[0]?.text]),
    [
      ["final", "Dr Kwame Mensah", "Small pneumothorax. Rib fracture."],
      ["preliminary", "Dr Ingrid Solheim", "Small pneumothorax."],
    ],
  );
  assert.deepEqual(
    (await referral()).versions.map(({ version }) => version),
    [2],
  );
  const third = await withTenant(day, (ctx) => addAddendum(ctx, { caseId, text: "Telephoned." }));
  assert.equal(third.version, 3);

  // Its documents: the final one follows the preliminary, and is signed by who went over it.
  const gathered = async (reportVersionId: string) =>
    assembleReport(await withTenant(systemActor(orgId, "worker"), (ctx) => gatherReport(ctx, { reportVersionId })));
  const [one, two] = [await gathered(first.reportVersionId), await gathered(second.reportVersionId)];
  assert.deepEqual([one.kind, one.reportSignature.name, one.predecessor], ["preliminary", "Dr Ingrid Solheim", null]);
  assert.deepEqual([two.kind, two.reportSignature.name], ["final", "Dr Kwame Mensah"]);
  assert.deepEqual(two.predecessor, one.uids);
  const { rows: trail } = await db.owner.query(
    "SELECT action FROM audit_event WHERE case_id = $1 AND action LIKE 'report.sign%' ORDER BY seq",
    [caseId],
  );
  assert.deepEqual(
    trail.map(({ action }) => action),
    ["report.sign-preliminary", "report.sign"],
  );
});

test("a preliminary signature needs the claim, the words as they were seen, and an impression", async () => {
  const { caseId, claimToken } = await readAtNight();
  await assert.rejects(preliminary(day, caseId, claimToken, 1), refusedWith("case.claim-expired"));
  await assert.rejects(preliminary(night, caseId, claimToken, 7), refusedWith("report.version-conflict"));
  await assert.rejects(preliminary(lead, caseId, claimToken, 1), refusedWith("auth.forbidden"));
  await save(night, caseId, claimToken, 1, "  ");
  await assert.rejects(preliminary(night, caseId, claimToken, 2), refusedWith("report.impression-missing"));
  await save(night, caseId, claimToken, 2, "Normal.");
  const outcomes = await Promise.allSettled([1, 2].map(() => preliminary(night, caseId, claimToken, 3)));
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ["fulfilled", "rejected"], "once");
  const again = await claim(day, caseId);
  await final(day, caseId, again, 3, agrees);
  await assert.rejects(preliminary(day, caseId, again, 3), refusedWith("report.already-signed"));
});

test("nobody goes over his own preliminary report, and what nobody read before is not scored", async () => {
  const { caseId, claimToken } = await readAtNight();
  await assert.rejects(final(night, caseId, claimToken, 1, agrees), refusedWith("request.invalid"));
  await preliminary(night, caseId, claimToken, 1);
  const own = await claim(night, caseId);
  const seen = await read(night, caseId);
  assert.deepEqual([seen.canSign, seen.canSignPreliminary, seen.preliminary?.own], [false, true, true]);
  for (const score of [undefined, agrees])
    await assert.rejects(final(night, caseId, own, 1, score), refusedWith("report.own-preliminary"));
  await save(night, caseId, own, 1, "Small pneumothorax, on the left.");
  await preliminary(night, caseId, own, 2);
  const others = await claim(day, caseId);
  const theirs = await read(day, caseId);
  assert.deepEqual(
    [theirs.canSign, theirs.preliminary?.own, theirs.preliminary?.signedBy],
    [true, false, "Dr Ingrid Solheim"],
  );
  const outcomes = await Promise.allSettled([1, 2].map(() => final(day, caseId, others, 2, agrees)));
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ["fulfilled", "rejected"], "once");
  const { items } = await withTenant(night, (ctx) => listNotices(ctx));
  assert.deepEqual(
    items.filter((each) => each.caseId === caseId),
    [],
    "nobody is told of an agreement",
  );
  const scores = await db.owner.query("SELECT preliminary_version_id AS id FROM over_read WHERE case_id = $1", [
    caseId,
  ]);
  const versions = (await read(lead, caseId)).versions;
  assert.deepEqual(
    scores.rows.map(({ id }) => id),
    [versions.find(({ version }) => version === 2)?.reportVersionId],
    "the newest preliminary report was gone over",
  );
  const trail = await db.owner.query("SELECT details::text AS details FROM audit_event WHERE case_id = $1", [caseId]);
  assert.ok(
    trail.rows.every(({ details }) => !details.includes("score")),
    "the hospital reads the trail too",
  );
});

test("the database lets nobody sign the final report over the own preliminary one, nor rewrite a score", async () => {
  const { caseId, claimToken } = await readAtNight();
  await preliminary(night, caseId, claimToken, 1);
  await assert.rejects(
    withTenant(
      night,
      (ctx) => ctx.tx
        .$executeRaw`INSERT INTO report_version (org_id, reader_org_id, case_id, study_ref, version, kind, sections, key_images,
          canonical_text, sha256, signed_by_id, signed_by_name, signed_by_person_name, signed_at, pdf_series_instance_uid, pdf_sop_instance_uid,
          sr_series_instance_uid, sr_sop_instance_uid)
        SELECT org_id, reader_org_id, case_id, study_ref, 2, 'final', sections, key_images, canonical_text, sha256, signed_by_id, signed_by_name,
          signed_by_person_name, now(), '2.25.1', '2.25.2', '2.25.3', '2.25.4' FROM report_version WHERE case_id = ${caseId}::uuid`,
    ),
    /gone over by somebody else/,
  );
  const token = await claim(day, caseId);
  await final(day, caseId, token, 1, agrees);
  await assert.rejects(db.owner.query("UPDATE over_read SET score = 4 WHERE case_id = $1", [caseId]));
  const seen = await withTenant(tech, ({ tx }) => tx.overRead.count());
  assert.equal(seen, 0, "nothing of it for the hospital");
});

test("a preliminary case is held and comes back preliminary; it is not cancelled, not from being held either", async () => {
  const { caseId, claimToken } = await readAtNight();
  await preliminary(night, caseId, claimToken, 1);
  const cancel = () => withTenant(lead, (ctx) => cancelCase(ctx, { caseId, reason: "Ordered twice." }));
  await assert.rejects(cancel(), refusedWith("case.illegal-move"));
  await withTenant(lead, (ctx) => holdCase(ctx, { caseId, reason: "Priors are asked for." }));
  await assert.rejects(cancel(), refusedWith("case.illegal-move"));
  assert.deepEqual(await withTenant(tech, (ctx) => resumeCase(ctx, { caseId })), { state: "preliminary" });
});

test("the words of a preliminary report are not shown as a prior's report", async () => {
  const patientId = "PRELIM-1";
  const earlier = await readAtNight({ patientId, studyDate: "20260101" });
  await preliminary(night, earlier.caseId, earlier.claimToken, 1);
  const { caseId } = await makeUnreadCase(db.owner, { patientId, studyDate: "20260601" });
  const { priors } = await withTenant(night, (ctx) => getCase(ctx, { caseId }));
  assert.deepEqual(
    priors.map(({ studyId, hasReport }) => [studyId, hasReport]),
    [[earlier.studyId, false]],
  );
});

test("what was on the signer's screen is kept with each version, and what was not is counted in the trail", async () => {
  const { caseId, claimToken } = await readAtNight();
  const shown = (all: [total: number, shown: number][]) =>
    all.map(([total, n], i) => ({ seriesInstanceUid: `1.2.${i + 1}`, total, shown: n }));
  await withTenant(night, (ctx) =>
    signPreliminary(ctx, {
      caseId,
      claimToken,
      version: 1,
      imagesShown: shown([
        [102, 90],
        [40, 40],
      ]),
    }),
  );
  const over = await claim(day, caseId);
  await save(day, caseId, over, 1, "Small pneumothorax on the left.");
  await withTenant(day, (ctx) => signReport(ctx, { caseId, claimToken: over, version: 2, overRead: agrees }));
  const { rows } = await db.owner.query(
    "SELECT images_shown AS shown FROM report_version WHERE case_id = $1 ORDER BY version",
    [caseId],
  );
  assert.deepEqual(
    rows.map((row) => row.shown),
    [
      shown([
        [102, 90],
        [40, 40],
      ]),
      null,
    ],
  );
  const { rows: trail } = await db.owner.query(
    "SELECT details->'imagesNotShown' AS n FROM audit_event WHERE case_id = $1 AND action IN ('report.sign', 'report.sign-preliminary') ORDER BY seq",
    [caseId],
  );
  assert.deepEqual(
    trail.map(({ n }) => n),
    [12, null],
  );
  assert.equal(SignReport.safeParse({ caseId, claimToken, version: 1, imagesShown: shown([[3, 4]]) }).success, false);
});
