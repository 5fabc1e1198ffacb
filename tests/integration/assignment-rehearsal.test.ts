import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { seedDemo } from "#server/demo/seed.ts";
import {
  CheckRules,
  checkRules,
  playRehearsal,
  RehearseRules,
  type Rule,
  readyToRehearse,
  type Sheet,
} from "#server/domain/assignment/index.ts";
import { claimCase } from "#server/domain/reading/index.ts";
import { saveDraft, signReport } from "#server/domain/reporting/index.ts";
import { createCaller } from "#server/trpc/caller.ts";
import { facilityId, orgId, signedIn } from "#tests/actors.ts";
import { useTestDatabase } from "#tests/database.ts";
import { aRule } from "#tests/factories/assignment.ts";
import { makeUnreadCase, type StudyWish } from "#tests/factories/studies.ts";

/** Edited rules said in words, and played over what happened, before they are in force. */
let db: Awaited<ReturnType<typeof useTestDatabase>>;
let lead: UserActor;
let ingrid: UserActor;
let kwame: UserActor;

before(async () => {
  Object.assign(process.env, { NODE_ENV: "test" });
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse battery" });
  ({ actor: lead } = await signedIn("lead@nightshift.example"));
  ({ actor: ingrid } = await signedIn("radiologist@nightshift.example"));
  ({ actor: kwame } = await signedIn("radiologist2@nightshift.example"));
  const group = await orgId("nightshift");
  for (const { userId } of [ingrid, kwame]) {
    await db.owner.query(
      "INSERT INTO reader_profile (user_id, org_id, off_roster) VALUES ($1, $2, false) ON CONFLICT (user_id) DO UPDATE SET off_roster = false",
      [userId, group],
    );
    await db.owner.query(
      "INSERT INTO reader_shift (org_id, user_id, weekdays, starts, ends, time_zone) VALUES ($1, $2, '{1,2,3,4,5,6,7}', '00:00', '00:00', 'UTC')",
      [group, userId],
    );
  }
  for (const hoursAgo of [30, 28, 26, 24]) await readCase(hoursAgo);
});
after(() => db.drop());

/** Arrived so long ago, and was signed just now. */
async function readCase(hoursAgo: number, wish: StudyWish = {}, by = ingrid): Promise<string> {
  const { caseId } = await makeUnreadCase(db.owner, { modality: "MR", bodyPart: "HEAD", ...wish });
  await db.owner.query(
    `UPDATE reading_case SET created_at = now() - make_interval(hours => $2), unread_at = now() - make_interval(hours => $2),
       due_at = now() - make_interval(hours => $2 - 2) WHERE id = $1`,
    [caseId, hoursAgo],
  );
  const { claimToken } = await withTenant(by, (ctx) => claimCase(ctx, { caseId }));
  const sections = [{ key: "impression", title: "Impression", text: "Normal." }];
  await withTenant(by, (ctx) => saveDraft(ctx, { caseId, claimToken, version: 0, sections }));
  await withTenant(by, (ctx) => signReport(ctx, { caseId, claimToken, version: 1 }));
  return caseId;
}
const sheetOf = (...rules: (Partial<Rule> & { id: string })[]): Sheet =>
  rules.map((rule) => ({ name: "", on: true, rule: aRule(rule) }));
const rehearsed = async (sheet: Sheet, days = 7) =>
  playRehearsal(await withTenant(lead, (ctx) => readyToRehearse(ctx, RehearseRules.parse({ sheet, days }))));
const toOne = ({ userId }: UserActor): Partial<Rule> & { id: string } => ({
  id: "to-one",
  readers: { readerIds: [userId], groupIds: [] },
  mode: { kind: "push", acceptSeconds: null },
});

test("edited rules are played over what arrived, beside the rules in force and beside what was", async () => {
  const [first, second] = [ingrid, kwame].sort((a, b) => (a.userId < b.userId ? -1 : 1)) as [UserActor, UserActor];
  const answer = await rehearsed(sheetOf(toOne(second)));
  assert.equal(answer.cases, 4);
  assert.equal(answer.cutShort, false);
  const casesOf = (version: "was" | "today" | "edited", { userId }: UserActor) =>
    answer.measures[version].loads.find(({ readerId }) => readerId === userId)?.cases ?? 0;
  assert.equal(casesOf("was", ingrid), 4, "in truth Ingrid read them all");
  assert.equal(casesOf("today", first), 4, "without rules whoever is free takes them");
  assert.equal(casesOf("edited", second), 4, "by the edited rule they are all one reader's");
  assert.equal(answer.elsewhere, 4);
  assert.deepEqual(
    answer.told.map(({ readerOf }) => readerOf),
    Array.from({ length: 4 }, () => ({ was: ingrid.userId, today: first.userId, edited: second.userId })),
  );
  assert.deepEqual(answer.byRule, [{ ruleId: "to-one", cases: 4 }]);
  const { was, today } = answer.measures;
  assert.deepEqual(
    [was.byPriority.routine.met, today.byPriority.routine.met],
    [0, 4],
    "signed a day later, and at once",
  );
});

test("the same rules played again give the same answer, and a play saves nothing", async () => {
  const sheet = sheetOf(toOne(kwame));
  const [one, two] = [await rehearsed(sheet), await rehearsed(sheet)];
  assert.deepEqual(one.told, two.told);
  const { rows } = await db.owner.query("SELECT count(*)::int AS n FROM assignment_rule_set");
  assert.equal(rows[0].n, 0);
});

