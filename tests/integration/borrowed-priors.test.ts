import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { newUid } from "@overread/shared/dicom/uids";
import { chainAllWaitingReads } from "#server/audit/writer.ts";
import type { UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import { dicomwebRoutes } from "#server/dicomweb/index.ts";
import { searchAudit } from "#server/domain/audit/index.ts";
import { claimCase, getCase, openStudy, releaseClaim } from "#server/domain/reading/index.ts";
import { saveDraft, signReport } from "#server/domain/reporting/index.ts";
import { listServiceLevels, savePriorTerms } from "#server/domain/service-level/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { orgId, signedIn } from "../actors.ts";
import { type TestArchive, useTestArchive } from "../archive.ts";
import { lapseClaim, makeUnreadCase } from "../factories/studies.ts";
import { type Tiny, tinyInstance } from "../factories/tiny-instance.ts";

/** A prior of another hospital is readable by the reader who holds the case of the same person, and by nobody else, and not a moment longer. */
const emails = {
  reader: "radiologist@nightshift.example",
  colleague: "radiologist2@nightshift.example",
  lead: "lead@nightshift.example",
  borrower: "admin@lakeside.example",
  lender: "admin@harbor.example",
} as const;
type Person = { actor: UserActor; cookie: string };
const people = {} as Record<keyof typeof emails, Person>;
let archive: TestArchive;
let nightshift: string;
before(async () => {
  archive = await useTestArchive();
  for (const [name, email] of Object.entries(emails)) people[name as keyof typeof emails] = await signedIn(email);
  nightshift = await orgId("nightshift");
});
after(() => archive.close());

const text = (vr: string, value: string) => ({ vr, Value: [value] });
let numbers = 0;
type Who = { issuer?: string; name?: string; birthDate?: string; sex?: string };

/** A case of Lakeside, and an older study of Harbor that nobody but Harbor reads, of one person by default. */
async function make({ issuer = "NATIONAL", name = "Rivers^Alder", birthDate = "19690412", sex = "F" }: Who = {}) {
  const patientId = `N-${++numbers}`;
  const opened = await makeUnreadCase(archive.owner, { patientId, patientName: "Rivers^Alder" });
  await archive.owner.query(
    "UPDATE patient SET issuer = 'NATIONAL' WHERE id = (SELECT patient_ref FROM study WHERE id = $1)",
    [opened.studyId],
  );
  const prior = tinyInstance({
    elements: {
      "00100020": text("LO", patientId),
      "00100021": issuer ? text("LO", issuer) : undefined,
      "00100010": { vr: "PN", Value: [{ Alphabetic: name }] },
      "00100030": text("DA", birthDate),
      "00100040": text("CS", sex),
      "00080020": text("DA", "20250101"),
    },
  });
  assert.equal((await archive.stow([prior.part10], { org: "harbor" })).status, 200);
  for (const table of ["study", "series", "instance"])
    await archive.owner.query(
      `UPDATE ${table} SET reader_org_id = NULL WHERE ${table === "study" ? "id" : "study_ref"} = (SELECT id FROM study WHERE study_instance_uid = $1)`,
      [prior.study],
    );
  const { rows } = await archive.owner.query("SELECT id FROM study WHERE study_instance_uid = $1", [prior.study]);
  return { caseId: opened.caseId, prior, priorId: rows[0].id as string };
}

async function say(who: Person, change: { lends?: boolean; borrows?: boolean }): Promise<void> {
  await withTenant(who.actor, async (ctx) => {
    for (const { contractId, priors } of await listServiceLevels(ctx))
      await savePriorTerms(ctx, {
        contractId,
        basedOn: priors.priorTermsId,
        lends: priors.lends,
        borrows: priors.borrows,
        ...change,
      });
  });
}
const allow = async (): Promise<void> => {
  await say(people.lender, { lends: true, borrows: false });
  await say(people.borrower, { lends: false, borrows: true });
};
const claim = (who: Person, caseId: string) => withTenant(who.actor, (ctx) => claimCase(ctx, { caseId }));

const reads = dicomwebRoutes.filter(({ method, pattern }) => method === "GET" && pattern.includes("{study}"));
const addressOf = (pattern: string, { study, series, instance }: Tiny): string =>
  pattern.replace(/\{([\w*]+)\}/g, (_, name: string) => {
    const values: Record<string, string> = { study, series, instance, frames: "1", "path*": "7FE00010" };
    return values[name] ?? "";
  });
/** What every route answers, and that its answer may not be kept where it is lent. */
async function answers(who: Person | { token: string }, prior: Tiny): Promise<number[]> {
  const statuses = new Set<number>();
  for (const { pattern, name } of reads) {
    const response = await archive.request(addressOf(pattern, prior), { org: "harbor", ...who });
    await response.arrayBuffer();
    if (response.status === 200) assert.equal(response.headers.get("cache-control"), "no-store", name);
    statuses.add(response.status);
  }
  for (const level of ["studies", "series", "instances"]) {
    const found = await archive.request(`/${level}?StudyInstanceUID=${prior.study}`, { org: "harbor", ...who });
    await found.arrayBuffer();
    statuses.add(found.status === 204 ? 404 : found.status);
  }
  return [...statuses];
}
const priorsOf = async (who: Person, caseId: string) =>
  (await withTenant(who.actor, (ctx) => openStudy(ctx, { caseId }))).priors;
/** What the rows themselves say to that person, whatever the program checks. */
const rowsSeen = (who: Person, studyId: string): Promise<number> =>
  withTenantSql(who.actor, async ({ tx }) => {
    const [row] = await tx.$queryRaw<[{ n: number }]>`
      SELECT ((SELECT count(*) FROM study WHERE id = ${studyId}::uuid) + (SELECT count(*) FROM series WHERE study_ref = ${studyId}::uuid)
        + (SELECT count(*) FROM instance WHERE study_ref = ${studyId}::uuid))::int AS n`;
    return row.n;
  });

test("through every route: nothing before the claim, all of it under the claim, nothing after it is given back", async () => {
  await allow();
  const { caseId, prior, priorId } = await make();
  assert.deepEqual(await answers(people.reader, prior), [404]);
  const { claimToken } = await claim(people.reader, caseId);
  assert.deepEqual(await answers(people.reader, prior), [200]);
  const [shown] = await priorsOf(people.reader, caseId);
  assert.equal(shown?.studyInstanceUid, prior.study);
  assert.equal(shown.identity, "agrees");
  assert.match(shown.lentBy?.hospital ?? "", /Harbor/);
  assert.equal(shown.dicomwebRoot, "/dicomweb/harbor");

  // Nobody else: not a colleague, not the lead, not the group's own program, not the hospital of the case.
  assert.deepEqual(await answers(people.colleague, prior), [404]);
  assert.deepEqual(await priorsOf(people.colleague, caseId), []);
  assert.deepEqual(
    (await withTenant(people.lead.actor, (ctx) => getCase(ctx, { caseId }))).priors,
    [],
    "nor that it exists",
  );
  assert.deepEqual(await answers({ token: archive.tokens.nightshift }, prior), [404]);
  assert.deepEqual(await answers({ token: archive.tokens.lakeside }, prior), [404]);
  for (const who of [people.colleague, people.lead, people.borrower]) assert.equal(await rowsSeen(who, priorId), 0);
  assert.equal(await rowsSeen(people.reader, priorId), 3);

  await withTenant(people.reader.actor, (ctx) => releaseClaim(ctx, { caseId, claimToken }));
  assert.deepEqual(await answers(people.reader, prior), [404]);
  assert.equal(await rowsSeen(people.reader, priorId), 0);
  assert.deepEqual(await priorsOf(people.reader, caseId), []);
});

test("it ends with the lease, with a colleague's claim, and with the signature", async () => {
  await allow();
  const { caseId, prior } = await make();
  await claim(people.reader, caseId);
  assert.deepEqual(await answers(people.reader, prior), [200]);
  await lapseClaim(archive.owner, caseId);
  assert.deepEqual(await answers(people.reader, prior), [404], "the lease is over");

  const { claimToken } = await claim(people.colleague, caseId);
  assert.deepEqual(await answers(people.reader, prior), [404], "a colleague took over");
  assert.deepEqual(await answers(people.colleague, prior), [200]);

  await withTenant(people.colleague.actor, (ctx) =>
    saveDraft(ctx, {
      caseId,
      claimToken,
      version: 0,
      sections: [{ key: "impression", title: "Impression", text: "Clear." }],
    }),
  );
  assert.deepEqual(await answers(people.colleague, prior), [200]);
  await withTenant(people.colleague.actor, (ctx) => signReport(ctx, { caseId, claimToken, version: 1 }));
  assert.deepEqual(await answers(people.colleague, prior), [404], "it is signed");
  assert.deepEqual(await priorsOf(people.colleague, caseId), []);
});

test("each of the two contracts has to allow it, and a change counts at once", async () => {
  const { caseId, prior } = await make();
  await say(people.lender, { lends: false });
  await say(people.borrower, { borrows: false });
  await claim(people.reader, caseId);
  const opened = async (): Promise<number[]> => {
    await priorsOf(people.reader, caseId);
    return answers(people.reader, prior);
  };
  assert.deepEqual(await opened(), [404], "nobody has allowed it");
  await say(people.lender, { lends: true });
  assert.deepEqual(await opened(), [404], "one alone");
  await say(people.lender, { lends: false });
  await say(people.borrower, { borrows: true });
  assert.deepEqual(await opened(), [404], "the other alone");
  await say(people.lender, { lends: true });
  assert.deepEqual(await opened(), [200], "both");
  await say(people.lender, { lends: false });
  assert.deepEqual(await answers(people.reader, prior), [404], "no longer lent");
  await say(people.lender, { lends: true });
  assert.deepEqual(await answers(people.reader, prior), [200]);
  await say(people.borrower, { borrows: false });
  assert.deepEqual(await answers(people.reader, prior), [404], "no longer borrowed");
  await say(people.borrower, { borrows: true });
  await archive.owner.query("UPDATE contract SET ends_at = now() WHERE org_id = $1", [await orgId("harbor")]);
  assert.deepEqual(await answers(people.reader, prior), [404], "the contract is over");
  await archive.owner.query("UPDATE contract SET ends_at = NULL WHERE org_id = $1", [await orgId("harbor")]);
  assert.deepEqual(await answers(people.reader, prior), [200]);
  await assert.rejects(
    withTenant(people.lead.actor, async (ctx) => {
      const [contract] = await listServiceLevels(ctx);
      return savePriorTerms(ctx, {
        contractId: contract!.contractId,
        basedOn: contract!.priors.priorTermsId,
        lends: true,
        borrows: true,
      });
    }),
    { code: "auth.forbidden" },
    "the group sees it, and does not decide it",
  );
});

test("the same ID alone lends nothing: issuer, name, birth date and sex must agree", async () => {
  await allow();
  for (const [why, other] of Object.entries({
    "no issuer": { issuer: "" },
    "another issuer": { issuer: "HARBOR" },
    "another name": { name: "Stone^Mira" },
    "a name like it": { name: "Rivers^Aldor" },
    "another given name": { name: "Rivers^Mira" },
    "another birth date": { birthDate: "19690413" },
    "no birth date": { birthDate: "" },
    "another sex": { sex: "M" },
    "no sex": { sex: "" },
  } satisfies Record<string, Who>)) {
    const { caseId, prior, priorId } = await make(other);
    await claim(people.reader, caseId);
    assert.deepEqual(await answers(people.reader, prior), [404], why);
    assert.deepEqual(await priorsOf(people.reader, caseId), [], why);
    assert.equal(await rowsSeen(people.reader, priorId), 0, why);
  }
});

test("the fact is written by no other way: not for another's claim, not for a study of a stranger", async () => {
  await allow();
  const { caseId, priorId } = await make();
  const stranger = await make({ name: "Stone^Mira", birthDate: "19500101" });
  const attempt = (who: UserActor, ofCase: string, study: string) =>
    withTenantSql(who, ({ tx }) =>
      tx.$queryRawUnsafe<unknown[]>(
        "SELECT study_ref FROM borrow_priors($1::uuid, $2::jsonb)",
        ofCase,
        [JSON.stringify([{ study, relevance: 1, reasons: [] }])][0],
      ),
    );
  assert.deepEqual(await attempt(people.reader.actor, caseId, priorId), [], "without a claim");
  await claim(people.reader, caseId);
  assert.deepEqual(await attempt(people.colleague.actor, caseId, priorId), [], "a colleague");
  assert.deepEqual(await attempt(people.lender.actor, caseId, priorId), [], "a hospital");
  assert.deepEqual(await attempt(people.reader.actor, caseId, stranger.priorId), [], "a stranger's study");
  const worker = systemActor(nightshift, "test");
  const insert = `INSERT INTO borrowed_prior (case_id, study_ref, claim_token, org_id, reader_org_id, borrowed_by_id, relevance, reasons)
    SELECT $1, $2, 1, $3, $4, $5, 1, '[]'`;
  for (const actor of [people.reader.actor, worker])
    await assert.rejects(
      withTenantSql(actor, ({ tx }) =>
        tx.$executeRawUnsafe(insert, caseId, stranger.priorId, actor.orgId, nightshift, people.reader.actor.userId),
      ),
      { code: "42501" },
    );
  for (const sql of ["UPDATE borrowed_prior SET claim_token = 9", "UPDATE study SET study_description = 'mine'"])
    await withTenantSql(people.reader.actor, ({ tx }) => tx.$executeRawUnsafe(sql)).then(
      (count) => assert.equal(count, 0, sql),
      (error: { code: string }) => assert.equal(error.code, "42501", sql),
    );
});

test("the hospital that lends finds who opened what, when and under which claim; so does the group", async () => {
  await allow();
  const { caseId, prior } = await make();
  const { claimToken } = await claim(people.reader, caseId);
  assert.deepEqual(await answers(people.reader, prior), [200]);
  await chainAllWaitingReads();
  const { items } = await withTenant(people.lender.actor, (ctx) => searchAudit(ctx, { lent: true }));
  const own = items.filter(({ studyInstanceUid }) => studyInstanceUid === prior.study);
  assert.deepEqual(
    own.map(({ action, actorName, caseId: under, details }) => ({ action, actorName, under, claim: details.claim })),
    ["study.read-lent", "study.lend"].map((action) => ({
      action,
      actorName: people.reader.actor.displayName,
      under: caseId,
      claim: claimToken,
    })),
  );
  const { rows } = await archive.owner.query(
    "SELECT action, org_id FROM audit_event WHERE case_id = $1 AND action = 'case.borrow-priors'",
    [caseId],
  );
  assert.deepEqual(rows, [{ action: "case.borrow-priors", org_id: await orgId("lakeside") }]);
  const seen = await withTenantSql(
    people.reader.actor,
    ({ tx }) =>
      tx.$queryRaw<unknown[]>`SELECT 1 FROM audit_event WHERE case_id = ${caseId}::uuid AND action = 'study.read-lent'`,
  );
  assert.equal(seen.length, 1);
});

test("a wrong UID under the lender's root is as absent as a study that is not lent", async () => {
  await allow();
  const { caseId, prior } = await make();
  const other = await make();
  await claim(people.reader, caseId);
  for (const { pattern, name } of reads) {
    const body = async (tiny: Tiny): Promise<string> => {
      const response = await archive.request(addressOf(pattern, tiny), { org: "harbor", ...people.reader });
      return `${response.status} ${(await response.text()).replace(/"requestId":"[^"]*"/, "")}`;
    };
    assert.equal(await body(other.prior), await body({ ...prior, study: newUid() }), name);
  }
});
