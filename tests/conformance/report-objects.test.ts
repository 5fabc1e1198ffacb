import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { uidFromName } from "@overread/shared/dicom/derived-uid";
import type { DicomJson } from "@overread/shared/dicom/dicom-json";
import { readInstance } from "@overread/shared/dicom/part10";
import { SOP } from "@overread/shared/dicom/sop-classes";
import { encodeJpeg } from "#server/archive/picture/encode.ts";
import { makeStudy } from "#server/demo/modality-simulator/index.ts";
import {
  buildBasicTextSr,
  buildKeyObjectSelection,
  encapsulatePdf,
  identityFrom,
  renderReportPdf,
  type SignedReport,
} from "#server/documents/index.ts";
import { identityOf, signedReport, uidsOf } from "../factories/signed-report.ts";
import { judge, written } from "../support/judge-report.ts";
import { run } from "../support/run.ts";

/** Independent judges of our report objects: dicom3tools, DCMTK, qpdf and poppler (row 38 of the scoreboard). */
let dir: string;
let jpeg: Buffer;
before(async () => {
  dir = mkdtempSync(path.join(tmpdir(), "overread-objects-"));
  const data = Uint8Array.from({ length: 64 * 48 }, (_, at) => (at % 64) * 4);
  jpeg = Buffer.from(await encodeJpeg({ width: 64, height: 48, channels: 1, data }, 90));
});
after(() => rmSync(dir, { recursive: true, force: true }));

const keyImage = (n: number, caption: string, frames = 1): SignedReport["keyImages"][number] => ({
  ...(signedReport().evidence[n] as SignedReport["evidence"][number]),
  studyInstanceUid: signedReport().study.studyInstanceUid,
  ...(frames > 1 ? { sopClassUid: SOP.enhancedCt } : {}),
  frameNumber: frames,
  numberOfFrames: frames,
  caption,
  jpeg,
});

/** Names as they come in the scripts of the trade, with something to say in the same script. */
const peoples: { what: string; name: SignedReport["patient"]["name"]; text: string; shows: string[] }[] = [
  {
    what: "Latin with accents",
    name: { alphabetic: "Núñez^José^^Dr" },
    text: "Kräftig, Åse, Łódź, İstanbul.",
    shows: ["NÚÑEZ, Dr José", "Łódź"],
  },
  {
    what: "Greek",
    name: { alphabetic: "Διονυσιος^Μαρία" },
    text: "Όζος δεξιού άνω λοβού.",
    shows: ["ΔΙΟΝΥΣΙΟΣ", "δεξιού"],
  },
  {
    what: "Cyrillic",
    name: { alphabetic: "Люкceмбypг^Ольга" },
    text: "Узел верхней доли.",
    shows: ["Ольга", "верхней"],
  },
  { what: "Hebrew", name: { alphabetic: "שרון^דבורה" }, text: "קשרית בריאה הימנית.", shows: ["דבורה", "הימנית"] },
  {
    what: "Arabic",
    name: { alphabetic: "قباني^لنزار" },
    text: "عقدة في الفص العلوي الأيمن.",
    shows: ["لنزار", "العلوي"],
  },
  {
    what: "Japanese",
    name: { alphabetic: "Yamada^Tarou", ideographic: "山田^太郎", phonetic: "やまだ^たろう" },
    text: "右上葉に結節を認める。",
    shows: ["山田 太郎", "やまだ たろう", "右上葉に結節"],
  },
  {
    what: "half-width katakana",
    name: { alphabetic: "ﾔﾏﾀﾞ^ﾀﾛｳ", ideographic: "山田^太郎" },
    text: "胸水なし。",
    shows: ["山田 太郎"],
  },
  {
    what: "Korean",
    name: { alphabetic: "Hong^Gildong", ideographic: "洪^吉洞", phonetic: "홍^길동" },
    text: "우상엽에 결절이 있다.",
    shows: ["洪 吉洞", "홍 길동", "결절"],
  },
  {
    what: "Chinese, simplified",
    name: { alphabetic: "Zhang^XiaoDong", ideographic: "张^小东" },
    text: "右肺上叶实性结节。",
    shows: ["张 小东", "结节"],
  },
  {
    what: "Chinese, traditional",
    name: { alphabetic: "Wang^XiaoDong", ideographic: "王^小東" },
    text: "右肺上葉實性結節。",
    shows: ["王 小東", "結節"],
  },
  { what: "Thai", name: { alphabetic: "นามสกุล^ชื่อ" }, text: "ปอดปกติ", shows: ["นามสก"] },
];

