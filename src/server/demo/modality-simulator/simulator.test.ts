import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { numberOf, numbersOf, personNameOf, stringOf } from "@overread/shared/dicom/dicom-json";
import { type DataSetHeader, readDataSet } from "@overread/shared/dicom/part10";
import { TS } from "@overread/shared/dicom/transfer-syntaxes";
import { nativeSyntaxes, part10Head } from "@overread/shared/dicom/write";
import { demoStudies, makeStudy, readBurnedInNumber, type SimulatedFile, studyKinds } from "./index.ts";

const small = { matrix: 64, slices: 3 };

async function headerOf(file: SimulatedFile): Promise<{ header: DataSetHeader; bytes: Buffer }> {
  const head = part10Head({ ...file, transferSyntaxUid: file.transferSyntaxUid });
  const bytes = file.part10.subarray(head.length);
  return { header: await readDataSet(bytes, file.transferSyntaxUid), bytes };
}

/** Stored 16-bit pixels of a native little endian file. */
async function pixelsOf(file: SimulatedFile): Promise<Uint16Array> {
  const { header, bytes } = await headerOf(file);
  assert.ok(header.pixel?.kind === "native");
  const { offset, length } = header.pixel;
  return new Uint16Array(Uint8Array.from(bytes.subarray(offset, offset + length)).buffer);
}

for (const kind of studyKinds) {
  test(`a ${kind} study is the same every time, and its prior is another study of the same patient`, async () => {
    const study = makeStudy(kind, { ...small, seed: "7" });
    const hash = (file: SimulatedFile): string => createHash("sha256").update(file.part10).digest("hex");
    const files = [...study.files()];
    assert.equal(files.length, study.instanceCount);
    assert.deepEqual(files.map(hash), [...makeStudy(kind, { ...small, seed: "7" }).files()].map(hash));
    const prior = makeStudy(kind, { ...small, seed: "7", prior: true });
    assert.notEqual(prior.studyInstanceUid, study.studyInstanceUid);
    assert.equal(prior.patient.id, study.patient.id);
    assert.equal(new Set(files.map(({ sopInstanceUid }) => sopInstanceUid)).size, files.length);
    for (const file of files) {
      const { header } = await headerOf(file);
      assert.equal(stringOf(header.dataset, "StudyInstanceUID"), study.studyInstanceUid);
      assert.equal(stringOf(header.dataset, "SOPInstanceUID"), file.sopInstanceUid);
      assert.ok((numberOf(header.dataset, "Rows") ?? 0) > 0);
    }
  });
}

test("slices of a CT lie evenly on one line, heads first, and carry their number in the picture", async () => {
  const study = makeStudy("chest-ct", { matrix: 128, slices: 5 });
  const heights: number[] = [];
  for (const [index, file] of [...study.files()].entries()) {
    const { header } = await headerOf(file);
    heights.push(numbersOf(header.dataset, "ImagePositionPatient")[2] ?? Number.NaN);
    assert.equal(numberOf(header.dataset, "InstanceNumber"), index + 1);
    const pixels = await pixelsOf(file);
    assert.equal(readBurnedInNumber(pixels, 128), index + 1);
    // As a screen shows it: eight bits through the mediastinal window.
    const shown = Uint8ClampedArray.from(pixels, (value) => ((value - 1024 - 40) / 400 + 0.5) * 255);
    assert.equal(readBurnedInNumber(shown, 128), index + 1);
  }
  assert.deepEqual(
    heights.slice(1).map((z, i) => Number(((heights[i] ?? 0) - z).toFixed(3))),
    [7, 7, 7, 7],
  );
});

test("a picture without a burned-in number has none", () => {
  assert.equal(readBurnedInNumber(new Uint8Array(64 * 64), 64), null);
  assert.equal(
    readBurnedInNumber(
      Uint8Array.from({ length: 4096 }, (_, i) => (i * 37) & 0xff),
      64,
    ),
    null,
  );
});

test("lung, blood, bone and air have the Hounsfield units of lung, blood, bone and air", async () => {
  const [file] = [...makeStudy("chest-ct", { matrix: 256, slices: 1 }).files()];
  assert.ok(file);
  const pixels = await pixelsOf(file);
  const hu = Array.from(pixels, (value) => value - 1024);
  const share = (low: number, high: number): number =>
    hu.filter((value) => value >= low && value < high).length / hu.length;
  assert.ok(share(-1030, -950) > 0.3, "air");
  assert.ok(share(-930, -780) > 0.1, "lung");
  assert.ok(share(0, 300) > 0.05, "soft tissue and contrast");
  assert.ok(share(350, 1200) > 0.005, "bone");
});

