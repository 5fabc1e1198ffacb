import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { newUid } from "@overread/shared/dicom/uids";
import { indexStudy } from "#server/archive/index.ts";
import type { UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { CreateOrder, createOrder } from "#server/domain/ordering/index.ts";
import { attachPriors, claimCase, getCase, holdCase, reserveCases } from "#server/domain/reading/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { orgId, signedIn } from "../actors.ts";
import { type TestArchive, useTestArchive } from "../archive.ts";
import { makeStudy, makeUnreadCase } from "../factories/studies.ts";
import { tinyInstance } from "../factories/tiny-instance.ts";

/** What a viewer asks first is made before anybody asks: of cases that will be read soon, and of their priors. */
let archive: TestArchive;
let solheim: UserActor;
let lakeside: string;
before(async () => {
  archive = await useTestArchive();
  solheim = (await signedIn("radiologist@nightshift.example")).actor;
  lakeside = await orgId("lakeside");
});
after(() => archive.close());
const jobs = async (): Promise<string[]> => {
  const { rows } = await archive.owner.query(
    "SELECT payload->>'studyId' AS study FROM outbox_job WHERE name = 'study.prepare-ahead' AND done_at IS NULL ORDER BY 1",
  );
  return [...new Set(rows.map(({ study }) => study as string))];
};
const forget = () => archive.owner.query("DELETE FROM outbox_job");
beforeEach(async () => {
  await archive.owner.query(
    "UPDATE reading_case SET state = 'cancelled', claimed_by_id = NULL WHERE state <> 'cancelled'",
  );
  await forget();
});

let numbers = 0;
/** A case with four priors, all of them worth preparing. */
async function withPriors() {
  const patientId = `W-${++numbers}`;
  const priors = [];
  for (const year of ["2022", "2023", "2024", "2025"])
    priors.push(
      await makeStudy(archive.owner, { patientId, studyDate: `${year}0101`, purpose: "prior", instances: 10 }),
    );
  const opened = await makeUnreadCase(archive.owner, { patientId, instances: 10 });
  return { ...opened, patientId, priors: priors.map(({ studyId }) => studyId) };
}

test("a case that comes has its priors prepared, the most relevant ones; once is enough", async () => {
  const { caseId, studyId, priors } = await withPriors();
  const [oldest, ...relevant] = priors;
  assert.deepEqual(await jobs(), [studyId, ...relevant].sort(), `not the least relevant, ${oldest}`);
  const detail = () => withTenant(solheim, (ctx) => getCase(ctx, { caseId }));
  assert.equal((await detail()).priorsReady, false);
  for (const id of [studyId, ...relevant]) await indexStudy(systemActor(lakeside, "worker"), { studyId: id });
  assert.equal((await detail()).priorsReady, true, "said in the row");
  await forget();
  await withTenant(systemActor(lakeside, "worker"), (ctx) => attachPriors(ctx, { caseId }));
  await withTenant(solheim, (ctx) => claimCase(ctx, { caseId }));
  assert.deepEqual(await jobs(), [], "all of it lies ready");

  await archive.owner.query("UPDATE study SET last_received_at = now() + interval '1 second' WHERE id = $1", [
    relevant[0],
  ]);
  assert.equal((await detail()).priorsReady, false, "another image came");
  await archive.owner.query(
    "UPDATE study SET last_received_at = first_received_at, prepared_at = now() - interval '26 days' WHERE id = $1",
    [relevant[0]],
  );
  assert.equal((await detail()).priorsReady, false, "prepared answers are cleared away after a month");
});

test("a claim prepares its case and the next ones in line, a reservation what is kept", async () => {
  const cases = [await withPriors(), await withPriors(), await withPriors(), await withPriors()];
  await archive.owner.query("UPDATE reading_case SET priority_score = 0 WHERE state <> 'cancelled'");
  for (const [n, { caseId }] of cases.entries())
    await archive.owner.query("UPDATE reading_case SET priority_score = $2 WHERE id = $1", [caseId, 100 - n]);
  await forget();
  await withTenant(solheim, (ctx) => claimCase(ctx, { caseId: cases[0]!.caseId }));
  const expected = (some: typeof cases) => some.flatMap(({ studyId, priors }) => [studyId, ...priors.slice(1)]).sort();
  assert.deepEqual(await jobs(), expected(cases.slice(0, 3)));
  await forget();
  await withTenant(solheim, (ctx) => reserveCases(ctx, { count: 1 }));
  assert.deepEqual(await jobs(), expected(cases.slice(1, 2)));
});

test("nothing is prepared for a case that is held or cancelled, nor what is too small to gain by it", async () => {
  const held = await withPriors();
  await withTenant(solheim, (ctx) => holdCase(ctx, { caseId: held.caseId, reason: "Wait." }));
  const cancelled = await withPriors();
  await archive.owner.query("UPDATE reading_case SET state = 'cancelled' WHERE id = $1", [cancelled.caseId]);
  await forget();
  for (const { caseId } of [held, cancelled])
    await withTenant(systemActor(lakeside, "worker"), (ctx) => attachPriors(ctx, { caseId }));
  await makeUnreadCase(archive.owner, { instances: 7 });
  assert.deepEqual(await jobs(), []);
});

test("an order has what the hospital has of its patient prepared", async () => {
  const patientId = "ORDERED-1";
  const earlier = await makeStudy(archive.owner, { patientId, purpose: "prior", instances: 10 });
  await makeStudy(archive.owner, { patientId, purpose: "prior", instances: 2 });
  await makeStudy(archive.owner, { patientId: "ANOTHER", purpose: "prior", instances: 10 });
  const tech = (await signedIn("tech@lakeside.example")).actor;
  await withTenant(tech, (ctx) =>
    createOrder(
      ctx,
      CreateOrder.parse({
        facilitySlug: "lakeside-main",
        patientId,
        patientName: "Rivers^Alder",
        procedureDescription: "CT",
      }),
    ),
  );
  assert.deepEqual(await jobs(), [earlier.studyId]);
});

test("what was prepared is what the first viewer gets", async () => {
  const study = newUid();
  const series = newUid();
  const files = Array.from({ length: 9 }, () => tinyInstance({ study, series }).part10);
  assert.equal((await archive.stow(files)).status, 200);
  const { rows } = await archive.owner.query("SELECT id FROM study WHERE study_instance_uid = $1", [study]);
  await indexStudy(systemActor(lakeside, "worker"), { studyId: rows[0].id });
  const prepared = await archive.owner.query(
    "SELECT prepared_at >= last_received_at AS ready FROM study WHERE id = $1",
    [rows[0].id],
  );
  assert.equal(prepared.rows[0].ready, true);
  const answer = await archive.request(`/studies/${study}/series/${series}/metadata`);
  assert.equal(((await answer.json()) as unknown[]).length, 9);
});
