import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import type { UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { seedDemo } from "#server/demo/seed.ts";
import {
  currentRuleNames,
  currentRuleSet,
  listRules,
  RestoreRules,
  readRules,
  restoreRules,
  SaveRules,
  type Sheet,
  saveRules,
} from "#server/domain/assignment/index.ts";
import { facilityId, orgId, signedIn } from "#tests/actors.ts";
import { useTestDatabase } from "#tests/database.ts";
import { aRule } from "#tests/factories/assignment.ts";

/** The rules of a reading group: saved as versions, none overwritten, each to be had again. */
let db: Awaited<ReturnType<typeof useTestDatabase>>;
let lead: UserActor;
let otherLead: UserActor;
let reader: UserActor;
let group: string;

before(async () => {
  Object.assign(process.env, { NODE_ENV: "test" });
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse battery" });
  group = await orgId("nightshift");
  ({ actor: lead } = await signedIn("lead@nightshift.example"));
  ({ actor: reader } = await signedIn("radiologist@nightshift.example"));
  otherLead = await secondLead();
});
after(() => db.drop());

async function secondLead(): Promise<UserActor> {
  await db.owner.query(
    `INSERT INTO user_account (org_id, email, display_name, person_name, roles, facility_ids, referrer_names)
     VALUES ($1, 'second.lead@nightshift.example', 'Olu Adeyemi', 'Adeyemi^Olu', '{worklist_manager}', '{}', '{}')`,
    [group],
  );
  return (await signedIn("second.lead@nightshift.example")).actor;
}
const entry = (id: string, more: Partial<Sheet[number]> = {}): Sheet[number] => ({
  name: "",
  on: true,
  rule: aRule({ id }),
  ...more,
});
const save = (who: UserActor, basedOn: number, sheet: Sheet, note = "") =>
  withTenant(who, (ctx) => saveRules(ctx, SaveRules.parse({ basedOn, sheet, note })));
const inForce = () => withTenant(lead, ({ tx }) => currentRuleSet(tx, group));
const refusal = (code: string) => (error: unknown) => (error as { code?: string }).code === code;

test("a group that has saved no rules has none: every case is in the pool of all who may read it", async () => {
  assert.deepEqual(await inForce(), { version: 0, rules: [] });
});

test("what a lead saves is in force at once; a rule that is switched off rests, and is kept", async () => {
  const night = entry("night", { name: "Nights", rule: aRule({ id: "night", mode: { kind: "draw" } }) });
  assert.deepEqual(await save(lead, 0, [night, entry("rest", { on: false })], "For the winter"), { version: 1 });
  assert.deepEqual(await inForce(), { version: 1, rules: [night.rule] });
  const { sheet, history } = await withTenant(lead, (ctx) => listRules(ctx));
  assert.deepEqual(
    sheet.map(({ name, on, rule }) => [name, on, rule.id]),
    [
      ["Nights", true, "night"],
      ["", false, "rest"],
    ],
  );
  assert.deepEqual(
    history.map(({ version, note, rules, on, savedBy }) => ({ version, note, rules, on, savedBy })),
    [{ version: 1, note: "For the winter", rules: 2, on: 1, savedBy: lead.displayName }],
  );
  const names = await withTenant(lead, ({ tx }) => currentRuleNames(tx, group));
  assert.deepEqual(
    [...names],
    [
      ["night", "Nights"],
      ["rest", "rule 2"],
    ],
  );
});

test("of two leads who change the same rules one is told who was first, and nothing is overwritten", async () => {
  await save(otherLead, 1, [entry("theirs")]);
  await assert.rejects(save(lead, 1, [entry("mine")]), (error: { code?: string; details?: object }) => {
    assert.equal(error.code, "rules.version-conflict");
    assert.deepEqual({ ...error.details, savedAt: "" }, { version: 2, savedByName: "Olu Adeyemi", savedAt: "" });
    return true;
  });
  assert.deepEqual(
    (await inForce()).rules.map(({ id }) => id),
    ["theirs"],
  );
});

test("of leads who save in the same moment exactly one is let in", async () => {
  const answers = await Promise.allSettled(
    [lead, otherLead, lead, otherLead].map((who, n) => save(who, 2, [entry(`at-once-${n}`)])),
  );
  assert.equal(answers.filter(({ status }) => status === "fulfilled").length, 1);
  for (const answer of answers)
    if (answer.status === "rejected") assert.ok(refusal("rules.version-conflict")(answer.reason), answer.reason);
  assert.equal((await inForce()).version, 3);
});

test("an earlier version comes back as a new one, and what was in between is still there", async () => {
  const restored = await withTenant(lead, (ctx) => restoreRules(ctx, RestoreRules.parse({ basedOn: 3, version: 1 })));
  assert.deepEqual(restored, { version: 4 });
  assert.deepEqual(
    (await inForce()).rules.map(({ id }) => id),
    ["night"],
  );
  const { history } = await withTenant(lead, (ctx) => listRules(ctx));
  assert.deepEqual(
    history.map(({ version, restoredFrom }) => [version, restoredFrom]),
    [
      [4, 1],
      [3, null],
      [2, null],
      [1, null],
    ],
  );
  const { sheet } = await withTenant(lead, (ctx) => readRules(ctx, { version: 2 }));
  assert.equal(sheet[0]?.rule.id, "theirs");
  const restore = (basedOn: number, version: number) =>
    withTenant(lead, (ctx) => restoreRules(ctx, RestoreRules.parse({ basedOn, version })));
  await assert.rejects(restore(4, 99), refusal("resource.not-found"));
  await assert.rejects(restore(2, 1), refusal("rules.version-conflict"));
});

test("a rule speaks of the group's own readers and of facilities that it reads for", async () => {
  const foreigner = await signedIn("tech@lakeside.example");
  const named = (rule: Partial<Sheet[number]["rule"]>) => [entry("r", { rule: aRule({ id: "r", ...rule }) })];
  const at = (value: string) => named({ when: [{ field: "facility", op: "any-of", values: [value] }] });
  await assert.rejects(
    save(lead, 4, named({ readers: { readerIds: [foreigner.actor.userId], groupIds: [] } })),
    refusal("user.not-found"),
  );
  await assert.rejects(
    save(lead, 4, named({ readers: { readerIds: [], groupIds: [randomUUID()] } })),
    refusal("resource.not-found"),
    "a rule for a group that there is not would be for nobody",
  );
  await assert.rejects(save(lead, 4, at(group)), refusal("facility.not-found"));
  await assert.rejects(
    save(lead, 4, named({ when: [{ field: "hospital", op: "none-of", values: [group] }] })),
    refusal("org.not-found"),
  );
  const own = await save(lead, 4, [
    ...at(await facilityId("lakeside-main")),
    entry("s", { rule: aRule({ id: "s", readers: { readerIds: [reader.userId], groupIds: [] } }) }),
  ]);
  assert.deepEqual(own, { version: 5 });
});

test("a sheet that the engine could not play is refused before it is saved", () => {
  const bad = (sheet: unknown) => SaveRules.safeParse({ basedOn: 0, sheet }).success;
  assert.equal(bad([entry("same"), entry("same")]), false);
  assert.equal(bad([{ ...entry("a"), rule: { ...aRule({ id: "a" }), mode: { kind: "auction" } } }]), false);
  assert.equal(bad([entry("a"), entry("b", { on: false })]), true);
});

test("only a lead sees and changes the rules, and nobody changes a version that is saved", async () => {
  await assert.rejects(
    withTenant(reader, (ctx) => listRules(ctx)),
    refusal("auth.forbidden"),
  );
  await assert.rejects(save(reader, 5, []), refusal("auth.forbidden"));
  await assert.rejects(db.owner.query("UPDATE assignment_rule_set SET note = 'x'"));
  await assert.rejects(db.owner.query("DELETE FROM assignment_rule_set"));
  const { rows } = await db.owner.query(
    "SELECT count(*)::int AS n FROM audit_event WHERE action = 'rules.save' AND org_id = $1",
    [group],
  );
  assert.equal(rows[0].n, 5, "each version is on record");
});
