import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { SOP } from "@overread/shared/dicom/sop-classes";
import { quantity, unit } from "@overread/shared/measurements/codes";
import type { Markup } from "@overread/shared/measurements/markup";
import { closePicturePool, ingestPart10 } from "#server/archive/index.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { makeStudy } from "#server/demo/modality-simulator/index.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { readWith } from "#server/domain/assignment/index.ts";
import { completeStudy } from "#server/domain/imaging/index.ts";
import { claimCase } from "#server/domain/reading/index.ts";
import { addAddendum, saveDraft, saveMarkup, signReport } from "#server/domain/reporting/index.ts";
import { createLog } from "#server/log.ts";
import { systemActor } from "#server/system-actor.ts";
import { storeDocuments } from "#workers/handlers/store-documents.ts";
import { facilityId, orgId, signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";
import { eventually, useTestRedis } from "../redis.ts";
import { run } from "../support/run.ts";

let db: Awaited<ReturnType<typeof useTestDatabase>>;
let redis: Awaited<ReturnType<typeof useTestRedis>>;
let dir: string;
let lakeside: string;
let reader: Awaited<ReturnType<typeof signedIn>>["actor"];
const log = createLog("worker", "error");

before(async () => {
  dir = mkdtempSync(path.join(tmpdir(), "overread-documents-"));
  process.env.OVERREAD_DATA_DIR = dir;
  db = await useTestDatabase();
  redis = await useTestRedis();
  await seedDemo({ password: "correct horse" });
  lakeside = await orgId("lakeside");
  reader = (await signedIn("radiologist@nightshift.example")).actor;
});
after(async () => {
  await closePicturePool();
  await redis.drop();
  await db.drop();
  rmSync(dir, { recursive: true, force: true });
});

type Row = Record<string, string | number | null>;
const rows = async (sql: string, values: unknown[]): Promise<Row[]> => (await db.owner.query<Row>(sql, values)).rows;

/** A study from the scanner to the worklist. */
async function arrived(seed: string, patientId = `LS-${seed}`) {
  const study = makeStudy("chest-ct", {
    seed,
    slices: 3,
    matrix: 128,
    patient: { name: "Yamada^Tarou=山田^太郎=やまだ^たろう", id: patientId, sex: "M", birthDate: "19610203" },
    accessionNumber: `A-${seed}`,
  });
  const files = [...study.files()];
  const edge = systemActor(lakeside, "test-edge");
  for (const { part10 } of files) {
    const result = await ingestPart10(edge, part10, { source: "test", facilityId: await facilityId("lakeside-main") });
    assert.equal(result.outcome, "stored");
  }
  const { studyInstanceUid } = study;
  await withTenant(edge, (ctx) => completeStudy(ctx, { studyInstanceUid, purpose: "read", instanceCount: 3 }));
  const [found] = await rows(
    `SELECT c.id AS "caseId", s.id AS "studyId" FROM reading_case c JOIN study s ON s.id = c.study_ref WHERE s.study_instance_uid = $1`,
    [studyInstanceUid],
  );
  return { caseId: found?.caseId as string, studyId: found?.studyId as string, studyInstanceUid, files };
}

/** A study from the scanner to the signature. */
async function signed(seed: string, withKeyImages: boolean) {
  const { caseId, studyId, files } = await arrived(seed);
  const { claimToken } = await withTenant(reader, (ctx) => claimCase(ctx, { caseId }));
  const keyImages = keyImagesOf(files.slice(0, withKeyImages ? 2 : 0));
  const sections = [
    { key: "findings", title: "Findings", text: "Solid nodule, 8 mm." },
    { key: "impression", title: "Impression", text: "Growing nodule." },
  ];
  const { version } = await withTenant(reader, (ctx) =>
    saveDraft(ctx, { caseId, claimToken, version: 0, sections, keyImages }),
  );
  const signature = await withTenant(reader, (ctx) => signReport(ctx, { caseId, claimToken, version }));
  return { caseId, studyId, images: files.map((file) => file.part10), ...signature };
}

type Files = Awaited<ReturnType<typeof arrived>>["files"];
const keyImagesOf = (files: Files) =>
  files.map((file, index) => ({
    seriesInstanceUid: file.seriesInstanceUid,
    sopInstanceUid: file.sopInstanceUid,
    sopClassUid: file.sopClassUid,
    frameNumber: 1,
    caption: `Nodule, view ${index + 1}`,
    windowCenter: -600,
    windowWidth: 1500,
  }));

/** Two studies of one patient, read together and signed as one report, with a key image of each. */
async function signedTogether(seed: string) {
  const [first, second] = [await arrived(`${seed}-1`, `LS-${seed}`), await arrived(`${seed}-2`, `LS-${seed}`)];
  const { caseId } = first;
  const held = await withTenant(reader, (ctx) => claimCase(ctx, { caseId }));
  const { claimToken } = await withTenant(reader, (ctx) =>
    readWith(ctx, { caseId, claimToken: held.claimToken, withIds: [second.caseId] }),
  );
  const sections = [{ key: "impression", title: "Impression", text: "Head and neck are unharmed." }];
  const keyImages = keyImagesOf([first.files[0] as Files[number], second.files[1] as Files[number]]);
  await withTenant(reader, (ctx) => saveDraft(ctx, { caseId, claimToken, version: 0, sections, keyImages }));
  await withTenant(reader, (ctx) => signReport(ctx, { caseId, claimToken, version: 1 }));
  return Promise.all(
    [first, second].map(async (each) => ({ ...each, reportVersionId: await newestVersion(each.caseId) })),
  );
}
const newestVersion = async (caseId: string) =>
  (await rows("SELECT id::text FROM report_version WHERE case_id = $1 ORDER BY version DESC LIMIT 1", [caseId]))[0]
    ?.id as string;

const objectsOf = (studyId: string) =>
  rows(
    `SELECT i.sop_instance_uid AS uid, i.sop_class_uid AS class, i.status::text, i.object_key AS key, s.modality
     FROM instance i JOIN series s ON s.id = i.series_ref WHERE i.study_ref = $1 AND i.source = 'report' ORDER BY s.series_number`,
    [studyId],
  );
const documentsOf = (reportVersionId: string) =>
  rows(
    "SELECT kind::text, sha256, object_key AS key FROM report_document WHERE report_version_id = $1 ORDER BY report_document.kind",
    [reportVersionId],
  );
const objectPath = (key: unknown) => path.join(dir, "objects", String(key));
const workerRun = () => ({
  actor: systemActor(lakeside, "worker"),
  requestId: "test",
  log,
  signal: new AbortController().signal,
});

test("a signed report becomes one PDF, one SR and one key object selection in the study, and goes home", async () => {
  const made = await signed("one", true);
  await storeDocuments(workerRun(), { reportVersionId: made.reportVersionId });

  const objects = await objectsOf(made.studyId);
  assert.deepEqual(
    objects.map(({ modality, status }) => [modality, status]),
    [
      ["DOC", "stored"],
      ["SR", "stored"],
      ["KO", "stored"],
    ],
  );
  const documents = await documentsOf(made.reportVersionId);
  assert.deepEqual(
    documents.map(({ kind }) => kind),
    ["pdf", "sr", "kos"],
  );
  const pdf = readFileSync(objectPath(documents[0]?.key));
  assert.equal(createHash("sha256").update(pdf).digest("hex"), documents[0]?.sha256);
  const deliveries = await rows(
    "SELECT state::text FROM delivery WHERE subject_id IN (SELECT instance_id FROM report_document WHERE report_version_id = $1)",
    [made.reportVersionId],
  );
  assert.equal(deliveries.length, 3);

  const images = made.images.map((part10, index) => {
    const target = path.join(dir, `image${index}.dcm`);
    writeFileSync(target, part10);
    return target;
  });
  for (const { key } of objects) {
    const verdict = await run("dciodvfy", [objectPath(key)]);
    assert.equal(verdict.code, 0, verdict.stderr);
  }
  const together = await run("dcentvfy", [...images, ...objects.map(({ key }) => objectPath(key))]);
  assert.equal(together.code, 0, together.stderr);
  const extracted = path.join(dir, "extracted.pdf");
  await run("dcm2pdf", [objectPath(objects[0]?.key), extracted]);
  assert.ok(readFileSync(extracted).equals(pdf), "the object holds the PDF byte for byte");
  const shown = (await run("pdftotext", ["-layout", path.join(dir, "extracted.pdf"), "-"])).stdout;
  for (const words of ["Growing nodule.", "山田 太郎", "Nodule, view 2", "Page 1 of"]) assert.ok(shown.includes(words));
  assert.doesNotMatch(shown, /Picture not available/);
  const pictures = (await run("pdfimages", ["-list", extracted])).stdout.match(/jpeg/g);
  assert.equal(pictures?.length, 2, "both key images are in the paper");

  const [state] = await rows(
    "SELECT c.state::text, s.number_of_instances AS n FROM reading_case c JOIN study s ON s.id = c.study_ref WHERE c.id = $1",
    [made.caseId],
  );
  assert.equal(state?.state, "final", "our own objects do not make the case arrive again");
});

test("what the signer has drawn goes with the final report as measurements and presentation, once, and both are judged good", async () => {
  const { caseId, studyId, studyInstanceUid, files } = await arrived("drawn");
  const { claimToken } = await withTenant(reader, (ctx) => claimCase(ctx, { caseId }));
  const [file] = files as [Files[number]];
  const { seriesInstanceUid, sopInstanceUid, sopClassUid } = file;
  const image = { studyInstanceUid, seriesInstanceUid, sopInstanceUid, sopClassUid, frameNumber: 1 };
  const measurement: Markup["measurements"][number] = {
    trackingUid: "2.25.4711",
    kind: "length",
    where: {
      space: "image",
      image,
      frameOfReferenceUid: null,
      points: [
        [10, 20],
        [40, 60],
      ],
    },
    closed: false,
    values: [{ quantity: quantity.length, value: 25, unit: unit.millimetre, reason: null }],
    label: "",
    finding: null,
    site: null,
    author: "",
    at: "2026-11-27T18:00:00.000Z",
  };
  const markup: Markup = {
    measurements: [measurement],
    presentations: [
      { image, window: { center: -600, width: 1500, shape: "LINEAR" }, windows: [], inverted: false, camera: null },
    ],
  };
  await withTenant(reader, (ctx) => saveMarkup(ctx, { caseId, claimToken, version: 0, markup }));
  const sections = [{ key: "impression", title: "Impression", text: "Nodule, 25 mm." }];
  await withTenant(reader, (ctx) => saveDraft(ctx, { caseId, claimToken, version: 0, sections }));
  const { reportVersionId } = await withTenant(reader, (ctx) => signReport(ctx, { caseId, claimToken, version: 1 }));
  await storeDocuments(workerRun(), { reportVersionId });
  const objects = await objectsOf(studyId);
  await storeDocuments(workerRun(), { reportVersionId });
  assert.deepEqual(await objectsOf(studyId), objects);
  assert.deepEqual(
    (await documentsOf(reportVersionId)).map(({ kind }) => kind),
    ["pdf", "sr", "measurements", "presentation"],
  );
  const drawn = objects.filter(
    ({ class: sopClass }) => sopClass === SOP.enhancedSr || sopClass === SOP.grayscalePresentationState,
  );
  assert.equal(drawn.length, 2);
  for (const { key } of drawn) {
    const { stdout, stderr } = await run("dciodvfy", [objectPath(key)]);
    assert.doesNotMatch(stdout + stderr, /^Error/m);
  }
  const { stdout } = await run("dsrdump", ["+Pl", objectPath(drawn.find(({ modality }) => modality === "SR")?.key)]);
  assert.match(stdout, /"Length"\)="25" \(mm,UCUM,"millimeter"\)/);
  const [{ text }] = (await rows("SELECT canonical_text AS text FROM report_version WHERE id = $1", [
    reportVersionId,
  ])) as [{ text: string }];
  assert.match(text, /"trackingUid": "2\.25\.4711"/, "the signature covers it");
  const deliveries = await rows(
    "SELECT state::text FROM delivery WHERE subject_id IN (SELECT instance_id FROM report_document WHERE report_version_id = $1)",
    [reportVersionId],
  );
  assert.equal(deliveries.length, 4);
});

