import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import type { UserActor } from "#server/context.ts";
import { assembleReport } from "#server/documents/index.ts";
import { claimByRules } from "#server/domain/assignment/index.ts";
import { gatherReport, getReport, saveDraft, signPreliminary, signReport } from "#server/domain/reporting/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { as, assignmentDesk } from "../assignment-desk.ts";

/** Who may sign the final report: by his kinds of reading and his privilege, and alone with his own preliminary one. */
const desk = assignmentDesk();

const refused = (code: string, bar?: string) => (error: unknown) =>
  error instanceof DomainError && error.code === code && (bar === undefined || error.details.bar === bar);
const claim = async (actor: UserActor, caseId: string) =>
  (await as(actor, (ctx) => claimByRules(ctx, { caseId }))).claimToken;
const save = (actor: UserActor, caseId: string, claimToken: string, version: number) =>
  as(actor, (ctx) =>
    saveDraft(ctx, {
      caseId,
      claimToken,
      version,
      sections: [{ key: "impression", title: "Impression", text: `Normal, ${version}.` }],
    }),
  );
const preliminary = (actor: UserActor, caseId: string, claimToken: string, version: number) =>
  as(actor, (ctx) => signPreliminary(ctx, { caseId, claimToken, version }));
const agrees = { score: 1, significant: false, comment: "" };
const final = (actor: UserActor, caseId: string, claimToken: string, version: number, overRead?: typeof agrees) =>
  as(actor, (ctx) => signReport(ctx, { caseId, claimToken, version, overRead }));
const read = (actor: UserActor, caseId: string) => as(actor, (ctx) => getReport(ctx, { caseId }));
const readTypes = (actor: UserActor, types: string[]) =>
  desk.db.owner.query(
    `INSERT INTO reader_profile (user_id, org_id, read_types) VALUES ($1, $2, $3)
     ON CONFLICT (user_id) DO UPDATE SET read_types = excluded.read_types`,
    [actor.userId, actor.orgId, types],
  );
const enforce = (enforced: boolean) =>
  desk.db.owner.query(
    `INSERT INTO reader_settings (org_id, credentials_enforced) VALUES ($1, $2)
     ON CONFLICT (org_id) DO UPDATE SET credentials_enforced = excluded.credentials_enforced`,
    [desk.people.solheim.orgId, enforced],
  );
afterEach(async () => {
  await desk.db.owner.query("DELETE FROM reader_profile");
  await desk.db.owner.query("DELETE FROM facility_privilege");
  await enforce(false);
  await desk.db.owner.query("UPDATE user_account SET deactivated_at = NULL");
});

test("who signs no final reports signs as preliminary, and a colleague who may goes over it", async () => {
  const { solheim, mensah } = desk.people;
  const { caseId } = await desk.unread();
  const token = await claim(mensah, caseId);
  await save(mensah, caseId, token, 0);
  assert.deepEqual([(await read(mensah, caseId)).canSign, (await read(mensah, caseId)).finalBar], [true, null]);
  await readTypes(mensah, ["preliminary"]);
  const seen = await read(mensah, caseId);
  assert.deepEqual([seen.canSign, seen.finalBar, seen.canSignPreliminary], [false, "read-type", true]);
  await assert.rejects(final(mensah, caseId, token, 1), refused("report.not-yours-to-finalise", "read-type"));
  await preliminary(mensah, caseId, token, 1);

  // He may correct it; the final one stays a colleague's.
  const again = await claim(mensah, caseId);
  await save(mensah, caseId, again, 1);
  await assert.rejects(final(mensah, caseId, again, 2), refused("report.own-preliminary"));
  await preliminary(mensah, caseId, again, 2);

  const theirs = await claim(solheim, caseId);
  await readTypes(solheim, ["preliminary", "final"]);
  assert.equal((await read(solheim, caseId)).finalBar, "read-type", "an over-read is a kind of its own");
  await assert.rejects(final(solheim, caseId, theirs, 2, agrees), refused("report.not-yours-to-finalise", "read-type"));
  await readTypes(solheim, ["over-read"]);
  await final(solheim, caseId, theirs, 2, agrees);
});

test("a privilege to draft finalises nothing where the group enforces privileges, and only there", async () => {
  const { solheim, mensah } = desk.people;
  const { caseId } = await desk.unread();
  const { rows } = await desk.db.owner.query("SELECT org_id, facility_id FROM reading_case WHERE id = $1", [caseId]);
  const grant = (actor: UserActor, level: string) =>
    desk.db.owner.query(
      'INSERT INTO facility_privilege (org_id, user_id, facility_id, level) SELECT $1, $2, id, $3::text::"PrivilegeLevel" FROM facility WHERE org_id = $4',
      [actor.orgId, actor.userId, level, rows[0].org_id],
    );
  await grant(solheim, "report");
  await grant(mensah, "draft");
  const token = await claim(mensah, caseId);
  await save(mensah, caseId, token, 0);
  assert.equal((await read(mensah, caseId)).finalBar, null);
  await enforce(true);
  assert.equal((await read(mensah, caseId)).finalBar, "privilege");
  await assert.rejects(final(mensah, caseId, token, 1), refused("report.not-yours-to-finalise", "privilege"));
  await preliminary(mensah, caseId, token, 1);
  await enforce(false);
  const theirs = await claim(solheim, caseId);
  await enforce(true);
  await final(solheim, caseId, theirs, 1, agrees);
});

