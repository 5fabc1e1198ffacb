import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import type { UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { AskSite, askSite, claimCase, getCase } from "#server/domain/reading/index.ts";
import {
  listServiceLevels,
  SaveServiceLevel,
  saveServiceLevel,
  tryServiceLevel,
} from "#server/domain/service-level/index.ts";
import { signedIn } from "../actors.ts";
import type { useTestDatabase } from "../database.ts";
import { useDemoPeople } from "../demo-people.ts";
import { makeUnreadCase } from "../factories/studies.ts";

/** What a contract promises, written by its hospital in versions. */
let db: Awaited<ReturnType<typeof useTestDatabase>>;
let admin: UserActor;
let lead: UserActor;
let solheim: UserActor;
let foreign: UserActor;
before(async () => {
  ({ db, admin, lead, solheim } = await useDemoPeople());
  foreign = (await signedIn("admin@harbor.example")).actor;
});
after(() => db.drop());

type Terms = SaveServiceLevel["terms"];
const terms = (routine: number, lines: Terms["lines"] = []): Terms => ({
  holidays: [],
  lines,
  otherwise: { stat: 30, urgent: 120, routine },
  firstReading: "final",
  reportLanguage: "",
});
const list = (actor: UserActor) => withTenant(actor, listServiceLevels);
async function contractOf(actor: UserActor) {
  const contract = (await list(actor)).find(({ hospital }) => hospital.includes("Lakeside"));
  assert.ok(contract);
  const basedOn =
    contract.versions
      .map(({ serviceLevelId }) => serviceLevelId)
      .sort()
      .at(-1) ?? null;
  return { ...contract, basedOn };
}
const save = (actor: UserActor, wish: SaveServiceLevel) =>
  withTenant(actor, (ctx) => saveServiceLevel(ctx, SaveServiceLevel.parse(wish)));
const refusedWith = (code: string) => (error: unknown) => error instanceof DomainError && error.code === code;
const promisedMinutes = async (caseId: string): Promise<[number, string]> => {
  const { rows } = await db.owner.query(
    "SELECT promised_minutes AS minutes, service_level_id AS level FROM reading_case WHERE id = $1",
    [caseId],
  );
  return [rows[0].minutes, rows[0].level];
};
const versionsWritten = async (contractId: string): Promise<number> => {
  const { rows } = await db.owner.query("SELECT count(*)::int AS n FROM service_level WHERE contract_id = $1", [
    contractId,
  ]);
  return rows[0].n;
};

test("what a hospital saves is promised to the cases that arrive from then on, and the audit trail has who saved it", async () => {
  const { contractId, basedOn } = await contractOf(admin);
  const earlier = await makeUnreadCase(db.owner);
  const { serviceLevelId } = await save(admin, { contractId, basedOn, validFrom: null, terms: terms(600) });
  const later = await makeUnreadCase(db.owner);
  assert.deepEqual(await promisedMinutes(later.caseId), [600, serviceLevelId]);
  assert.deepEqual(await promisedMinutes(earlier.caseId), [1440, basedOn], "an earlier case keeps its own");
  const [newest, before] = (await contractOf(admin)).versions;
  assert.deepEqual([newest?.serviceLevelId, newest?.inForce, newest?.validUntil], [serviceLevelId, true, null]);
  assert.deepEqual([before?.serviceLevelId, before?.inForce, before?.validUntil], [basedOn, false, newest?.validFrom]);
  assert.ok(newest?.createdBy);
  const { rows } = await db.owner.query(
    "SELECT actor_id, details->>'serviceLevelId' AS id FROM audit_event WHERE action = 'service-level.save'",
  );
  assert.deepEqual(rows, [{ actor_id: admin.userId, id: serviceLevelId }]);
});

test("a line with several times keeps all of them", async () => {
  const { contractId, basedOn } = await contractOf(admin);
  const night = { days: [1, 2, 3, 4, 5], from: "20:00", until: "06:00" } as const;
  const weekend = { days: [6, 7, "holiday"], from: "00:00", until: "00:00" } as const;
  const windows = [night, weekend].map((each) => ({ ...each, days: [...each.days] }));
  const line = { facilityIds: [], modalities: ["CT"], priorities: [], patientClasses: [], windows, minutes: 45 };
  await save(admin, { contractId, basedOn, validFrom: null, terms: terms(600, [line]) });
  assert.deepEqual((await contractOf(lead)).versions[0]?.lines, [line]);
});

test("a case says by which line of which version it is due, and when its clock stood still", async () => {
  const { contractId, basedOn, facilities } = await contractOf(admin);
  const ids = facilities.map(({ facilityId }) => facilityId);
  const line = { facilityIds: ids, modalities: [], priorities: [], patientClasses: [], windows: null, minutes: 75 };
  await save(admin, {
    contractId,
    basedOn,
    validFrom: null,
    terms: terms(600, [{ ...line, modalities: ["XA"] }, line]),
  });
  const [version] = (await contractOf(admin)).versions;
  const { caseId } = await makeUnreadCase(db.owner);
  const { claimToken } = await withTenant(solheim, (ctx) => claimCase(ctx, { caseId }));
  const question = AskSite.parse({ caseId, text: "Which side?", stopsClock: true, claimToken });
  await withTenant(solheim, (ctx) => askSite(ctx, question));
  const { whyDue } = await withTenant(solheim, (ctx) => getCase(ctx, { caseId }));
  assert.deepEqual([whyDue.minutes, whyDue.validFrom, whyDue.line?.number], [75, version?.validFrom, 2]);
  assert.deepEqual(
    whyDue.stops.map(({ why, until }) => [why, until]),
    [["question", null]],
  );
  assert.equal(whyDue.line?.says.facilityIds.length, 1, "of its facilities the case's own");
});

test("of two who save together one is told, and nothing of the other's is lost", async () => {
  const { contractId, basedOn } = await contractOf(admin);
  const before = await versionsWritten(contractId);
  const done = await Promise.allSettled(
    [300, 400].map((routine) => save(admin, { contractId, basedOn, validFrom: null, terms: terms(routine) })),
  );
  const refused = done.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
  assert.equal(refused.length, 1);
  assert.ok(refusedWith("service-level.version-conflict")(refused[0]));
  assert.equal(await versionsWritten(contractId), before + 1);
});

test("a version begins now or later, never in the past, and names facilities of its hospital only", async () => {
  const { contractId, basedOn } = await contractOf(admin);
  const before = await versionsWritten(contractId);
  await assert.rejects(
    save(admin, { contractId, basedOn, validFrom: "2026-01-01T00:00", terms: terms(500) }),
    (error: unknown) =>
      error instanceof DomainError && error.code === "request.invalid" && error.details?.fields === "validFrom",
  );
  const [harbor] = (await db.owner.query("SELECT id FROM facility WHERE org_id = $1", [foreign.orgId])).rows;
  const holidays = [{ date: "2099-12-25", facilityIds: [harbor.id] }];
  await assert.rejects(
    save(admin, { contractId, basedOn, validFrom: null, terms: { ...terms(500), holidays } }),
    refusedWith("request.invalid"),
  );
  assert.equal(await versionsWritten(contractId), before);

  await save(admin, { contractId, basedOn, validFrom: "2099-01-01T08:00", terms: terms(500) });
  const [planned, current] = (await contractOf(admin)).versions;
  assert.deepEqual([planned?.inForce, current?.inForce], [false, true]);
  assert.equal(current?.validUntil, planned?.validFrom);
});

test("the group's lead reads what is promised and cannot write it; a reader does neither", async () => {
  const { contractId, basedOn, maySave, versions, facilities } = await contractOf(lead);
  assert.equal(maySave, false);
  assert.deepEqual(versions, (await contractOf(admin)).versions, "the same as the hospital");
  const wish = { contractId, basedOn, validFrom: null, terms: terms(5) };
  await assert.rejects(save(lead, wish), refusedWith("auth.forbidden"));
  await assert.rejects(list(solheim), refusedWith("auth.forbidden"));
  await assert.rejects(save(solheim, wish), refusedWith("contract.not-found"));
  const tried = await withTenant(lead, (ctx) =>
    tryServiceLevel(ctx, {
      contractId,
      terms: terms(90),
      facilityId: facilities[0]!.facilityId,
      modality: "CT",
      priority: "routine",
      patientClass: "outpatient",
      arrivesAt: "2099-06-01T10:00",
    }),
  );
  assert.deepEqual([tried.then.minutes, tried.asItStands?.minutes], [90, 500]);
});

test("another hospital sees nothing of it", async () => {
  const { contractId, basedOn } = await contractOf(admin);
  assert.equal(
    (await list(foreign)).some((each) => each.contractId === contractId || each.hospital.includes("Lakeside")),
    false,
  );
  await assert.rejects(
    save(foreign, { contractId, basedOn, validFrom: null, terms: terms(5) }),
    refusedWith("contract.not-found"),
  );
});