test("doing it again, twice at once, adds nothing", async () => {
  const made = await signed("again", false);
  const { reportVersionId } = made;
  const attempts = await Promise.allSettled([
    storeDocuments(workerRun(), { reportVersionId }),
    storeDocuments(workerRun(), { reportVersionId }),
  ]);
  assert.ok(attempts.some(({ status }) => status === "fulfilled"));
  await storeDocuments(workerRun(), { reportVersionId });
  const before = await objectsOf(made.studyId);
  await storeDocuments(workerRun(), { reportVersionId });
  assert.deepEqual(await objectsOf(made.studyId), before);
  assert.equal(before.length, 2, "no key images, no key object selection");
  assert.ok(before.every(({ status }) => status === "stored"));
  assert.equal((await documentsOf(reportVersionId)).length, 2);
});

test("images that are damaged by then hold back no report", async () => {
  const { studyId, reportVersionId } = await signed("damaged", true);
  const [first, second] = await rows(
    "SELECT object_key AS key FROM instance WHERE study_ref = $1 AND source <> 'report' ORDER BY instance_number",
    [studyId],
  );
  rmSync(objectPath(first?.key));
  // Half a header: not even its character set can be read.
  writeFileSync(objectPath(second?.key), readFileSync(objectPath(second?.key)).subarray(0, 180));
  await storeDocuments(workerRun(), { reportVersionId });
  assert.deepEqual(
    (await documentsOf(reportVersionId)).map(({ kind }) => kind),
    ["pdf", "sr", "kos"],
  );
});

