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
  if (folder) archive = await useTestArchive();
});
after(() => archive?.close());

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

type Sent = { file: RealFile; bytes: Buffer; reasons: number[]; warned: boolean; uid: string | undefined };
let sent: Sent[] | undefined;
/** Sends every file once, a request each. */
async function sendAll(): Promise<Sent[]> {
  if (sent) return sent;
  const all: Sent[] = [];
  for (const file of realFiles(folder as string)) {
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
  }
  sent = all;
  return all;
}

/** Files whose refusal is the right answer, by what README.md of the data set says of them. */
const refused = new Set([
  "dicom/edge-cases/no_meta.dcm",
  "dicom/edge-cases/ExplVR_LitEndNoMeta.dcm",
  "dicom/edge-cases/MR_truncated.dcm",
  "dicom/edge-cases/rtplan_truncated.dcm",
  "dicom/edge-cases/meta_missing_tsyntax.dcm",
  "dicom/edge-cases/nested_priv_SQ.dcm",
  "dicom/edge-cases/priv_SQ.dcm",
  "dicom/edge-cases/UN_sequence.dcm",
  "dicom/rt/small/rtstruct.dcm",
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