test("whoever is alone with his preliminary report finalises it himself, unscored, and the report and the trail say so", async () => {
  const { solheim, mensah } = desk.people;
  const { caseId, orgId } = await desk.unread();
  const token = await claim(solheim, caseId);
  await save(solheim, caseId, token, 0);
  await preliminary(solheim, caseId, token, 1);
  const again = await claim(solheim, caseId);
  assert.equal((await read(solheim, caseId)).preliminary?.alone, false);
  await assert.rejects(final(solheim, caseId, again, 1), refused("report.own-preliminary"));

  // The colleague reads on, but goes over nothing: nobody else is left.
  await readTypes(mensah, ["preliminary"]);
  await readTypes(solheim, ["preliminary"]);
  assert.equal((await read(solheim, caseId)).canSign, false, "alone, and still no reader of final reports");
  await assert.rejects(final(solheim, caseId, again, 1), refused("report.not-yours-to-finalise"));
  await readTypes(solheim, ["preliminary", "final"]);
  const seen = await read(solheim, caseId);
  assert.deepEqual([seen.canSign, seen.preliminary?.own, seen.preliminary?.alone], [true, true, true]);
  await assert.rejects(final(solheim, caseId, again, 1, agrees), refused("request.invalid"), "no score of his own");
  const signed = await final(solheim, caseId, again, 1);

  const { versions, scores } = await read(solheim, caseId);
  assert.deepEqual(
    versions.map(({ kind, sections }) => [kind, sections.at(-1)?.key]),
    [
      ["final", "finalised-by-author"],
      ["preliminary", "impression"],
    ],
  );
  assert.deepEqual(scores, []);
  const made = assembleReport(
    await as(systemActor(orgId, "worker") as unknown as UserActor, (ctx) =>
      gatherReport(ctx as never, { reportVersionId: signed.reportVersionId }),
    ),
  );
  assert.match(JSON.stringify(made), /Finalised by its author/);
  const { rows } = await desk.db.owner.query(
    "SELECT details FROM audit_event WHERE case_id = $1 AND action = 'report.sign'",
    [caseId],
  );
  assert.deepEqual(
    rows.map(({ details }) => details.finalisedByAuthor),
    [true],
  );
});

test("a group with one reader finalises what he read as preliminary", async () => {
  const { solheim } = desk.people;
  const { caseId } = await desk.unread();
  const token = await claim(solheim, caseId);
  await save(solheim, caseId, token, 0);
  await preliminary(solheim, caseId, token, 1);
  await desk.db.owner.query(
    "UPDATE user_account SET deactivated_at = now() WHERE org_id = $1 AND id <> $2 AND 'radiologist' = ANY(roles)",
    [solheim.orgId, solheim.userId],
  );
  const again = await claim(solheim, caseId);
  await final(solheim, caseId, again, 1);
});

test("the database lets nobody score himself, nor call a final report its author's that is not", async () => {
  const { solheim, mensah } = desk.people;
  const { caseId } = await desk.unread();
  const token = await claim(solheim, caseId);
  await save(solheim, caseId, token, 0);
  await preliminary(solheim, caseId, token, 1);
  const insert = (actor: UserActor, own: boolean) =>
    as(
      actor,
      (ctx) => ctx.tx
        .$executeRaw`INSERT INTO report_version (org_id, reader_org_id, case_id, study_ref, version, kind, sections, key_images,
          canonical_text, sha256, signed_by_id, signed_by_name, signed_by_person_name, signed_at, pdf_series_instance_uid, pdf_sop_instance_uid,
          sr_series_instance_uid, sr_sop_instance_uid, final_by_author)
        SELECT org_id, reader_org_id, case_id, study_ref, 2, 'final', sections, key_images, canonical_text, sha256, ${actor.userId}::uuid, signed_by_name,
          signed_by_person_name, now(), '2.25.1', '2.25.2', '2.25.3', '2.25.4', ${own} FROM report_version WHERE case_id = ${caseId}::uuid`,
    );
  await assert.rejects(insert(solheim, false), /gone over by somebody else/);
  await assert.rejects(insert(mensah, true), /only its author/);
  const theirs = await claim(mensah, caseId);
  await final(mensah, caseId, theirs, 1, agrees);
  await assert.rejects(
    as(
      solheim,
      (ctx) => ctx.tx
        .$executeRaw`INSERT INTO over_read (org_id, reader_org_id, case_id, preliminary_version_id, final_version_id, score, significant, by_id)
        SELECT v.org_id, v.reader_org_id, v.case_id, v.id, v.id, 1, false, ${solheim.userId}::uuid FROM report_version v
        WHERE v.case_id = ${caseId}::uuid AND v.kind = 'preliminary'`,
    ),
    /nobody scores his own/,
  );
});