test("an addendum makes new objects that follow the first ones", async () => {
  const made = await signed("addendum", false);
  await storeDocuments(workerRun(), { reportVersionId: made.reportVersionId });
  const added = await withTenant(reader, (ctx) =>
    addAddendum(ctx, { caseId: made.caseId, text: "Discussed by telephone." }),
  );
  await storeDocuments(workerRun(), { reportVersionId: added.reportVersionId });
  const objects = await objectsOf(made.studyId);
  assert.equal(objects.length, 4);
  const [document] = await documentsOf(added.reportVersionId);
  const shown = (await run("pdftotext", ["-layout", objectPath(document?.key), "-"])).stdout;
  assert.match(shown, /Growing nodule\.[\s\S]*Addendum 1[\s\S]*Discussed by telephone\./);
  const first = objects.find(({ modality }) => modality === "SR")?.uid;
  const dumps = await Promise.all(
    objects
      .filter(({ modality }) => modality === "SR")
      .map(({ key }) => run("dcmdump", ["+P", "0040,a360", objectPath(key)])),
  );
  assert.ok(first && dumps.some(({ stdout }) => stdout.includes("PredecessorDocumentsSequence")));
});

test("one report of two studies is stored in each, as objects of its own that name each other, and goes home with each", async () => {
  const made = await signedTogether("pair");
  for (const { reportVersionId } of made) await storeDocuments(workerRun(), { reportVersionId });
  const stored = await Promise.all(made.map(({ studyId }) => objectsOf(studyId)));
  const uids = stored.map((objects) => objects.map(({ uid }) => String(uid)));
  assert.equal(new Set(uids.flat()).size, 6, "PDF, SR and key objects of each");
  for (const [index, { files, studyInstanceUid, reportVersionId }] of made.entries()) {
    const other = made[1 - index] as (typeof made)[number];
    const [pdf, sr, kos] = (stored[index] ?? []).map(({ key }) => objectPath(key)) as [string, string, string];
    for (const object of [pdf, sr, kos]) {
      const verdict = await run("dciodvfy", [object]);
      assert.equal(verdict.code, 0, verdict.stderr);
      assert.doesNotMatch(verdict.stderr + verdict.stdout, /^Error/m, verdict.stderr);
    }
    const images = files.map(({ part10 }, at) => {
      const target = path.join(dir, `pair${index}-${at}.dcm`);
      writeFileSync(target, part10);
      return target;
    });
    const entity = await run("dcentvfy", [...images, pdf, sr, kos]);
    assert.equal(entity.code, 0, entity.stderr);

    // Filed under its own study and number, and naming what was asked for, what was read and its duplicate in the other.
    for (const [object, at] of [
      [sr, 1],
      [kos, 2],
    ] as const) {
      const dump = async (tag: string) => (await run("dcmdump", ["-q", "+P", tag, object])).stdout;
      assert.match(await dump("0020,000d"), new RegExp(`\\[${studyInstanceUid}\\]`));
      const identical = await dump("0040,a525");
      assert.ok(identical.includes(`[${other.studyInstanceUid}]`) && identical.includes(`[${uids[1 - index]?.[at]}]`));
      assert.ok(!identical.includes(`[${studyInstanceUid}]`));
      const requests = await dump("0040,a370");
      for (const each of ["A-pair-1", "A-pair-2", ...made.map((one) => one.studyInstanceUid)])
        assert.ok(requests.includes(`[${each}`), `${each} in ${requests}`);
      const evidence = await dump("0040,a375");
      for (const each of made) assert.ok(evidence.includes(`[${each.studyInstanceUid}]`));
      if (object === sr)
        for (const image of made.flatMap((each) => each.files)) assert.ok(evidence.includes(image.sopInstanceUid));
    }
    const tree = (await run("dsrdump", ["+Pl", sr])).stdout;
    assert.match(tree, /A-pair-1[\s\S]*A-pair-2/);
    const [document] = await documentsOf(reportVersionId);
    const shown = (await run("pdftotext", ["-layout", objectPath(document?.key), "-"])).stdout;
    assert.match(shown, /Examinations[\s\S]*A-pair-1[\s\S]*A-pair-2[\s\S]*Head and neck are unharmed/);
    assert.match(shown, /Nodule, view 1[\s\S]*Nodule, view 2|Nodule, view 2/);
    assert.doesNotMatch(shown, /Picture not available/);
    const deliveries = await rows(
      "SELECT 1 FROM delivery WHERE subject_id IN (SELECT instance_id FROM report_document WHERE report_version_id = $1)",
      [reportVersionId],
    );
    assert.equal(deliveries.length, 3);
  }

  // An addendum to one follows in both, each after its own.
  await withTenant(reader, (ctx) => addAddendum(ctx, { caseId: made[1]!.caseId, text: "Told by telephone." }));
  for (const [index, { caseId, studyId }] of made.entries()) {
    await storeDocuments(workerRun(), { reportVersionId: await newestVersion(caseId) });
    const newest = (await objectsOf(studyId)).filter(({ uid }) => !uids[index]?.includes(String(uid)));
    const sr = newest.find(({ modality }) => modality === "SR");
    const verdict = await run("dciodvfy", [objectPath(sr?.key)]);
    assert.equal(verdict.code, 0, verdict.stderr);
    const before = (await run("dcmdump", ["-q", "+P", "0040,a360", objectPath(sr?.key)])).stdout;
    assert.ok(before.includes(`[${uids[index]?.[1]}]`));
  }
});