test("what arrived before the days that are asked for, and was read before them, is not in it", async () => {
  const answer = await rehearsed(sheetOf(), 1);
  assert.equal(answer.cases, 4, "they waited into the last day");
  assert.equal(answer.elsewhere, 0, "no rules on the page and none in force");
});

test("a reader who is on no roster is there around what he signed, and the answer says how many such there are", async () => {
  await db.owner.query("UPDATE reader_profile SET off_roster = true WHERE user_id = $1", [ingrid.userId]);
  const { offRoster, measures } = await rehearsed(sheetOf());
  await db.owner.query("UPDATE reader_profile SET off_roster = false WHERE user_id = $1", [ingrid.userId]);
  assert.equal(offRoster, 1);
  const hours = measures.was.loads.find(({ readerId }) => readerId === ingrid.userId)?.hours ?? 0;
  assert.ok(hours > 0.4 && hours < 1.1, `${hours} hours`);
});

test("while a long play runs, others in the process have their turn", async () => {
  const ready = await withTenant(lead, (ctx) =>
    readyToRehearse(ctx, RehearseRules.parse({ sheet: sheetOf(), days: 7 })),
  );
  const [arrival] = ready.past.events.flatMap((each) => (each.kind === "arrival" ? [each] : []));
  const { now } = ready.past.snapshot;
  const events = Array.from({ length: 1500 }, (_, n) => ({
    ...arrival!,
    at: now + n * 240_000,
    facts: { ...arrival!.facts, id: `c${n}`, patientRef: null },
  }));
  let turns = 0;
  const timer = setInterval(() => turns++, 5);
  const { measures } = await playRehearsal({ ...ready, past: { ...ready.past, events } });
  clearInterval(timer);
  assert.ok(measures.edited.unread < 1500);
  assert.ok(turns > 0, "nobody else had a turn");
});

test("edited rules are said in words with what is odd about them, by the names of the group", async () => {
  const lakeside = await facilityId("lakeside-main");
  const sheet = sheetOf(
    { id: "all", when: [{ field: "facility", op: "any-of", values: [lakeside] }] },
    {
      id: "below",
      when: [
        { field: "facility", op: "any-of", values: [lakeside] },
        { field: "modality", op: "any-of", values: ["CT"] },
      ],
      readers: { readerIds: [kwame.userId], groupIds: [] },
    },
  );
  const { sentences, findings } = await withTenant(lead, (ctx) => checkRules(ctx, CheckRules.parse({ sheet })));
  assert.match(sentences[1]!, /^From Lakeside.*, CT: to Dr Kwame Mensah, who claim from their list\.$/);
  assert.deepEqual(findings, [{ ruleId: "below", code: "rule.never-reached", by: "all" }]);
});

test("a play knows how old the patient was, who signed his priors, what was promised and what a contract asked for", async () => {
  const person = { patientId: "GROWS-UP", patientName: "Small^Person", patientBirthDate: "20230101" };
  const earlier = await readCase(60, { ...person, studyDate: "20250101" }, kwame);
  await db.owner.query("ALTER TABLE report_version DISABLE TRIGGER USER");
  await db.owner.query("UPDATE report_version SET signed_at = now() - interval '50 hours' WHERE case_id = $1", [
    earlier,
  ]);
  await db.owner.query("ALTER TABLE report_version ENABLE TRIGGER USER");
  const child = await readCase(20, { ...person, studyDate: "20260601", studyDescription: "MR Enterography" });
  await db.owner.query(
    'UPDATE reader_profile SET subspecialties = \'[{"modalities": [], "bodyRegions": [], "ageBands": [], "procedures": ["enterography", "cardiac"]}]\' WHERE user_id = $1',
    [kwame.userId],
  );
  const ready = await withTenant(lead, (ctx) =>
    readyToRehearse(ctx, RehearseRules.parse({ sheet: sheetOf(), days: 7 })),
  );
  const arrival = ready.past.events.find((each) => each.kind === "arrival" && each.facts.id === child);
  assert.ok(arrival?.kind === "arrival");
  const { ageBand, priorReaderIds, procedures, readType, language, promisedAt, dueAt } = arrival.facts;
  assert.deepEqual(
    { ageBand, priorReaderIds, procedures, readType, language },
    {
      ageBand: "child",
      priorReaderIds: [kwame.userId],
      procedures: ["enterography"],
      readType: "final",
      language: null,
    },
  );
  assert.notEqual(promisedAt, dueAt, "the promise is not what the test made of the due time");

  // A rule on age finds the child, and only the child.
  const children = { field: "age-band" as const, op: "any-of" as const, values: ["child" as const] };
  const answer = await rehearsed(sheetOf({ ...toOne(kwame), when: [children] }));
  assert.deepEqual(
    answer.byRule.filter(({ ruleId }) => ruleId !== null),
    [{ ruleId: "to-one", cases: 2 }],
  );
  // Who knows the patient goes first, in the play too.
  const push = await rehearsed(sheetOf({ id: "push", mode: { kind: "push", acceptSeconds: null } }));
  assert.equal(push.told.find(({ caseId }) => caseId === child)?.readerOf.edited ?? kwame.userId, kwame.userId);
  await db.owner.query("UPDATE reader_profile SET subspecialties = '[]' WHERE user_id = $1", [kwame.userId]);
});

test("only a lead rehearses", async () => {
  const refused = (error: { cause?: { code?: string } }) => error.cause?.code === "auth.forbidden";
  await assert.rejects(createCaller(ingrid).rules.rehearse({ sheet: [], days: 7 }), refused);
  assert.equal((await createCaller(lead).rules.rehearse({ sheet: [], days: 7 })).cases, 6);
});
