import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import { chainAllWaitingReads } from "#server/audit/writer.ts";
import type { UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { searchAudit } from "#server/domain/audit/index.ts";
import { claimCase } from "#server/domain/reading/index.ts";
import { addAddendum, getReferral, listReferrals, saveDraft, signReport } from "#server/domain/reporting/index.ts";
import { signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";
import { makeUnreadCase, type StudyWish } from "../factories/studies.ts";

let db: Awaited<ReturnType<typeof useTestDatabase>>;
let solheim: UserActor;
let almeida: UserActor;
before(async () => {
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse" });
  solheim = (await signedIn("radiologist@nightshift.example")).actor;
  almeida = (await signedIn("referrer@lakeside.example")).actor;
});
after(() => db.drop());

const refusedWith = (code: string) => (error: unknown) => error instanceof DomainError && error.code === code;

async function signedReferral(wish: StudyWish = {}) {
  const made = await makeUnreadCase(db.owner, { referrerId: almeida.userId, ...wish });
  const { claimToken } = await withTenant(solheim, (ctx) => claimCase(ctx, made));
  const keyImages = [
    {
      seriesInstanceUid: made.seriesInstanceUid,
      sopInstanceUid: made.sopInstanceUids[0]!,
      sopClassUid: made.sopClassUid,
      frameNumber: 1,
      caption: "Here",
      windowCenter: 40,
      windowWidth: 400,
    },
  ];
  const sections = [{ key: "impression", title: "Impression", text: "No change. ".repeat(40) }];
  await withTenant(solheim, (ctx) =>
    saveDraft(ctx, { caseId: made.caseId, claimToken, version: 0, sections, keyImages }),
  );
  const sign = () => withTenant(solheim, (ctx) => signReport(ctx, { caseId: made.caseId, claimToken, version: 1 }));
  return { ...made, sign };
}

test("a referring physician sees nothing of a report before it is signed, and all of it afterwards", async () => {
  const made = await signedReferral({ patientName: "Brook^Bela" });
  const listed = async () => (await withTenant(almeida, (ctx) => listReferrals(ctx, { text: "brook" }))).items[0];
  const get = () => withTenant(almeida, (ctx) => getReferral(ctx, made));
  const before = await listed();
  assert.deepEqual([before?.state, before?.signedAt, before?.impression, before?.unread], ["drafted", null, "", false]);
  assert.deepEqual([(await get()).versions, (await get()).keyImages], [[], []]);

  await made.sign();
  const after = await listed();
  assert.equal(after?.state, "final");
  assert.equal(after?.unread, true);
  assert.equal(after?.impression.length, 200);
  const referral = await get();
  assert.equal(referral.versions[0]?.signedBy, "Dr Ingrid Solheim");
  assert.equal(
    referral.keyImages[0]?.renderedPath,
    `/dicomweb/lakeside/studies/${made.studyInstanceUid}/series/${made.seriesInstanceUid}/instances/${made.sopInstanceUids[0]}/frames/1/rendered?window=40,400,LINEAR`,
  );
  assert.equal(referral.versions[0]?.pdfPath, null, "not made yet");
  assert.equal((await listed())?.unread, false, "opened once");

  await withTenant(solheim, (ctx) => addAddendum(ctx, { caseId: made.caseId, text: "One more word." }));
  assert.equal((await listed())?.unread, true, "an addendum is news");
  assert.deepEqual(
    [(await listed())?.addendum, (await listed())?.impression.slice(0, 10)],
    ["One more word.", "No change."],
    "nobody reads the old impression in the list without the addendum",
  );
  assert.equal((await withTenant(almeida, (ctx) => listReferrals(ctx, {}))).counts.unread, 1);
});

test("nobody's patients but one's own: another physician's study is not there", async () => {
  const own = await signedReferral();
  await own.sign();
  const unreferred = await makeUnreadCase(db.owner, { referrerId: null, patientName: "Nobody^Nil" });
  const colleague = (
    await db.owner.query(
      `INSERT INTO user_account (org_id, email, display_name, person_name, roles, facility_ids, referrer_names)
       VALUES ($1, 'other@lakeside.example', 'Dr Other', 'Other^Dr', '{referring_physician}', '{}', '{}') RETURNING id`,
      [almeida.orgId],
    )
  ).rows[0].id;
  const other: UserActor = { ...almeida, userId: colleague };
  await assert.rejects(
    withTenant(other, (ctx) => getReferral(ctx, own)),
    refusedWith("study.not-found"),
  );
  await assert.rejects(
    withTenant(almeida, (ctx) => getReferral(ctx, unreferred)),
    refusedWith("study.not-found"),
  );
  assert.deepEqual((await withTenant(other, (ctx) => listReferrals(ctx, {}))).items, []);
  assert.deepEqual((await withTenant(almeida, (ctx) => listReferrals(ctx, { text: "nobody" }))).items, []);
  const tech = (await signedIn("tech@lakeside.example")).actor;
  await assert.rejects(
    withTenant(tech, (ctx) => listReferrals(ctx, {})),
    refusedWith("auth.forbidden"),
  );
});

test("the inbox pages from the newest report on", async () => {
  for (let n = 0; n < 4; n++) await (await signedReferral({ patientName: `Pagetwo^N${n}` })).sign();
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof listReferrals>> = await withTenant(almeida, (ctx) =>
      listReferrals(ctx, { text: "pagetwo", limit: 3, cursor }),
    );
    seen.push(...page.items.map(({ patientName }) => patientName));
    cursor = page.nextCursor;
  } while (cursor);
  assert.deepEqual(seen, ["PAGETWO, N3", "PAGETWO, N2", "PAGETWO, N1", "PAGETWO, N0"]);
});

test("the site administrator finds who looked at a patient, of whatever organisation, and the search is on record", async () => {
  const made = await signedReferral({ patientId: "AUDIT-7" });
  await made.sign();
  await withTenant(almeida, (ctx) => getReferral(ctx, made));
  const admin = (await signedIn("admin@lakeside.example")).actor;
  const search = async (input: Parameters<typeof searchAudit>[1]) => {
    await chainAllWaitingReads();
    return withTenant(admin, (ctx) => searchAudit(ctx, input));
  };
  const { items } = await search({ patientId: "AUDIT-7" });
  const actions = items.map(({ action, actorName }) => `${action} ${actorName}`);
  assert.equal(actions[0], "referral.read Dr Rosa Almeida");
  for (const expected of [
    "report.sign Dr Ingrid Solheim",
    "case.claim Dr Ingrid Solheim",
    "report.save-draft Dr Ingrid Solheim",
  ])
    assert.ok(actions.includes(expected), expected);
  assert.ok(items.every(({ studyInstanceUid }) => !studyInstanceUid || studyInstanceUid === made.studyInstanceUid));
  assert.ok(!JSON.stringify(items).includes("Rivers"), "no value out of a data set");

  assert.ok((await search({ userId: almeida.userId })).items.every(({ actorName }) => actorName === "Dr Rosa Almeida"));
  assert.equal((await search({ patientId: "AUDIT-7", to: "2001-01-01" })).items.length, 0);
  const page = await search({ patientId: "AUDIT-7", limit: 2 });
  const rest = await search({ patientId: "AUDIT-7", cursor: page.nextCursor });
  assert.deepEqual(
    [...page.items, ...rest.items].map(({ seq }) => seq),
    items.map(({ seq }) => seq),
  );
  assert.equal((await search({})).items[0]?.action, "audit.search");

  const harbor = (await signedIn("admin@harbor.example")).actor;
  assert.equal((await withTenant(harbor, (ctx) => searchAudit(ctx, { patientId: "AUDIT-7" }))).items.length, 0);
  await assert.rejects(
    withTenant(solheim, (ctx) => searchAudit(ctx, {})),
    refusedWith("auth.forbidden"),
  );
});