test("a thousand slices for a load test differ in number, position and noise", async () => {
  const files = makeStudy("chest-ct", { matrix: 64, slices: 1000, quick: true }).files();
  const seen = new Set<string>();
  let count = 0;
  for (const file of files) {
    count++;
    seen.add(createHash("sha256").update(file.part10).digest("hex"));
    if (count === 1000) assert.equal(readBurnedInNumber(await pixelsOf(file), 64), 1000);
  }
  assert.equal(seen.size, 1000);
});

test("the same study can be written in every native syntax and in RLE", async () => {
  const plain = [...makeStudy("head-ct", small).files()][0];
  assert.ok(plain);
  const expected = await pixelsOf(plain);
  for (const transferSyntaxUid of [...nativeSyntaxes, TS.rleLossless]) {
    const file = [...makeStudy("head-ct", { ...small, transferSyntaxUid }).files()][0];
    assert.ok(file);
    const { header, bytes } = await headerOf(file);
    assert.equal(numberOf(header.dataset, "Rows"), 64);
    if (header.pixel?.kind === "encapsulated") {
      const [offset, length] = header.pixel.frames[0]?.[0] ?? [0, 0];
      assert.deepEqual(unpackRle(bytes.subarray(offset, offset + length), 64 * 64), expected);
    } else assert.equal(header.pixel?.length, 64 * 64 * 2);
  }
});

/** A plain reading of PS3.5 Annex G, to check the encoder by. */
function unpackRle(frame: Buffer, samples: number): Uint16Array {
  const planes = [frame.readUInt32LE(4), frame.readUInt32LE(8)].map((start) => {
    const plane: number[] = [];
    for (let at = start; plane.length < samples; ) {
      const control = frame.readInt8(at++);
      if (control >= 0) for (let i = 0; i <= control; i++) plane.push(frame[at++] ?? 0);
      else if (control > -128) plane.push(...new Array<number>(1 - control).fill(frame[at++] ?? 0));
    }
    return plane;
  });
  return Uint16Array.from({ length: samples }, (_, i) => (planes[0]?.[i] ?? 0) * 256 + (planes[1]?.[i] ?? 0));
}

test("the demo shows eight scripts in their own character sets, one STAT study, a prior for everyone", async () => {
  const now = new Date("2026-04-01T10:00:00Z");
  const studies = demoStudies(now);
  const priors = studies.filter(({ isPrior }) => isPrior);
  const currents = studies.filter(({ isPrior }) => !isPrior);
  assert.deepEqual(
    priors.map(({ patient }) => patient.id),
    currents.map(({ patient }) => patient.id),
  );
  assert.equal(currents.filter(({ priority }) => priority === "STAT").length, 1);
  assert.deepEqual([...new Set(currents.map(({ kind }) => kind))].sort(), [...studyKinds].sort());
  const total = studies.reduce((sum, { instanceCount }) => sum + instanceCount, 0);
  assert.ok(total > 200 && total <= 280, String(total));
  const names: (string | undefined)[] = [];
  let others = 0;
  for (const { kind, patient } of currents) {
    const study = currents.find((candidate) => candidate.patient.id === patient.id);
    const first = study?.files().next().value as SimulatedFile;
    const { header } = await headerOf(first);
    const name = personNameOf(header.dataset, "PatientName");
    names.push(name?.ideographic ?? name?.alphabetic);
    if (stringOf(header.dataset, "ReferringPhysicianName") !== "Almeida^Rosa") others++;
    if (kind === "us-cine") assert.equal(name?.phonetic, "홍^길동");
  }
  assert.equal(others, 1);
  assert.deepEqual(names, [
    "Παπαδοπούλου^Ελένη",
    "Lindström^Åsa^Märta",
    "山田^太郎",
    "Соколова^Анна^Ивановна",
    "洪^吉洞",
    "לוי^נועה",
    "王^小东",
    "قباني^ليلى",
    "Nguyễn^Thị Minh",
  ]);
});
