import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import type { DicomElement, DicomJson } from "@overread/shared/dicom/dicom-json";
import { encodeJpeg } from "#server/archive/picture/encode.ts";
import { identityFrom, omittedIdentityTags } from "#server/documents/dicom-modules.ts";
import { identityOf, signedReport, uidsOf } from "../factories/signed-report.ts";
import { judge, written } from "../support/judge-report.ts";
import { run } from "../support/run.ts";

/** What images bring along is copied into our objects only where it is valid there; what is not, is said. */
let dir: string;
before(() => {
  dir = mkdtempSync(path.join(tmpdir(), "overread-identity-"));
});
after(() => rmSync(dir, { recursive: true, force: true }));

const triple = (value: string, scheme: string, meaning: string): DicomJson => ({
  "00080100": { vr: "SH", Value: [value] },
  "00080102": { vr: "SH", Value: [scheme] },
  "00080104": { vr: "LO", Value: [meaning] },
});
const codes = (...items: DicomJson[]): DicomElement => ({ vr: "SQ", Value: items });
const good = triple("P5-09051", "SRT", "Helical CT");
const issuer = (type: string): DicomElement => ({
  vr: "SQ",
  Value: [{ "00400032": { vr: "UT", Value: ["1.2.3"] }, "00400033": { vr: "CS", Value: [type] } }],
});

const wrong: [what: string, tag: string, element: DicomElement, kept?: DicomElement][] = [
  ["a scheme of 21 characters", "00081032", codes(triple("CT1", "99LAKESIDE_PROTOCOLS_", "CT chest"))],
  ["a code of 20 characters", "00081032", codes(triple("01234567890123456789", "99L", "CT chest"))],
  ["a meaning of 80 characters", "00081032", codes(triple("CT1", "99L", "x".repeat(80)))],
  [
    "a code without meaning",
    "00081032",
    codes({ "00080100": { vr: "SH", Value: ["CT1"] }, "00080102": { vr: "SH", Value: ["99L"] } }),
  ],
  [
    "a code without scheme",
    "00081032",
    codes({ "00080100": { vr: "SH", Value: ["CT1"] }, "00080104": { vr: "LO", Value: ["CT"] } }),
  ],
  ["an empty code", "00081032", codes({})],
  ["a code with two values", "00081032", codes({ ...good, "00080119": { vr: "UC", Value: ["long"] } })],
  ["one wrong code beside a right one", "00081032", codes(triple("CT1", "x".repeat(17), "CT"), good), codes(good)],
  ["a wrong code deep in a right one", "00081032", codes({ ...good, "00080121": codes(triple("", "", "")) })],
  ["a code sequence that is text", "00081032", { vr: "LO", Value: ["CT chest"] }],
  ["a date with points", "00080020", { vr: "DA", Value: ["2026.11.20"] }],
  ["a day that no month has", "00100030", { vr: "DA", Value: ["19680231"] }],
  ["a time with colons", "00080030", { vr: "TM", Value: ["21:45:03"] }],
  ["a 25th hour", "00100032", { vr: "TM", Value: ["250000"] }],
  ["two study times", "00080030", { vr: "TM", Value: ["214503", "214504"] }],
  ["a sex in words", "00100040", { vr: "CS", Value: ["female"] }],
  ["a sex that is no defined one", "00100040", { vr: "CS", Value: ["W"] }],
  ["an age without unit", "00101010", { vr: "AS", Value: ["58"] }],
  ["a weight with a comma", "00101030", { vr: "DS", Value: ["75,5"] }],
  ["a size of 20 digits", "00101020", { vr: "DS", Value: ["1.700000000000000001"] }],
  ["an accession number of 20 characters", "00080050", { vr: "SH", Value: ["A".repeat(20)] }],
  ["a study ID with a control character", "00200010", { vr: "SH", Value: ["S\u00021"] }],
  ["a description of 70 characters", "00081030", { vr: "LO", Value: ["d".repeat(70)] }],
  ["a referring physician of 70 characters", "00080090", { vr: "PN", Value: [{ Alphabetic: "x".repeat(70) }] }],
  ["a physician of six components", "00081060", { vr: "PN", Value: [{ Alphabetic: "a^b^c^d^e^f" }] }],
  ["an issuer of another VR", "00100021", { vr: "UN", InlineBinary: "QQ==" }],
  ["an issuer's qualifier of an unknown type", "00100024", issuer("LOCAL")],
  ["an issuer of the accession number of an unknown type", "00080051", issuer("hospital")],
];

