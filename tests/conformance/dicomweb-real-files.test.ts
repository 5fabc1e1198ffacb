import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { type DicomJson, numberOf, stringOf } from "@overread/shared/dicom/dicom-json";
import { dataSetOf, type TestArchive, useTestArchive } from "../archive.ts";
import { noRealData, type RealFile, realBytes, realData, realFiles } from "../real-data.ts";

const folder = realData();
const options = { skip: folder ? false : noRealData };
let archive: TestArchive;
before(async () => {
  archive = await useTestArchive();
});
after(() => archive.close());

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

type Sent = { file: RealFile; bytes: Buffer; reasons: number[]; warned: boolean; uid: string | undefined };
let sent: Sent[] | undefined;
/** Sends every file once, a request each. */
async function sendAll(): Promise<Sent[]> {
  if (sent) return sent;
  const all: Sent[] = [];
  const waiting = realFiles(folder as string);
  const send = async (file: RealFile): Promise<void> => {
    const bytes = realBytes(folder as string, file);
    const { status, failed, stored } = await archive.stow([bytes]);
    assert.ok(status < 500, `${file.path}: ${status}`);
    all.push({
      file,
      bytes,
      reasons: failed.map((item) => numberOf(item, "00081197") as number),
      warned: stored.some((item) => "00081196" in item),
      uid: stored[0] && stringOf(stored[0], "00081155"),
    });
  };
  const sender = async (): Promise<void> => {
    for (let file = waiting.shift(); file; file = waiting.shift()) await send(file);
  };
  await Promise.all([sender(), sender(), sender(), sender()]);
  sent = all;
  return all;
}

/** Files whose refusal is the right answer, by what README.md of the data set says of them. */
const refused = new Set([
  "dicom/edge-cases/no_meta.dcm",
  "dicom/edge-cases/MR_truncated.dcm",
  "dicom/edge-cases/rtplan_truncated.dcm",
  "dicom/edge-cases/meta_missing_tsyntax.dcm",
  "dicom/edge-cases/nested_priv_SQ.dcm",
  "dicom/edge-cases/priv_SQ.dcm",
  "dicom/edge-cases/UN_sequence.dcm",
  // Without SOP, study or series UID there is no place for an instance in any archive.
  "dicom/charset/chrSQEncoding.dcm",
  "dicom/charset/chrSQEncoding1.dcm",
  "dicom/hp/NeurosurgeryPlan.dcm",
  "dicom/transfer-syntaxes/HTJ2KLossless_08_RGB.dcm",
  // A directory of a medium, not an image.
  "dicom/media-fileset/DICOMDIR",
]);

test(
  "every real file that opens is stored, and every other one is refused with a reason",
  options,
  async (t: TestContext) => {
    const all = await sendAll();
    const wronglyRefused = all.filter(({ file, reasons }) => reasons.length > 0 && !refused.has(file.path));
    assert.deepEqual(
      wronglyRefused.map(({ file, reasons }) => `${file.path} ${reasons[0]?.toString(16)}`),
      [],
    );
    t.diagnostic(
      `${all.length} files, ${all.filter(({ reasons }) => reasons.length > 0).length} refused, ${all.filter(({ warned }) => warned).length} quarantined`,
    );
  },
);

test(
  "every patient of the character set files is found by each writing of the name",
  options,
  async (t: TestContext) => {
    let names = 0;
    for (const { file, reasons, uid } of await sendAll()) {
      if (!file.path.startsWith("dicom/charset/") || reasons.length > 0) continue;
      const [instance] = (await (await archive.request(`/instances?SOPInstanceUID=${uid}`)).json()) as DicomJson[];
      const study = stringOf(instance as DicomJson, "0020000D");
      const name = (instance as DicomJson)["00100010"]?.Value?.[0] as Record<string, string> | undefined;
      for (const writing of Object.values(name ?? {})) {
        assert.ok(!writing.includes("\ufffd"), `${file.path}: ${writing}`);
        for (const query of [
          `PatientName=${encodeURIComponent(writing)}`,
          `PatientName=${encodeURIComponent(writing)}&fuzzymatching=true`,
        ]) {
          const response = await archive.request(`/studies?${query}`);
          assert.equal(response.status, 200, `${file.path}: ${query}`);
          const found = ((await response.json()) as DicomJson[]).map((item) => stringOf(item, "0020000D"));
          assert.ok(found.includes(study), `${file.path}: ${writing}`);
        }
        names++;
      }
    }
    t.diagnostic(`${names} writings`);
    assert.ok(names > 20);
  },
);

test("frames of native images are their bytes", options, async (t: TestContext) => {
  let checked = 0;
  for (const { file, bytes, reasons, warned, uid } of await sendAll()) {
    if (
      reasons.length > 0 ||
      warned ||
      !["1.2.840.10008.1.2", "1.2.840.10008.1.2.1"].includes(file.transferSyntaxUID ?? "")
    )
      continue;
    const [instance] = (await (
      await archive.request(`/instances?SOPInstanceUID=${uid}&includefield=00280002`)
    ).json()) as DicomJson[];
    if (!instance || !file.rows || !file.columns || checked > 60) continue;
    const path = `/studies/${stringOf(instance, "0020000D")}/series/${stringOf(instance, "0020000E")}/instances/${uid}`;
    const response = await archive.request(`${path}/frames/1`, { headers: { accept: "application/octet-stream" } });
    if (response.status === 404) continue;
    assert.equal(response.status, 200, file.path);
    const frame = Buffer.from(await response.arrayBuffer());
    const allocated = numberOf(instance, "00280100") ?? 16;
    const samples = numberOf(instance, "00280002") ?? 1;
    assert.equal(frame.length, Math.ceil((file.rows * file.columns * samples * allocated) / 8), file.path);
    assert.ok(bytes.includes(frame), file.path);
    checked++;
  }
  t.diagnostic(`${checked} frames`);
  assert.ok(checked > 40);
});

test("every stored data set comes back byte for byte", options, async () => {
  for (const { file, bytes, reasons, warned, uid } of await sendAll()) {
    if (reasons.length > 0) continue;
    const wanted = sha256(dataSetOf(bytes));
    const { rows } = await archive.owner.query<{ object_key: string; status: string; study: string; series: string }>(
      `SELECT i.object_key, i.status, st.study_instance_uid AS study, se.series_instance_uid AS series FROM instance i
       JOIN study st ON st.id = i.study_ref JOIN series se ON se.id = i.series_ref WHERE i.sop_instance_uid = $1 AND i.data_set_sha256 = $2`,
      [uid, wanted],
    );
    const row = rows[0];
    assert.ok(row, `${file.path}: not in the index`);
    if (warned) {
      assert.equal(row.status, "quarantined", file.path);
      const kept = readFileSync(path.join(archive.storage, "objects", row.object_key));
      assert.equal(sha256(dataSetOf(kept)), wanted, file.path);
      continue;
    }
    const response = await archive.request(`/studies/${row.study}/series/${row.series}/instances/${uid}`, {
      headers: { accept: "application/dicom; transfer-syntax=*" },
    });
    assert.equal(response.status, 200, file.path);
    assert.equal(sha256(dataSetOf(Buffer.from(await response.arrayBuffer()))), wanted, file.path);
  }
});