test("a worker killed again and again leaves exactly one of each document", async () => {
  const alone = await Promise.all([signed("kill-a", true), signed("kill-b", false), signed("kill-c", true)]);
  const made = [...alone, ...(await signedTogether("kill-d"))];
  const start = (): ChildProcess =>
    spawn(process.execPath, ["src/workers/main.ts"], {
      stdio: "ignore",
      env: { ...process.env, OVERREAD_LOG_LEVEL: "error" },
    });
  const open = async () =>
    (
      await rows(
        "SELECT count(*)::int AS n FROM outbox_job WHERE done_at IS NULL AND failed_at IS NULL AND run_at <= now()",
        [],
      )
    )[0]?.n as number;
  const count = async (sql: string) => (await rows(sql, []))[0]?.n as number;
  const of = `v.case_id IN (${made.map(({ caseId }) => `'${caseId}'`).join(", ")})`;
  const uids = "v.pdf_sop_instance_uid, v.sr_sop_instance_uid, v.kos_sop_instance_uid";
  const inArchive = () =>
    count(
      `SELECT count(*)::int AS n FROM instance i JOIN report_version v ON i.sop_instance_uid IN (${uids}) WHERE ${of}`,
    );
  const noted = () =>
    count(
      `SELECT count(*)::int AS n FROM report_document d JOIN report_version v ON v.id = d.report_version_id WHERE ${of}`,
    );
  const carried = () => count("SELECT count(*)::int AS n FROM outbox_job WHERE relayed_at IS NOT NULL");
  let worker = start();
  try {
    // Each one dies a little further on: with the jobs just taken, with one object stored, with more, with the first ones noted.
    for (const [moment, come] of [
      ["jobs are taken", async () => (await carried()) > 0],
      ["an object is in the archive", async () => (await inArchive()) >= 1],
      ["objects of another report are in the archive", async () => (await inArchive()) >= 4],
      ["documents are noted", async () => (await noted()) >= 1],
    ] as const) {
      await eventually(async () => (await open()) === 0 || (await come()), moment);
      const ended = new Promise((resolve) => worker.once("exit", resolve));
      worker.kill("SIGKILL");
      await ended;
      worker = start();
    }
    await eventually(async () => (await open()) === 0, "every job done");
  } finally {
    const ended = new Promise((resolve) => worker.once("exit", resolve));
    worker.kill("SIGTERM");
    await ended;
  }
  assert.equal(worker.exitCode, 0, "it stops cleanly when asked");
  const failed = await rows("SELECT name, last_error FROM outbox_job WHERE failed_at IS NOT NULL", []);
  assert.deepEqual(failed, []);
  for (const { studyId, reportVersionId } of made) {
    const objects = await objectsOf(studyId);
    const documents = await documentsOf(reportVersionId);
    assert.equal(objects.length, documents.length);
    assert.equal(new Set(objects.map(({ modality }) => modality)).size, objects.length, "one of each");
    assert.ok(
      objects.every(({ status }) => status === "stored"),
      "none quarantined",
    );
  }
  const names = await rows("SELECT DISTINCT name FROM outbox_job WHERE done_at IS NOT NULL ORDER BY name", []);
  assert.deepEqual(
    names.map(({ name }) => name),
    ["assignment.run", "case.attach-priors", "report.store-documents", "study.make-renditions"],
    "small studies leave no other job on the way but the look at who reads next, at the other study of the same patient, and at renditions",
  );
});