test("no value of an image that breaks its VR or is no code gets into our objects, and its tag is told", async () => {
  const { patient, study } = signedReport();
  for (const [at, [what, tag, element, kept]] of wrong.entries()) {
    const image = { ...identityOf(patient, study), [tag]: element };
    const identity = identityFrom(image);
    assert.deepEqual(identity[tag]?.Value, kept?.Value, what);
    assert.deepEqual(omittedIdentityTags(image), element.Value ? [tag] : [], what);
    // Each of them is judged by its sort; the judges take a second each, so the wrong values are also taken together below.
    if (at % 9 !== 0) continue;
    const report = signedReport({ identity, uids: uidsOf(what) });
    await judge(await written(dir, `wrong${at}`, report), report);
  }
  const image = { ...identityOf(patient, study) };
  for (const [, tag, element] of wrong) image[tag] = element;
  const report = signedReport({ identity: identityFrom(image), uids: uidsOf("all wrong") });
  await judge(await written(dir, "all-wrong", report), report);
});

test("valid values are copied as they are", async () => {
  const { patient, study } = signedReport();
  const image: DicomJson = {
    ...identityOf(patient, study),
    "00081032": codes(good, { ...good, "00080103": { vr: "SH", Value: ["2024"] } }),
    "00081048": { vr: "PN", Value: [{ Alphabetic: "Berg^Ola" }, { Alphabetic: "Lund^Eva" }] },
    "00080051": issuer("ISO"),
    "00100024": issuer("DNS"),
    "00100032": { vr: "TM", Value: ["0730"] },
    "00101001": { vr: "PN", Value: [{ Alphabetic: "Berg^I" }, { Alphabetic: "Ås^Ingrid" }] },
    "00101010": { vr: "AS", Value: ["058Y"] },
    "00101020": { vr: "DS", Value: [1.7] },
    "00101030": { vr: "DS", Value: ["62.5"] },
  };
  assert.deepEqual(identityFrom(image), image);
  assert.deepEqual(omittedIdentityTags(image), []);
  const report = signedReport({ identity: identityFrom(image), uids: uidsOf("valid") });
  await judge(await written(dir, "valid", report), report);
});

test("a character set that is spelt otherwise than the standard does is not copied", async () => {
  for (const characterSet of ["ISO-IR 100", "UTF8", "ISO_IR 999", "ISO 2022 IR 6\\ISO-IR 87"]) {
    const report = signedReport({ characterSet, uids: uidsOf(characterSet) });
    const files = await written(dir, "set", report);
    await judge(files, report);
    assert.match((await run("dcmdump", ["+P", "0008,0005", "-q", files.sr])).stdout, /\[ISO_IR 192\]/);
  }
});

test("the structured report says which template it follows, and names every image that was read", async () => {
  const report = signedReport({ uids: uidsOf("template") });
  const files = await written(dir, "template", report);
  const dump = (await run("dcmdump", ["-q", files.sr])).stdout;
  assert.deepEqual(
    [...dump.matchAll(/\[([^\]]*)\].*TemplateIdentifier/g)].map(([, id]) => id),
    ["2000"],
    "PS3.16 TID 2000, Basic Diagnostic Imaging Report",
  );
  const [current = ""] = (await run("dcmdump", ["+P", "0040,a375", "+L", "-q", files.sr])).stdout.split("(0040,a385)");
  assert.deepEqual(
    [...current.matchAll(/\[([\d.]+)\].*ReferencedSOPInstanceUID/g)].map(([, uid]) => uid).sort(),
    report.evidence.map(({ sopInstanceUid }) => sopInstanceUid).sort(),
  );
});

