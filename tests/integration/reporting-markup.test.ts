import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import { quantity, unit } from "@overread/shared/measurements/codes";
import { emptyMarkup, type Markup, mergedMarkup } from "@overread/shared/measurements/markup";
import type { UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { claimCase } from "#server/domain/reading/index.ts";
import { getMarkup, saveMarkup } from "#server/domain/reporting/index.ts";
import type { useTestDatabase } from "../database.ts";
import { useDemoPeople } from "../demo-people.ts";
import { lapseClaim, type MadeStudy, makeUnreadCase } from "../factories/studies.ts";

/** What readers draw on images, kept while they read. */
let db: Awaited<ReturnType<typeof useTestDatabase>>;
let solheim: UserActor;
let mensah: UserActor;
let tech: UserActor;
before(async () => {
  ({ db, solheim, mensah, tech } = await useDemoPeople());
});
after(() => db.drop());

const refusedWith = (code: string) => (error: unknown) => error instanceof DomainError && error.code === code;
const claim = async (actor: UserActor, caseId: string) =>
  (await withTenant(actor, (ctx) => claimCase(ctx, { caseId }))).claimToken;
const read = (actor: UserActor, caseId: string) => withTenant(actor, (ctx) => getMarkup(ctx, { caseId }));
const save = (actor: UserActor, caseId: string, claimToken: string, version: number, markup: Markup) =>
  withTenant(actor, (ctx) => saveMarkup(ctx, { caseId, claimToken, version, markup }));

const imageIn = (study: MadeStudy, at = 0) => ({
  studyInstanceUid: study.studyInstanceUid,
  seriesInstanceUid: study.seriesInstanceUid,
  sopInstanceUid: study.sopInstanceUids[at] ?? "",
  sopClassUid: study.sopClassUid,
  frameNumber: 1,
});
let uids = 0;
/** A length on an image of the study. */
const lengthOn = (
  study: MadeStudy,
  over: Partial<Markup["measurements"][number]> = {},
): Markup["measurements"][number] => ({
  trackingUid: `2.25.${++uids}`,
  kind: "length",
  where: {
    space: "image",
    image: imageIn(study),
    frameOfReferenceUid: null,
    points: [
      [10.25, 20.5],
      [40.125, 60.5],
    ],
  },
  closed: false,
  values: [{ quantity: quantity.length, value: 35.31, unit: unit.millimetre, reason: null }],
  label: "",
  finding: null,
  site: null,
  author: "",
  at: "2026-11-27T18:00:00.000Z",
  ...over,
});
const presentationOf = (study: MadeStudy): Markup["presentations"][number] => ({
  image: imageIn(study, 1),
  window: { center: -600, width: 1500, shape: "LINEAR" },
  windows: [],
  inverted: true,
  camera: { zoom: 2.5, pan: [12, -7], rotation: 90, flipped: true },
});
const drawn = (study: MadeStudy): Markup => ({
  measurements: [lengthOn(study)],
  presentations: [presentationOf(study)],
});

test("what was drawn and how it was looked at come back as they were, with the reader's name", async () => {
  const made = await makeUnreadCase(db.owner);
  const { caseId } = made;
  assert.deepEqual(await read(solheim, caseId), { version: 0, savedAt: null, own: emptyMarkup, others: [], gone: [] });
  const markup = drawn(made);
  const { version } = await save(solheim, caseId, await claim(solheim, caseId), 0, markup);
  const { own, gone, ...back } = await read(solheim, caseId);
  assert.deepEqual([version, back.version, gone], [1, 1, []]);
  assert.deepEqual(own, {
    ...markup,
    measurements: markup.measurements.map((each) => ({ ...each, author: solheim.displayName })),
  });
});

test("of two windows the second is told, and both together lose nothing; a save whose answer was lost is no conflict", async () => {
  const made = await makeUnreadCase(db.owner);
  const { caseId } = made;
  const token = await claim(solheim, caseId);
  const [one, two] = [drawn(made), drawn(made)];
  await save(solheim, caseId, token, 0, one);
  assert.equal((await save(solheim, caseId, token, 0, one)).version, 1);
  await assert.rejects(save(solheim, caseId, token, 0, two), refusedWith("report.version-conflict"));
  const { own, version } = await read(solheim, caseId);
  await save(solheim, caseId, token, version, mergedMarkup(two, own));
  assert.deepEqual(
    new Set((await read(solheim, caseId)).own.measurements.map(({ trackingUid }) => trackingUid)),
    new Set([...one.measurements, ...two.measurements].map(({ trackingUid }) => trackingUid)),
  );
});

test("whoever takes the case over sees whose the measurements are, and a name in a request changes nothing", async () => {
  const made = await makeUnreadCase(db.owner);
  const { caseId } = made;
  const hers = drawn(made);
  await save(solheim, caseId, await claim(solheim, caseId), 0, hers);
  assert.deepEqual((await read(mensah, caseId)).others, [], "hidden while she holds the case");
  await lapseClaim(db.owner, caseId);
  const token = await claim(mensah, caseId);
  const { others, own } = await read(mensah, caseId);
  assert.deepEqual(own, emptyMarkup);
  assert.deepEqual(
    others.map(({ author, measurements }) => [author, measurements.map(({ trackingUid }) => trackingUid)]),
    [[solheim.displayName, [hers.measurements[0]?.trackingUid]]],
  );
  const taken = { ...lengthOn(made), author: "Dr Nobody" };
  await save(mensah, caseId, token, 0, {
    measurements: [...(others[0]?.measurements ?? []), taken],
    presentations: [],
  });
  assert.deepEqual(
    (await read(mensah, caseId)).own.measurements.map(({ author }) => author),
    [solheim.displayName, mensah.displayName],
  );
});

test("nothing is kept without the claim, and the hospital sees nothing of it", async () => {
  const made = await makeUnreadCase(db.owner);
  const { caseId } = made;
  await assert.rejects(save(solheim, caseId, "1", 0, drawn(made)), refusedWith("case.not-claimed"));
  const token = await claim(solheim, caseId);
  await save(solheim, caseId, token, 0, drawn(made));
  await lapseClaim(db.owner, caseId);
  await claim(mensah, caseId);
  await assert.rejects(save(solheim, caseId, token, 1, drawn(made)), refusedWith("case.claim-expired"));
  await assert.rejects(read(tech, caseId), refusedWith("auth.forbidden"));
});

test("nothing is drawn on another patient's image, nor on a prior whose patient is in doubt; on the same patient's it is", async () => {
  const patient = { patientId: "MK-1", patientName: "Rivers^Alder", patientBirthDate: "19610203", patientSex: "M" };
  const prior = await makeUnreadCase(db.owner, { ...patient, studyDate: "20240302" });
  const doubtful = await makeUnreadCase(db.owner, {
    ...patient,
    patientName: "Stone^Mara",
    patientSex: "F",
    studyDate: "20240401",
  });
  const stranger = await makeUnreadCase(db.owner, { patientId: "MK-2" });
  const made = await makeUnreadCase(db.owner, { ...patient, studyDate: "20261120" });
  const { caseId } = made;
  const token = await claim(solheim, caseId);
  for (const [other, whose] of [
    [stranger, "a stranger"],
    [doubtful, "in doubt"],
  ] as const)
    await assert.rejects(save(solheim, caseId, token, 0, drawn(other)), refusedWith("instance.not-found"), whose);
  const mixed = lengthOn(made, {
    where: {
      space: "image",
      image: { ...imageIn(made), sopInstanceUid: stranger.sopInstanceUids[0] ?? "" },
      frameOfReferenceUid: null,
      points: [
        [1, 1],
        [2, 2],
      ],
    },
  });
  await assert.rejects(
    save(solheim, caseId, token, 0, { ...emptyMarkup, measurements: [mixed] }),
    refusedWith("instance.not-found"),
  );
  assert.equal((await save(solheim, caseId, token, 0, drawn(prior))).version, 1);
});

test("a measurement whose image has been set aside says so, and stays", async () => {
  const made = await makeUnreadCase(db.owner);
  const { caseId } = made;
  const token = await claim(solheim, caseId);
  await save(solheim, caseId, token, 0, drawn(made));
  await db.owner.query("UPDATE instance SET status = 'quarantined' WHERE sop_instance_uid = $1", [
    made.sopInstanceUids[0],
  ]);
  const { own, gone, version } = await read(solheim, caseId);
  assert.deepEqual([own.measurements.length, gone], [1, [made.sopInstanceUids[0]]]);
  assert.equal((await save(solheim, caseId, token, version, own)).version, 2);
});

test("what a later release wrote harms nobody's list", async () => {
  const made = await makeUnreadCase(db.owner);
  const { caseId } = made;
  await save(solheim, caseId, await claim(solheim, caseId), 0, drawn(made));
  await db.owner.query(`UPDATE case_markup SET document = '{"shapes": []}' WHERE case_id = $1`, [caseId]);
  assert.deepEqual((await read(solheim, caseId)).own, emptyMarkup);
});
