import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { numberOf, personNameOf, sequenceOf, stringOf } from "@overread/shared/dicom/dicom-json";
import { readDataSet, readInstance } from "@overread/shared/dicom/part10";
import { DomainError, type ErrorCode } from "@overread/shared/errors";
import { noRealData, realBytes, realData, realFiles } from "#tests/real-data.ts";

const data = realData();
const skip = data ? false : noRealData;
const folder = mkdtempSync(join(tmpdir(), "overread-real-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Files that cannot become an instance of a study, and what is said of them. */
const refusals: Readonly<Record<string, ErrorCode>> = {
  "dicom/edge-cases/no_meta.dcm": "dicom.not-part10",
  "dicom/edge-cases/MR_truncated.dcm": "dicom.truncated",
  "dicom/edge-cases/rtplan_truncated.dcm": "dicom.truncated",
  "dicom/edge-cases/meta_missing_tsyntax.dcm": "dicom.malformed",
  // Whole, but without the UIDs that name an instance: fragments, a directory, and an object outside any study.
  "dicom/edge-cases/nested_priv_SQ.dcm": "dicom.missing-attribute",
  "dicom/edge-cases/priv_SQ.dcm": "dicom.missing-attribute",
  "dicom/edge-cases/UN_sequence.dcm": "dicom.missing-attribute",
  "dicom/charset/chrSQEncoding.dcm": "dicom.missing-attribute",
  "dicom/charset/chrSQEncoding1.dcm": "dicom.missing-attribute",
  "dicom/media-fileset/DICOMDIR": "dicom.missing-attribute",
  "dicom/hp/NeurosurgeryPlan.dcm": "dicom.missing-attribute",
  "dicom/transfer-syntaxes/HTJ2KLossless_08_RGB.dcm": "dicom.missing-attribute",
};

function onDisk(path: string): string {
  const target = join(folder, "file.dcm");
  writeFileSync(target, realBytes(data as string, { path }));
  return target;
}

test("every real file reads as its manifest says", { skip }, async () => {
  for (const file of realFiles(data as string)) {
    if (refusals[file.path]) continue;
    const header = await readInstance({ path: onDisk(file.path) }).catch((error: unknown) => {
      throw new Error(`${file.path}: ${String(error)}`, { cause: error });
    });
    const { dataset, pixel } = header;
    const frames = pixel?.kind === "encapsulated" ? pixel.frames.length : pixel?.frames;
    assert.deepEqual(
      {
        sopClassUID: header.sopClassUid,
        transferSyntaxUID: header.transferSyntaxUid,
        studyInstanceUID: header.studyInstanceUid,
        seriesInstanceUID: header.seriesInstanceUid,
        sopInstanceUID: header.sopInstanceUid,
        rows: numberOf(dataset, "Rows") ?? null,
        columns: numberOf(dataset, "Columns") ?? null,
        frames: file.frames === null || !pixel ? file.frames : frames,
        modality: stringOf(dataset, "Modality") ?? null,
        patientID: stringOf(dataset, "PatientID") ?? null,
        studyDate: stringOf(dataset, "StudyDate") ?? null,
        specificCharacterSet: header.characterSets.join("\\") || null,
      },
      {
        sopClassUID: file.sopClassUID,
        // Without group 0002 the syntax is what the bytes look like.
        transferSyntaxUID: file.transferSyntaxUID ?? header.transferSyntaxUid,
        studyInstanceUID: file.studyInstanceUID,
        seriesInstanceUID: file.seriesInstanceUID,
        sopInstanceUID: file.sopInstanceUID,
        rows: file.rows,
        columns: file.columns,
        frames: file.frames,
        modality: file.modality,
        patientID: file.patientID,
        studyDate: file.studyDate,
        specificCharacterSet: file.specificCharacterSet,
      },
      file.path,
    );
  }
});

test("files that are broken or name no instance are refused with the reason", { skip }, async () => {
  for (const [path, code] of Object.entries(refusals)) {
    const refused = (error: unknown): boolean => error instanceof DomainError && error.code === code;
    await assert.rejects(readInstance({ path: onDisk(path) }), refused, path);
  }
});

test("the names of all character-set files are the names of their patients", { skip }, async () => {
  const japanese = { alphabetic: "Yamada^Tarou", ideographic: "山田^太郎", phonetic: "やまだ^たろう" };
  const names: Record<string, ReturnType<typeof personNameOf>> = {
    chrArab: { alphabetic: "قباني^لنزار" },
    chrFren: { alphabetic: "Buc^Jérôme" },
    chrFrenMulti: { alphabetic: "Buc^Jérôme" },
    chrGerm: { alphabetic: "Äneas^Rüdiger" },
    chrGreek: { alphabetic: "Διονυσιος" },
    chrH31: japanese,
    chrH32: { ...japanese, alphabetic: "ﾔﾏﾀﾞ^ﾀﾛｳ" },
    chrHbrw: { alphabetic: "שרון^דבורה" },
    chrI2: { alphabetic: "Hong^Gildong", ideographic: "洪^吉洞", phonetic: "홍^길동" },
    chrJapMulti: { alphabetic: "やまだ^たろう" },
    chrJapMultiExplicitIR6: { alphabetic: "やまだ^たろう" },
    chrKoreanMulti: { alphabetic: "김희중" },
    chrRuss: { alphabetic: "Люкceмбypг" },
    chrX1: { alphabetic: "Wang^XiaoDong", ideographic: "王^小東" },
    chrX2: { alphabetic: "Wang^XiaoDong", ideographic: "王^小东" },
  };
  for (const [file, name] of Object.entries(names)) {
    const { dataset } = await readInstance({ path: onDisk(`dicom/charset/${file}.dcm`) });
    assert.deepEqual(personNameOf(dataset, "PatientName"), name, file);
  }
  for (const file of ["chrSQEncoding", "chrSQEncoding1"]) {
    const { dataset } = await dataSetOf(`dicom/charset/${file}.dcm`);
    const item = sequenceOf(dataset, "RequestedProcedureCodeSequence")[0] ?? {};
    assert.deepEqual(personNameOf(item, "PatientName"), names.chrH32, file);
  }
});

/** The data set of a file that is no instance, by the transfer syntax its meta group declares. */
async function dataSetOf(path: string): ReturnType<typeof readDataSet> {
  const bytes = realBytes(data as string, { path });
  const groupLength = bytes.readUInt32LE(140);
  const entry = realFiles(data as string).find((file) => file.path === path);
  return readDataSet({ path: onDisk(path) }, entry?.transferSyntaxUID ?? "1.2.840.10008.1.2.1", 144 + groupLength);
}

test("sequences of unknown VR and private sequences are read into their items", { skip }, async () => {
  const unknown = await dataSetOf("dicom/edge-cases/UN_sequence.dcm");
  const sequences = Object.values(unknown.dataset).filter(({ vr, Value }) => vr === "SQ" && (Value?.length ?? 0) > 0);
  assert.ok(sequences.length > 0);
  const nested = await dataSetOf("dicom/edge-cases/nested_priv_SQ.dcm");
  assert.match(JSON.stringify(nested.dataset), /"vr":"SQ","Value":\[\{.*"vr":"SQ","Value":\[\{/);
});

test("a CT slice's header is read in about a millisecond", { skip }, async () => {
  const path = onDisk("dicom/ct/small/CT_small.dcm");
  await readInstance({ path });
  const times: number[] = [];
  for (let round = 0; round < 100; round++) {
    const start = performance.now();
    await readInstance({ path });
    times.push(performance.now() - start);
  }
  // The best of many, since a busy machine says nothing about the reader.
  assert.ok(Math.min(...times) < 8, `${Math.min(...times)} ms`);
});