test("letters that the images' character set lacks turn the objects to UTF-8 and stay what they are", async () => {
  const jpeg = Buffer.from(await encodeJpeg({ width: 8, height: 8, channels: 1, data: new Uint8Array(64) }, 90));
  const about = (name: string, characterSet: string, seed: string) => {
    const keyImages = [
      {
        ...signedReport().evidence[0]!,
        studyInstanceUid: signedReport().study.studyInstanceUid,
        frameNumber: 1,
        numberOfFrames: 1,
        caption: name,
        jpeg,
      },
    ];
    return signedReport({ patient: { name: { alphabetic: name } }, characterSet, keyImages, uids: uidsOf(seed, true) });
  };
  for (const [name, characterSet, inSet] of [
    ["Łukasiewicz^Żaneta", "ISO_IR 100", "ISO_IR 192"],
    ["Διονυσίου^Μαρία", "ISO_IR 100", "ISO_IR 192"],
    ["山田^太郎", "ISO_IR 126", "ISO_IR 192"],
    ["Müller^Jörg", "", "ISO_IR 192"],
  ] as const) {
    const report = about(name, characterSet, `${name}${characterSet}`);
    const files = await written(dir, "letters", report);
    await judge(files, report);
    for (const object of [files.pdfObject, files.sr, files.kos!]) {
      const dump = (await run("dcmdump", ["+P", "0008,0005", "+P", "0010,0010", "-q", object])).stdout;
      assert.match(dump, new RegExp(`\\[${inSet}\\]`), `${name} in ${characterSet}`);
      assert.ok(dump.includes(`[${name}]`), dump);
    }
  }
  // What it carries is written in it: the patient's name keeps the bytes of the images.
  const report = signedReport({
    patient: { name: { alphabetic: "Müller^Jörg" } },
    characterSet: "ISO_IR 100",
    sections: [{ key: "impression", title: "Impression", text: "Normal." }],
    uids: uidsOf("latin"),
  });
  const files = await written(dir, "latin", report);
  const dump = await run("dcmdump", ["+P", "0008,0005", "+P", "0010,0010", "-q", files.sr]);
  assert.match(dump.stdout, /\[ISO_IR 100\]/);
  assert.ok(dump.bytes.includes(Buffer.from("Müller^Jörg", "latin1")));
});

test("the images that were read are the evidence, those of priors that the report compares with are other evidence", async () => {
  const evidenceIn = async (report: ReturnType<typeof signedReport>): Promise<[current: string[], other: string[]]> => {
    const files = await written(dir, "evidence", report);
    await judge(files, report);
    const studies = async (tag: string): Promise<string[]> => {
      const dump = (await run("dcmdump", ["+P", tag, "+L", "-q", files.sr])).stdout;
      return [...dump.matchAll(/\[([\d.]+)\].*StudyInstanceUID/g)].map(([, uid = ""]) => uid);
    };
    return [await studies("0040,a375"), await studies("0040,a385")];
  };
  const { study, comparisons } = signedReport();
  const prior = comparisons[0]!;
  const older = { ...prior, studyInstanceUid: "2.25.77", date: "20190131" };
  const withComparison = (text: string) =>
    signedReport({
      comparisons: [prior, older],
      sections: [
        { key: "comparison", title: "Comparison", text },
        { key: "impression", title: "Impression", text: "No change." },
      ],
      uids: uidsOf(text),
    });
  for (const [text, other] of [
    ["CT chest of 2 March 2024.", [prior]],
    ["CT chest of 2024-03-02; CT of 2019-01-31.", [prior, older]],
    ["02.03.2024", [prior]],
    ["Comparison is made with January 31st, 2019.", [older]],
    ["31/01/2019 and 3/2/2024", [prior, older]],
    ["None available.", []],
    ["No images of 12024-03-021.", []],
    // Not written: what was at hand is listed by the object itself.
    ["", [prior, older]],
  ] as const)
    assert.deepEqual(
      await evidenceIn(withComparison(text)),
      [[study.studyInstanceUid], other.map(({ studyInstanceUid }) => studyInstanceUid)],
      text,
    );
  const withoutImages = withComparison("CT chest of 2 March 2024.");
  withoutImages.comparisons = [{ ...prior, evidence: [] }];
  assert.deepEqual((await evidenceIn(withoutImages))[1], [], "a prior without images is no evidence");
});
