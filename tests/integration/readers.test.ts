import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { remindOfEnds } from "#server/domain/readers/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { createCaller } from "#server/trpc/caller.ts";
import { facilityId, orgId, signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";

/** What the lead keeps of the readers, and what a reader sees and does himself. */
type Api = ReturnType<typeof createCaller>;
let db: Awaited<ReturnType<typeof useTestDatabase>>;
let lead: Api;
let ann: Api;
let ben: Api;
let annId: string;
let benId: string;
let group: string;
let facility: string;

before(async () => {
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse battery" });
  const person = async (email: string) => (await signedIn(email)).actor;
  const [one, two] = [await person("radiologist@nightshift.example"), await person("radiologist2@nightshift.example")];
  [annId, benId] = [one.userId, two.userId];
  [ann, ben, lead] = [createCaller(one), createCaller(two), createCaller(await person("lead@nightshift.example"))];
  group = await orgId("nightshift");
  facility = await facilityId("lakeside-main");
  for (const table of ["shift_change", "reader_shift", "facility_privilege", "reader_profile", "reader_group"])
    await db.owner.query(`DELETE FROM ${table}`);
  await db.owner.query("UPDATE reader_licence SET removed_at = now()");
  await db.owner.query("UPDATE facility SET jurisdiction = ''");
});
after(() => db.drop());

const code = (expected: string) => (error: { cause?: { code?: string } }) => {
  assert.equal(error.cause?.code, expected);
  return true;
};
/** Refused before any verb sees it. */
const notTaken = (error: { code?: string }) => error.code === "BAD_REQUEST";
const item = async (userId: string) => (await lead.readers.list()).items.find((each) => each.userId === userId)!;
const profile = {
  languages: ["de", "en"],
  readTypes: ["preliminary", "final"] as ("preliminary" | "final")[],
  capOpenCases: 4,
  capShiftCases: null,
  capShiftWorkUnits: 60.5,
  offRoster: false,
  subspecialties: [
    {
      modalities: ["MR"],
      bodyRegions: ["head" as const, "spine" as const],
      ageBands: [],
      procedures: ["70553", "MR-angio"],
    },
  ],
};

test("the lead says what a reader reads and how much, and the reader sees it", async () => {
  await lead.readers.saveProfile({ userId: annId, ...profile });
  const { languages, readTypes, ...rest } = (await ann.readers.own()).profile;
  assert.deepEqual({ languages, readTypes, ...rest }, profile);
  assert.equal((await item(annId)).standing, "off-shift");
  assert.equal((await item(benId)).standing, "off-roster");
  await assert.rejects(ann.readers.saveProfile({ userId: annId, ...profile }), code("auth.forbidden"));
});

test("a licence is put on file, checked at its source and given up; what was checked stays as it was said", async () => {
  const { licenceId } = await lead.readers.addLicence({
    userId: annId,
    jurisdiction: "us-il",
    number: "036-104417",
    validFrom: "2020-01-01",
    validUntil: "2099-12-31",
    document: "Personnel file 7",
  });
  await lead.readers.checkLicence({ licenceId, outcome: "confirmed", source: "IDFPR licence look-up", note: "" });
  const [licence] = (await ann.readers.own()).licences.filter((each) => each.licenceId === licenceId);
  assert.deepEqual([licence?.jurisdiction, licence?.state, licence?.validUntil], ["US-IL", "valid", "2099-12-31"]);
  assert.deepEqual(
    licence?.checks.map(({ outcome, source, by }) => [outcome, source, by]),
    [["confirmed", "IDFPR licence look-up", "Noor Haddad"]],
  );
  await assert.rejects(db.owner.query("UPDATE licence_check SET outcome = 'differs'"), /append-only/);
  assert.deepEqual((await item(annId)).licences, ["US-IL"]);
  await lead.readers.removeLicence({ licenceId });
  assert.deepEqual((await item(annId)).licences, []);
  const kept = (await lead.readers.get({ userId: annId })).licences.find((each) => each.licenceId === licenceId);
  assert.deepEqual([kept?.state, kept?.checks.length], ["removed", 1]);
  await assert.rejects(
    lead.readers.checkLicence({ licenceId, outcome: "confirmed", source: "again" }),
    code("resource.not-found"),
  );
  await assert.rejects(lead.readers.addLicence({ userId: annId, jurisdiction: "Bavaria", number: "1" }), notTaken);
});

test("a privilege holds through its last day at the facility, and then is one level less", async () => {
  const { places } = await lead.readers.list();
  assert.ok(places.some((each) => each.facilityId === facility));
  await lead.readers.grantPrivilege({ userId: annId, facilityId: facility, level: "report", lastDay: "2099-07-31" });
  const here = async () => (await ann.readers.own()).privileges.find((each) => each.facilityId === facility)!;
  // Chicago, in summer.
  assert.equal((await here()).expiresAt?.toISOString(), "2099-08-01T05:00:00.000Z");
  assert.deepEqual([(await here()).levelNow, (await here()).grantedBy], ["report", "Noor Haddad"]);
  await lead.readers.grantPrivilege({ userId: annId, facilityId: facility, level: "report", lastDay: "2020-01-01" });
  assert.deepEqual([(await here()).level, (await here()).levelNow], ["report", "draft"]);
  await assert.rejects(
    lead.readers.grantPrivilege({ userId: annId, facilityId: annId, level: "report", lastDay: null }),
    code("facility.not-found"),
  );
});

test("the lead sees whom licences and privileges would bar, before they do", async () => {
  await db.owner.query("UPDATE facility SET jurisdiction = 'US-IL' WHERE id = $1", [facility]);
  const barred = async (userId: string) =>
    (await item(userId)).barredAt.find((each) => each.facilityId === facility)?.why ?? null;
  assert.equal(await barred(annId), "licence");
  await lead.readers.addLicence({ userId: annId, jurisdiction: "US-IL", number: "1" });
  assert.equal(await barred(annId), "privilege");
  await lead.readers.grantPrivilege({ userId: annId, facilityId: facility, level: "report", lastDay: null });
  assert.equal(await barred(annId), null);
  assert.equal((await lead.readers.list()).enforced, false);
  await lead.readers.enforce({ enforced: true });
  assert.equal((await ann.readers.own()).enforced, true);
  await assert.rejects(ann.readers.enforce({ enforced: false }), code("auth.forbidden"));
});

test("each end is reminded of once a step, to whomever asks next, and a renewal ends it", async () => {
  const remind = (now: Date) => withTenantSql(systemActor(group, "worker"), (ctx) => remindOfEnds({ ...ctx, now }));
  const { licenceId } = await lead.readers.addLicence({
    userId: benId,
    jurisdiction: "GB",
    number: "7012345",
    validUntil: "2031-06-30",
  });
  const steps = async (day: string) =>
    (await remind(new Date(`${day}T12:00:00Z`)))
      .filter((each) => each.subjectId === licenceId)
      .map(({ kind, userId, step }) => [kind, userId === benId, step]);
  assert.deepEqual(await steps("2031-04-01"), []);
  assert.deepEqual(await steps("2031-05-03"), [["licence", true, 60]]);
  assert.deepEqual(await steps("2031-05-04"), []);
  const twice = await Promise.all([steps("2031-06-01"), steps("2031-06-01")]);
  assert.deepEqual(twice.flat(), [["licence", true, 30]]);
  assert.deepEqual(await steps("2031-06-28"), [["licence", true, 7]]);
  assert.deepEqual(await steps("2031-07-01"), [["licence", true, 0]]);
  assert.deepEqual(await steps("2031-07-02"), []);
  await lead.readers.addLicence({ userId: benId, jurisdiction: "GB", number: "7012345", validFrom: "2031-07-01" });
  const { rows } = await db.owner.query("SELECT count(*)::int AS n FROM credential_reminder WHERE subject_id = $1", [
    licenceId,
  ]);
  assert.equal(rows[0].n, 4);
  const told = await db.owner.query(
    "SELECT u.email, n.params FROM notice n JOIN user_account u ON u.id = n.user_id WHERE n.matter LIKE $1 ORDER BY u.email, n.params->'days'",
    [`licence:${benId}:${licenceId}:%`],
  );
  assert.deepEqual(
    told.rows.map(({ email, params }) => [email, params.jurisdiction, params.days]),
    ["lead@nightshift.example", "radiologist2@nightshift.example"].flatMap((email) =>
      [0, 3, 30, 59].map((days) => [email, "GB", days]),
    ),
    "the reader and the lead, each once a step",
  );
});

test("an end that comes within 60 days stands on the lead's page and the reader's", async () => {
  const soon = new Date(Date.now() + 20 * 24 * 60 * 60_000).toISOString().slice(0, 10);
  await lead.readers.addLicence({ userId: benId, jurisdiction: "US-WI", number: "88", validUntil: soon });
  await withTenantSql(systemActor(group, "worker"), remindOfEnds);
  for (const endings of [(await lead.readers.list()).endings, (await ben.readers.own()).endings])
    assert.deepEqual(
      endings.filter(({ label }) => label === "US-WI").map(({ kind, userId, step }) => [kind, userId, step]),
      [["licence", benId, 30]],
    );
});

test("shifts come every week or once, and are taken away again", async () => {
  const { shiftId } = await lead.readers.addShift({
    userId: annId,
    weekdays: [7, 1, 2, 3, 4, 5, 6],
    starts: "00:00",
    ends: "00:00",
    timeZone: "Australia/Sydney",
  });
  assert.equal((await item(annId)).standing, "on-shift");
  const off = { startsAt: new Date(Date.now() - 60_000), endsAt: new Date(Date.now() + 3_600_000) };
  const { changeId } = await lead.readers.addChange({ userId: annId, kind: "absence", ...off });
  assert.equal((await item(annId)).standing, "off-shift");
  await lead.readers.removeChange({ changeId });
  assert.equal((await item(annId)).standing, "on-shift");
  await lead.readers.removeShift({ shiftId });
  assert.equal((await item(annId)).standing, "off-shift");
  const night = { userId: annId, weekdays: [1], starts: "22:00", ends: "06:00", timeZone: "Europe/Berlin" };
  await assert.rejects(lead.readers.addShift({ ...night, breaks: [{ starts: "05:45", ends: "06:15" }] }), notTaken);
  await assert.rejects(lead.readers.addShift({ ...night, timeZone: "Mars/Olympus" }), notTaken);
});

test("two readers swap when both want it; nobody else answers, and one answer counts", async () => {
  const given = { startsAt: new Date("2031-03-01T08:00Z"), endsAt: new Date("2031-03-01T16:00Z") };
  const inReturn = { startsAt: new Date("2031-03-02T08:00Z"), endsAt: new Date("2031-03-02T16:00Z") };
  const ask = () => ann.readers.askSwap({ toUserId: benId, ...given, inReturn });
  const day = { starts: "07:00", ends: "19:00", timeZone: "UTC" };
  await assert.rejects(ask(), code("shift.none-then"), "nobody gives away time that is not his");
  // 1 March 2031 is a Saturday.
  await lead.readers.addShift({ userId: annId, weekdays: [6], ...day });
  await assert.rejects(ask(), code("shift.none-then"), "nor takes time in return that is nobody's");
  await lead.readers.addShift({ userId: benId, weekdays: [7], ...day });
  const late = new Date("2031-03-01T19:30Z");
  await assert.rejects(
    ann.readers.askSwap({ toUserId: benId, ...given, endsAt: late, inReturn }),
    code("shift.none-then"),
    "not even the last half hour",
  );
  const { swapId } = await ask();
  assert.deepEqual((await ben.readers.own()).changes, [], "nothing changes before the answer");
  assert.equal((await ben.readers.own()).swaps.find((each) => each.swapId === swapId)?.can.answer, true);
  await assert.rejects(ann.readers.answerSwap({ swapId, agrees: true }), code("resource.not-found"));
  await assert.rejects(lead.readers.answerSwap({ swapId, agrees: true }), code("auth.forbidden"));
  const answers = await Promise.allSettled([
    ben.readers.answerSwap({ swapId, agrees: true }),
    ann.readers.withdrawSwap({ swapId }),
  ]);
  assert.equal(answers.filter(({ status }) => status === "fulfilled").length, 1);
  if (answers[0]!.status === "rejected") {
    const again = await ann.readers.askSwap({ toUserId: benId, ...given, inReturn });
    await ben.readers.answerSwap({ swapId: again.swapId, agrees: true });
  }
  const changes = async (api: Api) =>
    (await api.readers.own()).changes.map(({ kind, startsAt, swapped }) => [kind, startsAt.getTime(), swapped]);
  assert.deepEqual(await changes(ann), [
    ["absence", given.startsAt.getTime(), true],
    ["extra", inReturn.startsAt.getTime(), true],
  ]);
  assert.deepEqual(await changes(ben), [
    ["extra", given.startsAt.getTime(), true],
    ["absence", inReturn.startsAt.getTime(), true],
  ]);
  const [mine] = (await ann.readers.own()).changes;
  await lead.readers.removeChange({ changeId: mine!.changeId });
  assert.deepEqual([await changes(ann), await changes(ben)], [[], []], "a swap is undone on both sides");
  await assert.rejects(ann.readers.askSwap({ toUserId: annId, ...given }), code("request.invalid"));
});

test("of a time that is no longer his nobody gives anything away, and it is not taken over twice", async () => {
  const given = { startsAt: new Date("2031-03-08T08:00Z"), endsAt: new Date("2031-03-08T16:00Z") };
  const inReturn = { startsAt: new Date("2031-03-09T08:00Z"), endsAt: new Date("2031-03-09T16:00Z") };
  const ask = () => ann.readers.askSwap({ toUserId: benId, ...given, inReturn });
  const answer = ({ swapId }: { swapId: string }) => ben.readers.answerSwap({ swapId, agrees: true });
  const waiting = [await ask(), await ask()] as const;
  const answers = await Promise.allSettled(waiting.map(answer));
  assert.equal(answers.filter(({ status }) => status === "fulfilled").length, 1, "one shift is given away once");
  for (const each of answers)
    if (each.status === "rejected") assert.ok(code("shift.none-then")(each.reason), each.reason);
  for (const { changeId } of (await ann.readers.own()).changes) {
    await lead.readers.removeChange({ changeId });
    break;
  }
  const left = waiting[answers.findIndex(({ status }) => status === "rejected")]!;
  const { changeId } = await lead.readers.addChange({ userId: benId, kind: "absence", ...inReturn });
  await assert.rejects(answer(left), code("shift.none-then"), "what he gives in return is not his meanwhile");
  await ben.readers.answerSwap({ swapId: left.swapId, agrees: false });
  await lead.readers.removeChange({ changeId });
});

test("readers are gathered in groups, each under a name of its own", async () => {
  const { groupId } = await lead.readers.saveGroup({ groupId: null, name: "Neuro", readerIds: [annId, annId] });
  assert.deepEqual((await lead.readers.list()).groups, [{ groupId, name: "Neuro", readerIds: [annId] }]);
  await assert.rejects(
    lead.readers.saveGroup({ groupId: null, name: "Neuro", readerIds: [] }),
    code("request.invalid"),
  );
  await assert.rejects(lead.readers.saveGroup({ groupId, name: "Neuro", readerIds: [group] }), code("user.not-found"));
  await lead.readers.removeGroup({ groupId });
  assert.deepEqual((await lead.readers.list()).groups, []);
});

test("work units come in as a file, all of it or nothing of it, and go out as one", async () => {
  const good = "kind,code,workUnits,effort\nprocedure,CTHEAD,0.85,\nmodality,CT,1.2,\notherwise,,1,\n";
  const before = (await lead.readers.list()).workUnits.version;
  assert.deepEqual(await lead.readers.importWorkUnits({ csv: good }), { faults: [], procedures: 1 });
  const bad = await lead.readers.importWorkUnits({ csv: `${good}procedure,MRHEAD,none,\n` });
  assert.deepEqual(bad, { faults: [{ line: 5, fault: "work-units" }], procedures: 0 });
  const { version, procedures } = (await lead.readers.list()).workUnits;
  assert.deepEqual([version, procedures], [before + 1, 1]);
  assert.equal((await lead.readers.exportWorkUnits()).csv, good.replaceAll("\n", "\r\n"));
  await Promise.all([1, 2, 3].map(() => lead.readers.importWorkUnits({ csv: good })));
  assert.equal((await lead.readers.list()).workUnits.version, before + 4);
});

test("a facility names its jurisdiction by country and state, or none", async () => {
  const admin = createCaller((await signedIn("admin@lakeside.example")).actor);
  await admin.facility.update({ facilitySlug: "lakeside-north", jurisdiction: "us-wi" });
  const here = async () => (await admin.facility.list()).find(({ slug }) => slug === "lakeside-north")?.settings;
  assert.equal((await here())?.jurisdiction, "US-WI");
  await assert.rejects(admin.facility.update({ facilitySlug: "lakeside-north", jurisdiction: "Wisconsin" }), notTaken);
  await admin.facility.update({ facilitySlug: "lakeside-north", jurisdiction: "" });
  assert.equal((await here())?.jurisdiction, "");
});
