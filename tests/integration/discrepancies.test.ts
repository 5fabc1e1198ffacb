import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import type { UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { acknowledge } from "#server/domain/escalation/index.ts";
import { listNotices } from "#server/domain/notices/index.ts";
import { claimCase } from "#server/domain/reading/index.ts";
import {
  acknowledgeDiscrepancy,
  closeDiscrepancy,
  exportDiscrepancies,
  ListDiscrepancies,
  listDiscrepancies,
  saveDraft,
  signPreliminary,
  signReport,
} from "#server/domain/reporting/index.ts";
import { toCsv } from "../../src/app/(admin)/admin/audit/csv.ts";
import { csvRows } from "../../src/app/(admin)/discrepancies/csv-rows.ts";
import { facilityId, signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";
import { makeUnreadCase } from "../factories/studies.ts";

let db: Awaited<ReturnType<typeof useTestDatabase>>;
let night: UserActor;
let day: UserActor;
let third: UserActor;
let lead: UserActor;
let tech: UserActor;
let strangers: UserActor[];
before(async () => {
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse" });
  night = (await signedIn("radiologist@nightshift.example")).actor;
  day = (await signedIn("radiologist2@nightshift.example")).actor;
  lead = (await signedIn("lead@nightshift.example")).actor;
  tech = (await signedIn("tech@lakeside.example")).actor;
  third = await hire(lead.orgId, "radiologist");
  const group = await db.owner.query(
    "INSERT INTO organization (slug, name, kind, letterhead) VALUES ('others', 'Others', 'reading_group', '{}') RETURNING id",
  );
  strangers = [await hire(group.rows[0].id, "radiologist"), await hire(group.rows[0].id, "worklist_manager")];
});
after(() => db.drop());

async function hire(orgId: string, role: string): Promise<UserActor> {
  const email = `${role}-${randomUUID()}@example.org`;
  await db.owner.query(
    `INSERT INTO user_account (org_id, email, display_name, person_name, roles, facility_ids, referrer_names)
     VALUES ($1, $2, 'Staff', 'Staff', ARRAY[$3]::"Role"[], '{}', '{}')`,
    [orgId, email, role],
  );
  return (await signedIn(email)).actor;
}

type Opinion = { score: number; significant: boolean; comment: string };
const refusedWith = (code: string) => (error: unknown) => error instanceof DomainError && error.code === code;
const list = (actor: UserActor, search: Partial<ListDiscrepancies> = {}) =>
  withTenant(actor, (ctx) => listDiscrepancies(ctx, ListDiscrepancies.parse(search)));
const ids = async (actor: UserActor, search: Partial<ListDiscrepancies> = {}) =>
  (await list(actor, search)).items.map(({ overReadId }) => overReadId);
const seen = (actor: UserActor, overReadId: string) =>
  withTenant(actor, (ctx) => acknowledgeDiscrepancy(ctx, { overReadId }));
const close = (actor: UserActor, overReadId: string, note: string, siteToldAt: string | null = null) =>
  withTenant(actor, (ctx) => closeDiscrepancy(ctx, { overReadId, note, siteToldAt }));

/** A case that `first` reads preliminarily, and `second` goes over. */
async function differs(
  { first, second, ...wish }: { first: UserActor; second: UserActor } & Parameters<typeof makeUnreadCase>[1],
  overRead: Opinion,
) {
  const { caseId } = await makeUnreadCase(db.owner, wish);
  const claim = async (actor: UserActor) => (await withTenant(actor, (ctx) => claimCase(ctx, { caseId }))).claimToken;
  const sections = [{ key: "impression", title: "Impression", text: "Normal." }];
  const one = await claim(first);
  await withTenant(first, (ctx) => saveDraft(ctx, { caseId, claimToken: one, version: 0, sections }));
  await withTenant(first, (ctx) => signPreliminary(ctx, { caseId, claimToken: one, version: 1 }));
  const two = await claim(second);
  await withTenant(second, (ctx) => saveDraft(ctx, { caseId, claimToken: two, version: 1, sections }));
  await withTenant(second, (ctx) => signReport(ctx, { caseId, claimToken: two, version: 2, overRead }));
  const { rows } = await db.owner.query("SELECT id::text FROM over_read WHERE case_id = $1", [caseId]);
  return { caseId, overReadId: rows[0].id as string };
}

test("the lead sees every over-read that differs, a reader his own, first or second, and nobody else any", async () => {
  const made = await differs(
    { first: night, second: day, patientName: "Brook^Ash", patientId: "PID-77" },
    { score: 3, significant: true, comment: "Rib fracture." },
  );
  await differs({ first: night, second: day }, { score: 1, significant: false, comment: "" });
  const others = await differs({ first: day, second: third }, { score: 2, significant: false, comment: "" });
  assert.deepEqual(await ids(lead), [others.overReadId, made.overReadId], "newest first, agreement is no discrepancy");
  assert.deepEqual(await ids(night), [made.overReadId]);
  assert.deepEqual(await ids(day), [others.overReadId, made.overReadId]);
  assert.deepEqual(await ids(day, { as: "first" }), [others.overReadId]);
  assert.deepEqual(await ids(day, { as: "second" }), [made.overReadId]);
  assert.deepEqual(await ids(third), [others.overReadId]);
  // He asks for a colleague's and gets his own.
  assert.deepEqual(await ids(third, { readerId: night.userId }), [others.overReadId]);
  assert.deepEqual((await list(third)).readers.map(({ id }) => id).sort(), [day.userId, third.userId].sort());

  const [, item] = (await list(lead)).items;
  assert.deepEqual(
    [item?.caseId, item?.patientName, item?.patientId, item?.facility, item?.firstReader, item?.overReader],
    [made.caseId, "BROOK, Ash", "PID-77", "Lakeside Main Campus", "Dr Ingrid Solheim", "Dr Kwame Mensah"],
  );
  assert.deepEqual(
    [item?.score, item?.significant, item?.comment, item?.acknowledgedAt, item?.closures, item?.canClose],
    [3, true, "Rib fracture.", null, [], true],
  );
  // What is told by mail says neither what nor whose; here its author learns both.
  const [own] = (await list(night)).items;
  assert.deepEqual(
    [own?.score, own?.comment, own?.overReader, own?.canAcknowledge, own?.canClose],
    [3, "Rib fracture.", "Dr Kwame Mensah", true, false],
  );
  assert.equal((await list(day)).items[1]?.canAcknowledge, false, "it is the author's to acknowledge");

  await assert.rejects(list(tech), refusedWith("auth.forbidden"));
  for (const stranger of strangers) {
    assert.deepEqual(await list(stranger).then(({ total, open, readers }) => [total, open, readers]), [0, 0, []]);
    assert.deepEqual((await withTenant(stranger, (ctx) => exportDiscrepancies(ctx, { sort: "newest" }))).items, []);
  }
  await assert.rejects(seen(strangers[0]!, made.overReadId), refusedWith("report.not-found"));
  await assert.rejects(close(strangers[1]!, made.overReadId, "Mine now."), refusedWith("report.not-found"));
  for (const table of ["overReadSeen", "overReadClosure"] as const)
    for (const actor of [tech, ...strangers]) {
      const count = await withTenant(actor, ({ tx }) =>
        table === "overReadSeen" ? tx.overReadSeen.count() : tx.overReadClosure.count(),
      );
      assert.equal(count, 0);
    }
});

test("its author acknowledges it once and for good, on the page or in the bell", async () => {
  const opinion = { score: 2, significant: false, comment: "" };
  const onPage = await differs({ first: night, second: day }, opinion);
  const inBell = await differs({ first: night, second: day }, opinion);
  const noticeOf = async (caseId: string) =>
    (await withTenant(night, (ctx) => listNotices(ctx))).items.find((each) => each.caseId === caseId)!;
  const item = async (overReadId: string) =>
    (await list(lead)).items.find((each) => each.overReadId === overReadId) ?? assert.fail("it is on the list");

  await assert.rejects(seen(lead, onPage.overReadId), refusedWith("auth.forbidden"));
  await assert.rejects(seen(day, onPage.overReadId), refusedWith("auth.forbidden"), "who went over it");
  await assert.rejects(seen(third, onPage.overReadId), refusedWith("report.not-found"), "a colleague's");
  await assert.rejects(seen(night, randomUUID()), refusedWith("report.not-found"));
  assert.equal((await item(onPage.overReadId)).acknowledgedAt, null);
  const outcomes = await Promise.all([1, 2, 3].map(() => seen(night, onPage.overReadId)));
  assert.equal(outcomes.filter(({ acknowledged }) => acknowledged).length, 1, "once");
  assert.equal((await noticeOf(onPage.caseId)).acknowledged?.byMe, true, "the bell waits no longer");

  const { noticeId } = await noticeOf(inBell.caseId);
  await withTenant(day, (ctx) => acknowledge(ctx, { noticeId }));
  assert.equal((await item(inBell.overReadId)).acknowledgedAt, null, "somebody else's notice");
  await withTenant(night, (ctx) => acknowledge(ctx, { noticeId }));
  const { acknowledgedAt } = await item(inBell.overReadId);
  assert.ok(acknowledgedAt);
  assert.deepEqual(await seen(night, inBell.overReadId), { acknowledged: false });

  await db.owner.query("DELETE FROM notice");
  assert.equal((await item(inBell.overReadId)).acknowledgedAt, acknowledgedAt, "it outlives the bell");
  const late = await differs({ first: night, second: day }, opinion);
  await db.owner.query("DELETE FROM notice");
  assert.deepEqual(await seen(night, late.overReadId), { acknowledged: true }, "and needs none");

  for (const sql of ["UPDATE over_read_seen SET at = now()", "DELETE FROM over_read_seen", "TRUNCATE over_read_seen"])
    await assert.rejects(db.owner.query(sql), sql);
  const forOther = await differs({ first: night, second: day }, opinion);
  await assert.rejects(
    withTenant(
      day,
      ({ tx, actor }) =>
        tx.$executeRaw`INSERT INTO over_read_seen (over_read_id, org_id, reader_org_id, by_id)
          SELECT id, org_id, reader_org_id, ${actor.userId}::uuid FROM over_read WHERE id = ${forOther.overReadId}::uuid`,
    ),
    /says it himself/,
  );
});

test("the lead notes what was done, and whether and when the site was told; notes are only added", async () => {
  const { overReadId, caseId } = await differs(
    { first: night, second: day },
    { score: 4, significant: true, comment: "Aneurysm." },
  );
  const before = (await list(lead)).toClose;
  assert.ok((await ids(lead, { state: "to-close" })).includes(overReadId));
  await assert.rejects(close(night, overReadId, "All is well."), refusedWith("auth.forbidden"));
  await assert.rejects(close(lead, randomUUID(), "All is well."), refusedWith("report.not-found"));
  await close(lead, overReadId, "Talked it over with both.");
  const told = "2026-01-02T03:04:05.000Z";
  await close(lead, overReadId, "Dr Almeida has called the patient back.", told);
  const [item] = (await list(night)).items.filter((each) => each.overReadId === overReadId);
  assert.deepEqual(
    item?.closures.map(({ note, siteToldAt, by }) => [note, siteToldAt, by]),
    [
      ["Dr Almeida has called the patient back.", told, lead.displayName],
      ["Talked it over with both.", null, lead.displayName],
    ],
  );
  assert.equal((await list(lead)).toClose, before - 1);
  assert.ok(!(await ids(lead, { state: "to-close" })).includes(overReadId));
  await assert.rejects(db.owner.query("UPDATE over_read_closure SET note = 'Nothing was done.'"));
  await assert.rejects(db.owner.query("DELETE FROM over_read_closure"));

  const trail = async (orgId: string) =>
    (
      await db.owner.query<{ action: string; details: string }>(
        "SELECT action, details::text FROM audit_event WHERE org_id = $1 AND case_id = $2 AND action LIKE 'discrepancy.%' ORDER BY seq",
        [orgId, caseId],
      )
    ).rows;
  const own = await trail(lead.orgId);
  assert.deepEqual(
    own.map(({ action }) => action),
    ["discrepancy.close", "discrepancy.close"],
  );
  assert.ok(own.every(({ details }) => !/Almeida|Aneurysm|score/.test(details)));
  assert.deepEqual(await trail(tech.orgId), [], "no affair of the hospital's");
});

test("a site cannot have been told in the future", async () => {
  const { CloseDiscrepancy } = await import("#server/domain/reporting/index.ts");
  const input = { overReadId: randomUUID(), note: "Told." };
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
  assert.equal(CloseDiscrepancy.safeParse({ ...input, siteToldAt: tomorrow }).success, false);
  assert.equal(CloseDiscrepancy.safeParse({ ...input, siteToldAt: new Date().toISOString() }).success, true);
  assert.equal(CloseDiscrepancy.safeParse({ ...input, siteToldAt: null, note: " x " }).success, false);
});

test("the list is narrowed, ordered and turned page by page", async () => {
  const harbor = await facilityId("harbor-general");
  const there = await differs(
    { first: third, second: night, facility: "harbor-general" },
    { score: 4, significant: true, comment: "" },
  );
  assert.deepEqual(await ids(lead, { facilityId: harbor }), [there.overReadId]);
  assert.deepEqual(await ids(lead, { readerId: third.userId, as: "first" }), [there.overReadId]);
  assert.ok((await list(lead, { score: 4 })).items.every(({ score }) => score === 4));
  assert.deepEqual(await ids(lead, { facilityId: harbor, score: 3 }), []);
  const open = (await list(lead, { state: "open" })).items;
  const acknowledged = (await list(lead, { state: "acknowledged" })).items;
  assert.ok(open.length > 0 && open.every(({ acknowledgedAt }) => acknowledgedAt === null));
  assert.ok(acknowledged.length > 0 && acknowledged.every(({ acknowledgedAt }) => acknowledgedAt !== null));
  const { total, facilities } = await list(lead);
  assert.equal(open.length + acknowledged.length, total);
  assert.ok(facilities.some(({ id }) => id === harbor));

  await db.owner.query("ALTER TABLE over_read DISABLE TRIGGER USER");
  await db.owner.query("UPDATE over_read SET at = '2026-03-10T23:59:59.999Z' WHERE id = $1", [there.overReadId]);
  await db.owner.query("ALTER TABLE over_read ENABLE TRIGGER USER");
  assert.deepEqual(await ids(lead, { from: "2026-03-10", to: "2026-03-10" }), [there.overReadId], "the whole day");
  assert.deepEqual(await ids(lead, { from: "2026-03-11", to: "2026-03-11" }), []);
  assert.deepEqual(await ids(lead, { to: "2026-03-09" }), []);

  const heaviest = (await list(lead, { sort: "weight" })).items.map(
    ({ score, significant }) => score * 2 + +significant,
  );
  assert.deepEqual(
    heaviest,
    heaviest.toSorted((a, b) => b - a),
  );
  assert.equal((await ids(lead, { sort: "oldest" }))[0], there.overReadId);
  assert.equal((await ids(lead))[total - 1], there.overReadId);
  const names = (await list(lead, { sort: "reader" })).items.map(({ firstReader }) => firstReader);
  assert.equal(new Set(names.filter((name, index) => name !== names[index - 1])).size, new Set(names).size);

  // Thirty more of one case: two pages, nothing twice, nothing missing.
  await db.owner.query(
    `WITH v AS (
       INSERT INTO report_version (org_id, reader_org_id, case_id, study_ref, version, kind, sections, key_images, canonical_text, sha256,
         signed_by_id, signed_by_name, signed_by_person_name, signed_at, pdf_series_instance_uid, pdf_sop_instance_uid, sr_series_instance_uid, sr_sop_instance_uid)
       SELECT org_id, reader_org_id, case_id, study_ref, 100 + n, 'final', sections, key_images, canonical_text, sha256, signed_by_id,
         signed_by_name, signed_by_person_name, signed_at, '2.25.' || n || '1', '2.25.' || n || '2', '2.25.' || n || '3', '2.25.' || n || '4'
       FROM report_version, generate_series(1, 30) n WHERE case_id = $1 AND kind = 'final' RETURNING *)
     INSERT INTO over_read (org_id, reader_org_id, case_id, preliminary_version_id, final_version_id, score, significant, by_id, at)
     SELECT org_id, reader_org_id, case_id, (SELECT id FROM report_version p WHERE p.case_id = v.case_id AND p.kind = 'preliminary'), id, 2, false,
       signed_by_id, '2026-02-01' FROM v`,
    [there.caseId],
  );
  const pages = [await list(lead, { page: 1 }), await list(lead, { page: 2 })];
  const all = pages.flatMap(({ items }) => items.map(({ overReadId }) => overReadId));
  assert.deepEqual([pages[0]?.items.length, pages[0]?.pages, pages[0]?.total], [25, 2, total + 30]);
  assert.equal(new Set(all).size, total + 30);
  assert.deepEqual((await list(lead, { page: 9 })).items, []);
});

test("the file holds the whole list without patients, runs nothing in a spreadsheet, and is on the trail", async () => {
  const { caseId } = await differs(
    { first: night, second: day, patientName: "Rivers^Alder", patientId: "PID-99" },
    { score: 3, significant: true, comment: '=HYPERLINK("https://example.org";"see")' },
  );
  const { items, left } = await withTenant(lead, (ctx) => exportDiscrepancies(ctx, { sort: "newest" }));
  assert.equal(items.length, (await list(lead)).total, "all pages");
  assert.equal(left, 0);
  const csv = toCsv(csvRows(items));
  assert.ok(csv.includes(caseId));
  assert.ok(!csv.includes("Rivers") && !csv.includes("PID-99"));
  assert.match(csv, /"'=HYPERLINK/);
  const mine = await withTenant(third, (ctx) => exportDiscrepancies(ctx, { sort: "newest" }));
  assert.ok(mine.items.length > 0 && mine.items.length < items.length);
  await assert.rejects(
    withTenant(tech, (ctx) => exportDiscrepancies(ctx, { sort: "newest" })),
    refusedWith("auth.forbidden"),
  );
  const { rows } = await db.owner.query(
    "SELECT details->>'count' AS count FROM audit_read WHERE org_id = $1 AND action = 'discrepancy.export' AND actor_id = $2",
    [lead.orgId, lead.userId],
  );
  assert.deepEqual(rows, [{ count: String(items.length) }]);
});