for (const [index, { what, name, text: words, shows }] of peoples.entries()) {
  test(`a report about a patient whose name is ${what} passes every judge and shows no box`, async () => {
    const report = signedReport({
      patient: { name, id: `P${index}` },
      keyImages: [keyImage(0, `${words} (image 1)`), keyImage(1, "")],
      uids: uidsOf(what, true),
    });
    report.sections[3] = { key: "findings", title: "Findings", text: `${words}\nLungs: ≤ 3 mm, ± 2 %, µ, °, →.` };
    const files = await written(dir, `script${index}`, report);
    await judge(files, report);
    const text = (await run("pdftotext", ["-layout", files.pdf, "-"])).stdout;
    const shown = text.normalize("NFC").replace(/[\u202a-\u202e]/g, "");
    for (const expected of shows) assert.ok(shown.includes(expected), `${expected} in:\n${shown}`);
    assert.doesNotMatch(shown, /\[U\+|\uFFFD/, "every character is drawn");
  });
}

test("a first report, and the addenda after it, are judged good and name their predecessors", async () => {
  const first = signedReport({ uids: uidsOf("first") });
  await judge(await written(dir, "first", first), first);
  const later = {
    name: "Dr Ama Mensah",
    personName: "Mensah^Ama^^Dr",
    qualification: "FRCR",
    at: new Date("2026-11-21T09:15:00Z"),
  };
  const second = signedReport({
    version: 2,
    kind: "addendum",
    signature: later,
    addenda: [
      {
        number: 1,
        sections: [
          { key: "addendum-1", title: "Addendum 1", text: "The nodule is on the LEFT.\nDiscussed by telephone." },
        ],
        signature: later,
      },
    ],
    uids: uidsOf("second"),
    predecessor: first.uids,
  });
  const files = await written(dir, "second", second);
  await judge(files, second);
  for (const file of [files.pdfObject, files.sr]) {
    const dump = (await run("dcmdump", ["+P", "0040,a360", "-q", file])).stdout;
    assert.match(dump, /PredecessorDocumentsSequence/);
  }
  const shown = (await run("pdftotext", ["-layout", files.pdf, "-"])).stdout;
  assert.match(
    shown,
    /Impression\s+Amended by the addendum of 21 Nov 2026, 09:15 GMT below: The nodule is on the LEFT\.[\s\S]*1\. Growing solid/,
    "the impression points at its addendum before it says anything",
  );
  const tree = (await run("dsrdump", ["+Pl", files.sr])).stdout;
  assert.match(tree, /Impressions[\s\S]*Comment[\s\S]{0,40}Amended by the addendum of 21 Nov 2026[\s\S]*Growing solid/);
  assert.match(shown, /Addendum 1[\s\S]*Discussed by telephone\.[\s\S]*Dr Ama Mensah, FRCR/);
  assert.match(shown, /Dr Nora Lindqvist, MD, FRCR[\s\S]*Addendum 1/, "the report keeps its own signature");
});

test("a preliminary report says so on every page and in every object, and the final one names it as its predecessor", async () => {
  const first = signedReport({ kind: "preliminary", uids: uidsOf("preliminary") });
  const files = await written(dir, "preliminary", first);
  await judge(files, first);
  const pages = (await run("pdftotext", ["-layout", files.pdf, "-"])).stdout.split("\f").slice(0, -1);
  assert.match(pages[0] ?? "", /Preliminary radiology report[\s\S]*Preliminary, not yet final/);
  for (const page of pages) assert.match(page, /Report version 1, preliminary/);
  const flags = async (file: string) =>
    (await run("dcmdump", ["+P", "0040,a496", "+P", "0040,a493", "+P", "0040,a073", "+P", "0042,0010", "-q", file]))
      .stdout;
  assert.match(await flags(files.sr), /\[PRELIMINARY\][\s\S]*$/);
  assert.match(await flags(files.sr), /\[UNVERIFIED\]/);
  assert.doesNotMatch(await flags(files.sr), /VerifyingObserverSequence/);
  assert.match(
    await flags(files.pdfObject),
    /\[UNVERIFIED\][\s\S]*Preliminary radiology report|Preliminary radiology report[\s\S]*\[UNVERIFIED\]/,
  );

  const second = signedReport({ version: 2, uids: uidsOf("after-preliminary"), predecessor: first.uids });
  const later = await written(dir, "after-preliminary", second);
  await judge(later, second);
  assert.match(await flags(later.sr), /\[FINAL\]/);
  assert.match((await run("dcmdump", ["+P", "0040,a360", "-q", later.sr])).stdout, /PredecessorDocumentsSequence/);
});

test("one report of two studies is judged good in each, and names what was asked for, what was read, and its duplicate", async () => {
  const head = {
    studyInstanceUid: uidFromName("test-study", "head"),
    accessionNumber: "A2026-1",
    description: "CT head",
  };
  const spine = { studyInstanceUid: uidFromName("test-study", "spine"), accessionNumber: "", description: "" };
  const reportIn = (own: typeof head, other: typeof head, seed: string): SignedReport => {
    const of = signedReport({ study: other });
    const ofSpine = { ...keyImage(0, "C2"), studyInstanceUid: spine.studyInstanceUid };
    const keyImages = [
      { ...keyImage(1, ""), ...signedReport({ study: head }).evidence[1], studyInstanceUid: head.studyInstanceUid },
      { ...ofSpine, ...signedReport({ study: spine }).evidence[0] },
    ];
    return signedReport({
      study: own,
      keyImages,
      uids: uidsOf(`${seed} ${own.studyInstanceUid}`, true),
      others: [
        {
          studyInstanceUid: other.studyInstanceUid,
          study: other,
          evidence: of.evidence,
          uids: uidsOf(`${seed} ${other.studyInstanceUid}`, true),
        },
      ],
    });
  };
  const both = [reportIn(head, spine, "both"), reportIn(spine, head, "both")] as const;
  for (const [at, report] of both.entries()) {
    const duplicate = both[1 - at] as SignedReport;
    const files = await written(dir, `both${at}`, report);
    await judge(files, report);
    for (const [file, uid] of [
      [files.sr, duplicate.uids.sr.sopInstanceUid],
      [files.kos, duplicate.uids.kos?.sopInstanceUid],
    ] as const) {
      const dump = async (tag: string) => (await run("dcmdump", ["-q", "+L", "+P", tag, String(file)])).stdout;
      const identical = await dump("0040,a525");
      assert.deepEqual(
        [...identical.matchAll(/\[([\d.]+)\].*ReferencedSOPInstanceUID/g)].map(([, each]) => each),
        [uid],
      );
      const requests = await dump("0040,a370");
      assert.equal(requests.match(/RequestedProcedureDescription/g)?.length, 2, "one item for each study");
      const evidence = await dump("0040,a375");
      for (const { study } of both) assert.ok(evidence.includes(study.studyInstanceUid));
    }
  }
});

test("a report of two readers names both: who agrees verifies it with his own time, who differed is named on paper alone", async () => {
  const reader = (name: string, personName: string, agreed: boolean) => ({
    name,
    personName,
    qualification: "FRCR",
    at: new Date("2026-11-20T21:10:00Z"),
    agreed,
  });
  const verifiers = async (file: string) =>
    (await run("dcmdump", ["+P", "VerifyingObserverName", "+P", "VerificationDateTime", "-q", file])).stdout;
  const agreed = signedReport({
    coReaders: [reader("Dr Ama Mensah", "Mensah^Ama^^Dr", true)],
    uids: uidsOf("double-agreed"),
  });
  const one = await written(dir, "double-agreed", agreed);
  await judge(one, agreed);
  assert.match(await verifiers(one.sr), /Lindqvist\^Nora[\s\S]*Mensah\^Ama/);
  assert.match(await verifiers(one.sr), /20261120223107[\s\S]*20261120211000/);
  const text = (await run("pdftotext", ["-layout", one.pdf, "-"])).stdout;
  assert.match(
    text,
    /Electronically signed by[\s\S]*Dr Nora Lindqvist[\s\S]*agreed and electronically signed by[\s\S]*Dr Ama Mensah/,
  );
  const decided = signedReport({
    coReaders: [reader("Dr Ama Mensah", "Mensah^Ama^^Dr", false), reader("Dr Ola Berg", "Berg^Ola^^Dr", false)],
    uids: uidsOf("double-decided"),
  });
  const two = await written(dir, "double-decided", decided);
  await judge(two, decided);
  assert.doesNotMatch(await verifiers(two.sr), /Mensah|Berg/);
  const paper = (await run("pdftotext", ["-layout", two.pdf, "-"])).stdout;
  assert.match(paper, /Read independently by[\s\S]*Dr Ama Mensah[\s\S]*Read independently by[\s\S]*Dr Ola Berg/);
});

test("a long report runs over pages that are numbered, each saying whose it is", async () => {
  const long = "Solid nodule in the right upper lobe, 8 mm, with a smooth margin and no calcification. ".repeat(90);
  const report = signedReport({
    sections: [
      { key: "findings", title: "Findings", text: long },
      { key: "impression", title: "Impression", text: long.slice(0, 6000) },
      { key: "ownSection", title: "A section of our own", text: "Kept under its own title." },
    ],
    keyImages: [0, 1, 2, 1, 2].map((n, at) => keyImage(n, `Image ${at + 1}`, n === 0 ? 1 : 3 + at)),
    uids: uidsOf("long", true),
  });
  const files = await written(dir, "long", report);
  await judge(files, report);
  const pages = (await run("pdftotext", ["-layout", files.pdf, "-"])).stdout.split("\f").slice(0, -1);
  assert.ok(pages.length >= 4, `${pages.length} pages`);
  for (const [at, page] of pages.entries()) {
    assert.ok(page.includes(`Page ${at + 1} of ${pages.length}`));
    assert.ok(page.includes("Patient ID LS-104233"));
    assert.ok(page.includes("Report version 1"));
    assert.ok(page.includes("Overread is not a cleared medical device."));
  }
});

test("the same report makes the same bytes", async () => {
  const make = async () => {
    const report = signedReport({ keyImages: [keyImage(0, "山田")], uids: uidsOf("same", true) });
    const pdf = await renderReportPdf(report);
    return [pdf, encapsulatePdf(report, pdf), buildBasicTextSr(report), buildKeyObjectSelection(report) as Buffer];
  };
  const [one, two] = [await make(), await make()];
  for (const [at, bytes] of one.entries()) assert.ok(bytes.equals(two[at] as Buffer), `object ${at}`);
});

test("text that tries to be more than text stays text", async () => {
  const report = signedReport({
    patient: { name: { alphabetic: "=cmd|' /C calc'!A0^<script>" } },
    sections: [
      {
        key: "findings",
        title: "Findings",
        text: "\u202Eevil\u202C </TextValue> \u0007 (/JavaScript) %PDF \\(x\\) \u{1F9EC}",
      },
      { key: "impression", title: "Impression", text: "a".repeat(400) },
    ],
    uids: uidsOf("hostile"),
  });
  const files = await written(dir, "hostile", report);
  await judge(files, report);
  const shown = (await run("pdftotext", ["-raw", files.pdf, "-"])).stdout;
  assert.match(shown, /evil <\/TextValue>/, "no override turns it round");
  assert.match(shown, /\[U\+1F9EC\]/, "what no typeface can draw is named");
});

test("the objects agree with the images of their study on patient and study", async () => {
  for (const [patient, specificCharacterSet] of [
    ["Berg^Ingrid", "ISO_IR 192"],
    ["Yamada^Tarou=山田^太郎=やまだ^たろう", "ISO_IR 192"],
    ["قباني^لنزار", "ISO_IR 192"],
    // dcentvfy compares bytes: the objects are written in the images' own set where it carries the report.
    ["Lindström^Åsa", "ISO_IR 100"],
    ["Σολωμού^Ελένη", "ISO_IR 126"],
    ["Yamada^Tarou=山田^太郎=やまだ^たろう", "\\ISO 2022 IR 87"],
  ] as const) {
    const study = makeStudy("chest-ct", {
      slices: 2,
      matrix: 64,
      patient: { name: patient, id: "LS-77", sex: "F", birthDate: "19680412" },
      accessionNumber: "A77",
      specificCharacterSet,
    });
    const images = [...study.files()].map(({ part10 }, at) => {
      const target = path.join(dir, `image${at}.dcm`);
      writeFileSync(target, part10);
      return target;
    });
    const header = await readInstance({ path: images[0] as string });
    const report = signedReport({
      identity: identityFrom(header.dataset),
      characterSet: header.characterSets.join("\\"),
      sections: [{ key: "impression", title: "Impression", text: "Nodule in the right upper lobe." }],
      study: { studyInstanceUid: study.studyInstanceUid },
      evidence: [header],
      uids: uidsOf(patient + specificCharacterSet),
    });
    const files = await written(dir, "agree", report);
    const verdict = await run("dcentvfy", [...images, files.pdfObject, files.sr]);
    assert.equal(verdict.code, 0, verdict.stderr);
    assert.doesNotMatch(verdict.stderr, /^Error/m, verdict.stderr);
  }
});

test("values that an image lacks are left empty, not invented", async () => {
  const bare: DicomJson = { ...identityOf(signedReport().patient, signedReport().study) };
  for (const tag of ["00080020", "00080030", "00080050", "00080090", "00100030", "00100040", "00200010"])
    delete bare[tag];
  const report = signedReport({
    identity: identityFrom(bare),
    patient: { birthDate: "", sex: "", id: "LS-1" },
    study: { date: "", time: "", accessionNumber: "", referringPhysician: {} },
    evidence: [],
    uids: uidsOf("bare"),
  });
  await judge(await written(dir, "bare", report), report);
});
