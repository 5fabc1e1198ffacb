import assert from "node:assert/strict";
import { test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import type { CaseFacts } from "#server/domain/assignment/engine/snapshot.ts";
import { snapshotSchema } from "#server/domain/assignment/engine/snapshot.ts";
import { fillSnapshot } from "#server/domain/assignment/fill-snapshot.ts";
import { assignCase, claimByRules, traceCase } from "#server/domain/assignment/index.ts";
import { cancelCase, holdCase, resumeCase } from "#server/domain/reading/index.ts";
import { getReport, saveDraft, signPreliminary } from "#server/domain/reporting/index.ts";
import { SaveServiceLevel, saveServiceLevel } from "#server/domain/service-level/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { as, assignmentDesk, given } from "../assignment-desk.ts";
import { arrivedEarlier, stoppedEarlier } from "../factories/studies.ts";

/** What the engine is told of a case, from the facts: what was promised, what it needs next, and in which language. */
const desk = assignmentDesk();

const barredBy = (code: string) => (error: unknown) =>
  error instanceof DomainError &&
  error.code === "case.barred" &&
  `${error.details.reasons}`.split(",").some((each) => each === code);

async function factsOf(caseId: string): Promise<CaseFacts> {
  const group = desk.people.solheim.orgId;
  const { snapshot } = await withTenantSql(systemActor(group, "test"), ({ tx }) => fillSnapshot(tx, group));
  snapshotSchema.parse(snapshot);
  const facts = snapshot.cases.find(({ id }) => id === caseId);
  assert.ok(facts);
  return facts;
}
/** The hospital asks for this from now on. */
async function ask(terms: Partial<SaveServiceLevel["terms"]>): Promise<void> {
  const { admin } = desk.people;
  const { rows } = await desk.db.owner.query(
    "SELECT c.id, (SELECT l.id FROM service_level l WHERE l.contract_id = c.id ORDER BY l.id DESC LIMIT 1) AS newest FROM contract c WHERE c.org_id = $1",
    [admin.orgId],
  );
  for (const { id: contractId, newest: basedOn } of rows)
    await as(admin, (ctx) =>
      saveServiceLevel(
        ctx,
        SaveServiceLevel.parse({
          contractId,
          basedOn,
          validFrom: null,
          terms: { holidays: [], lines: [], otherwise: { stat: 30, urgent: 120, routine: 1440 }, ...terms },
        }),
      ),
    );
}
async function profile(
  userId: string,
  { languages = [] as string[], readTypes = ["preliminary", "final", "over-read"] },
) {
  await desk.db.owner.query(
    "INSERT INTO reader_profile (user_id, org_id, languages, read_types) VALUES ($1, $2, $3, $4)",
    [userId, desk.people.solheim.orgId, languages, readTypes],
  );
}

test("what was promised stays what was promised when the clock stands still; only the due time moves", async () => {
  const { caseId } = await desk.unread();
  await arrivedEarlier(desk.db.owner, caseId, "2 hours");
  const before = await factsOf(caseId);
  assert.equal(before.promisedAt, before.dueAt);
  await as(desk.people.lead, (ctx) => holdCase(ctx, { caseId, reason: "Images of the other knee" }));
  await stoppedEarlier(desk.db.owner, caseId, "1 hour");
  await as(desk.people.lead, (ctx) => resumeCase(ctx, { caseId }));
  const after = await factsOf(caseId);
  assert.equal(after.promisedAt, before.promisedAt);
  assert.ok(after.dueAt >= before.dueAt + 3_600_000, "an hour later at least");
});

test("a case keeps the kind of reading and the language of its contract's terms on arrival", async () => {
  const earlier = await desk.unread();
  assert.deepEqual(
    [(await factsOf(earlier.caseId)).readType, (await factsOf(earlier.caseId)).language],
    ["final", null],
  );
  await ask({ firstReading: "preliminary", reportLanguage: "de" });
  const later = await desk.unread();
  const facts = await factsOf(later.caseId);
  assert.deepEqual([facts.readType, facts.language], ["preliminary", "de"]);
  assert.equal((await factsOf(earlier.caseId)).language, null, "what came before is as it was");
  await ask({});
});

test("who does not report in the contract's language can neither claim nor be given the case, and the report begins in it", async () => {
  await ask({ reportLanguage: "de" });
  await profile(desk.people.solheim.userId, { languages: ["en"] });
  await profile(desk.people.mensah.userId, { languages: ["de", "en"] });
  await desk.rule(given);
  const { caseId } = await desk.unread();
  await assert.rejects(
    as(desk.people.solheim, (ctx) => claimByRules(ctx, { caseId })),
    barredBy("language.missing"),
  );
  await assert.rejects(
    as(desk.people.lead, (ctx) => assignCase(ctx, { caseId, readerId: desk.people.solheim.userId })),
    barredBy("language.missing"),
  );
  const trace = await as(desk.people.lead, (ctx) => traceCase(ctx, { caseId, timeZone: "UTC" }));
  const barred = trace.readers.find(({ readerId }) => readerId === desk.people.solheim.userId);
  assert.equal(barred?.stand, "barred");
  assert.match(barred?.words ?? "", /Does not report in German/);
  for (let n = 0; n < 4; n++) await desk.unread();
  await desk.run();
  const { rows } = await desk.db.owner.query(
    "SELECT DISTINCT given_to_id AS id FROM reading_case WHERE completed_at IS NULL",
  );
  assert.deepEqual(rows, [{ id: desk.people.mensah.userId }]);
  const { claimToken } = await as(desk.people.mensah, (ctx) => claimByRules(ctx, { caseId }));
  const sections = [{ key: "impression", title: "Impression", text: "Kein Nachweis einer Fraktur." }];
  await as(desk.people.mensah, (ctx) => saveDraft(ctx, { caseId, claimToken, version: 0, sections }));
  assert.equal((await as(desk.people.mensah, (ctx) => getReport(ctx, { caseId }))).language, "de");
  await ask({});
});

test("after a preliminary report it takes an over-read, by somebody else who does such", async () => {
  const { solheim, mensah, lead } = desk.people;
  await ask({ firstReading: "preliminary" });
  await desk.rule(given);
  const { caseId } = await desk.unread();
  await profile(mensah.userId, { readTypes: ["final"] });
  await assert.rejects(
    as(mensah, (ctx) => claimByRules(ctx, { caseId })),
    barredBy("read-type.missing"),
  );
  const { claimToken } = await as(solheim, (ctx) => claimByRules(ctx, { caseId }));
  const sections = [{ key: "impression", title: "Impression", text: "No fracture." }];
  await as(solheim, (ctx) => saveDraft(ctx, { caseId, claimToken, version: 0, sections }));
  await as(solheim, (ctx) => signPreliminary(ctx, { caseId, claimToken, version: 1 }));
  const facts = await factsOf(caseId);
  assert.deepEqual(
    [facts.readType, facts.readBy],
    ["over-read", [{ readerId: solheim.userId, readType: "preliminary" }]],
  );
  await assert.rejects(
    as(mensah, (ctx) => claimByRules(ctx, { caseId })),
    barredBy("read-type.missing"),
  );
  await desk.run();
  assert.equal((await desk.handOf(caseId)).to, null, "nobody is left who may");
  await assert.rejects(
    as(lead, (ctx) => assignCase(ctx, { caseId, readerId: solheim.userId })),
    barredBy("conflict.same-reader"),
  );
  // To correct it, not to go over it: the final signature is refused to him elsewhere.
  const again = await as(solheim, (ctx) => claimByRules(ctx, { caseId }));
  assert.ok(again.claimToken);
  await desk.db.owner.query("UPDATE reading_case SET claimed_until = now() - interval '1 s' WHERE id = $1", [caseId]);
  await desk.db.owner.query("UPDATE reader_profile SET read_types = '{over-read}' WHERE user_id = $1", [mensah.userId]);
  await desk.run();
  assert.equal((await desk.handOf(caseId)).to, mensah.userId);
  await ask({});
});

test("a case that is held after its preliminary report still needs an over-read", async () => {
  const { solheim, lead } = desk.people;
  const { caseId } = await desk.unread();
  const { claimToken } = await as(solheim, (ctx) => claimByRules(ctx, { caseId }));
  const sections = [{ key: "impression", title: "Impression", text: "No fracture." }];
  await as(solheim, (ctx) => saveDraft(ctx, { caseId, claimToken, version: 0, sections }));
  await as(solheim, (ctx) => signPreliminary(ctx, { caseId, claimToken, version: 1 }));
  await as(lead, (ctx) => holdCase(ctx, { caseId, reason: "Images of the other knee" }));
  assert.equal((await factsOf(caseId)).readType, "over-read");
  await assert.rejects(as(lead, (ctx) => cancelCase(ctx, { caseId, reason: "Not wanted any more" })));
});

test("a reader is trained by procedure: by its code or a word of what order or study say, and no text of a patient enters the facts", async () => {
  const { solheim, mensah, lead } = desk.people;
  const line = (procedures: string[]) => ({ modalities: [], bodyRegions: [], ageBands: [], procedures });
  for (const [reader, lines] of [
    [solheim, [line(["cardiac", "70450"])]],
    // As it was saved before procedures were asked for.
    [mensah, [{ modalities: ["MG"], bodyRegions: [], ageBands: [] }]],
  ] as const)
    await desk.db.owner.query(
      "INSERT INTO reader_profile (user_id, org_id, subspecialties) VALUES ($1, $2, $3) ON CONFLICT (user_id) DO UPDATE SET subspecialties = excluded.subspecialties",
      [reader.userId, reader.orgId, JSON.stringify(lines)],
    );
  const heart = await desk.unread({ modality: "MR", studyDescription: "CARDIAC MR stress of Mrs Rivers" });
  const other = await desk.unread({ modality: "MR", studyDescription: "Pericardiac something" });
  const ordered = await desk.unread({ modality: "CT", studyDescription: "" });
  const { rows } = await desk.db.owner.query(
    `INSERT INTO imaging_order (org_id, facility_id, patient_id, patient_name, procedure_code, procedure_description)
     SELECT org_id, facility_id, 'P', 'X^Y', '70450', 'Head' FROM reading_case WHERE id = $1 RETURNING id, org_id`,
    [ordered.caseId],
  );
  await desk.db.owner.query(
    "INSERT INTO order_match (order_id, study_ref, org_id, reader_org_id) VALUES ($1, $2, $3, $4)",
    [rows[0].id, ordered.studyId, rows[0].org_id, solheim.orgId],
  );
  const named = async (caseId: string) => (await factsOf(caseId)).procedures;
  assert.deepEqual(
    [await named(heart.caseId), await named(other.caseId), await named(ordered.caseId)],
    [["cardiac"], [], ["70450"]],
  );
  assert.doesNotMatch(JSON.stringify(await factsOf(heart.caseId)), /Rivers|stress/);
  await desk.rule({ ...given, subspecialty: "required" });
  await desk.run();
  assert.deepEqual(
    [
      (await desk.handOf(heart.caseId)).to,
      (await desk.handOf(ordered.caseId)).to,
      (await desk.handOf(other.caseId)).to,
    ],
    [solheim.userId, solheim.userId, null],
  );
  const trace = await as(lead, (ctx) => traceCase(ctx, { caseId: other.caseId, timeZone: "UTC" }));
  assert.ok(trace.readers.every(({ findings }) => findings.some(({ code }) => code === "subspecialty.required")));
});
