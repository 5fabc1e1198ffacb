import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { DomainError } from "../errors.ts";
import { code, dataSet, type WritableDataSet } from "./build.ts";
import { bulkRange, mapBulkData, numbersOf, personNameOf, sequenceOf, stringOf, stringsOf } from "./dicom-json.ts";
import { type InstanceHeader, readBytes, readDataSet, readInstance } from "./part10.ts";
import { SOP } from "./sop-classes.ts";
import { TS } from "./transfer-syntaxes.ts";
import { encodeDataSet, encodePart10, nativeSyntaxes, part10Head } from "./write.ts";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "overread-part10-"));
});
after(() => rm(folder, { recursive: true, force: true }));

let serial = 0;
async function fileOf(bytes: Uint8Array): Promise<string> {
  const path = join(folder, `${++serial}.dcm`);
  await writeFile(path, bytes);
  return path;
}

const pixels = Uint8Array.from({ length: 4 * 6 * 2 * 3 }, (_, i) => i);
const someImage = (extra: WritableDataSet = {}): WritableDataSet => ({
  ...dataSet({
    SOPClassUID: SOP.ct,
    SOPInstanceUID: "1.2.3.4",
    StudyInstanceUID: "1.2.3",
    SeriesInstanceUID: "1.2.3.1",
    PatientName: "Yamada^Tarou=山田^太郎=やまだ^たろう",
    PatientID: " 0042 ",
    PatientComments: "two\\lines",
    Rows: 4,
    Columns: 6,
    SamplesPerPixel: 1,
    BitsAllocated: 16,
    PixelRepresentation: 1,
    SmallestImagePixelValue: -5,
    NumberOfFrames: 3,
    PixelSpacing: [0.7, 0.12345678901234],
    ImagePositionPatient: ["-1.5", "not a number", "3"],
    FrameIncrementPointer: { vr: "AT", Value: ["00181063"] },
    RealWorldValueIntercept: { vr: "FD", Value: [0.1, "NaN", "-inf"] },
    AnatomicRegionSequence: [
      { ...code("T-D3000", "SRT", "Thorax"), ...dataSet({ AnatomicRegionModifierSequence: [] }) },
    ],
    ReferencedSeriesSequence: { vr: "SQ", Value: [{}, dataSet({ SeriesInstanceUID: "1.9" })] },
    RedPaletteColorLookupTableData: Uint8Array.from({ length: 600 }, (_, i) => i),
    OverlayData: { vr: "OW", bytes: new Uint8Array(5000).fill(7) },
    "00090010": { vr: "LO", Value: ["ACME 1.0"] },
    "00091001": { vr: "UN", bytes: Uint8Array.of(1, 2, 3, 4) },
    PixelData: pixels,
  }),
  ...extra,
});

const rejectsAs = (code: string) => (error: unknown) => error instanceof DomainError && error.code === code;

for (const transferSyntaxUid of nativeSyntaxes) {
  test(`an image written in ${transferSyntaxUid} reads back whole, pixels by their place`, async () => {
    const path = await fileOf(encodePart10({ dataset: someImage(), transferSyntaxUid }));
    const header = await readInstance({ path });
    const { dataset } = header;
    assert.equal(header.transferSyntaxUid, transferSyntaxUid);
    assert.equal(header.studyInstanceUid, "1.2.3");
    assert.equal(stringOf(dataset, "PatientID"), "0042");
    assert.equal(stringOf(dataset, "PatientComments"), "two\\lines");
    assert.deepEqual(personNameOf(dataset, "PatientName"), {
      alphabetic: "Yamada^Tarou",
      ideographic: "山田^太郎",
      phonetic: "やまだ^たろう",
    });
    assert.deepEqual(dataset["00280030"], { vr: "DS", Value: [0.7, 0.12345678901234] });
    assert.deepEqual(dataset["00200032"], { vr: "DS", Value: [-1.5, "not a number", 3] });
    assert.deepEqual(numbersOf(dataset, "ImagePositionPatient"), []);
    assert.deepEqual(dataset["00280106"], { vr: "SS", Value: [-5] });
    assert.deepEqual(dataset["00280009"], { vr: "AT", Value: ["00181063"] });
    assert.deepEqual(dataset["00409224"], { vr: "FD", Value: [0.1, "NaN", "-inf"] });
    assert.equal(stringOf(sequenceOf(dataset, "AnatomicRegionSequence")[0] ?? {}, "CodeMeaning"), "Thorax");
    assert.equal(sequenceOf(dataset, "ReferencedSeriesSequence").length, 2);
    assert.equal(
      dataset["00281201"]?.InlineBinary,
      Buffer.from(Uint8Array.from({ length: 600 }, (_, i) => i)).toString("base64"),
    );
    assert.deepEqual(stringsOf(dataset, "00090010"), ["ACME 1.0"]);
    assert.equal(dataset["00091001"]?.InlineBinary, "AQIDBA==");
    const overlay = bulkRange(dataset["60003000"]);
    assert.equal(overlay?.length, 5000);
    assert.equal(dataset["7FE00010"], undefined);
    assert.equal(header.pixel?.kind, "native");
    if (header.pixel?.kind !== "native") return;
    assert.equal(header.pixel.frames, 3);
    assert.equal(header.pixel.frameLength, 48);
    const { offset, length, bigEndian } = header.pixel;
    const bytes = await readBytes({ path }, header, [offset, length]);
    assert.deepEqual(bigEndian ? bytes.swap16() : bytes, Buffer.from(pixels));
  });
}

test("a data set without preamble and group 0002 reads the same from memory", async () => {
  const bytes = encodeDataSet(someImage(), TS.implicitLittleEndian);
  const header = await readDataSet(bytes, TS.implicitLittleEndian);
  assert.equal(stringOf(header.dataset, "PatientID"), "0042");
  assert.equal(header.pixel?.offset, bytes.length - pixels.length);
});

test("the head that the archive puts before foreign data set bytes makes a readable file", async () => {
  const head = part10Head({
    sopClassUid: SOP.ct,
    sopInstanceUid: "1.2.3.4",
    transferSyntaxUid: TS.explicitLittleEndian,
    sourceAeTitle: "CT1",
  });
  const body = encodeDataSet(someImage(), TS.explicitLittleEndian);
  const header = await readInstance({ path: await fileOf(Buffer.concat([head, body])) });
  assert.equal(header.dataSetOffset, head.length);
  assert.ok(head.subarray(0, 128).every((byte) => byte === 0));
});

const jpeg = (size: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, i) => [0xff, 0xd8, 0xff][i] ?? i & 0x7f);
const raw = (size: number): Uint8Array => new Uint8Array(size).fill(0x33);

/** Encapsulated pixels with the given Basic Offset Table and fragments, written by hand. */
function encapsulatedFile(
  frames: number,
  table: number[],
  fragments: Uint8Array[],
  extra: WritableDataSet = {},
): Buffer {
  const whole = encodePart10({
    dataset: someImage({ ...dataSet({ NumberOfFrames: frames }), "7FE00010": { vr: "OB", fragments }, ...extra }),
    transferSyntaxUid: TS.jpegBaseline,
  });
  const start = whole.indexOf(Buffer.from([0xe0, 0x7f, 0x10, 0, 0x4f, 0x42])) + 12;
  const oldTable = fragments.length * 4;
  const bot = Buffer.alloc(8 + table.length * 4);
  bot.writeUInt32LE(0xe000fffe);
  bot.writeUInt32LE(table.length * 4, 4);
  for (const [index, offset] of table.entries()) bot.writeUInt32LE(offset, 8 + index * 4);
  return Buffer.concat([whole.subarray(0, start), bot, whole.subarray(start + 8 + oldTable)]);
}

async function framesOf(bytes: Buffer): Promise<{ header: InstanceHeader; sizes: number[][] }> {
  const header = await readInstance({ path: await fileOf(bytes) });
  assert.equal(header.pixel?.kind, "encapsulated");
  const frames = header.pixel?.kind === "encapsulated" ? header.pixel.frames : [];
  return { header, sizes: frames.map((frame) => frame.map(([, length]) => length)) };
}

test("frames of compressed pixels are found by whatever table there is", async () => {
  const two = [jpeg(10), raw(20), jpeg(30), raw(40), raw(50)];
  assert.deepEqual((await framesOf(encapsulatedFile(1, [], two))).sizes, [[10, 20, 30, 40, 50]]);
  assert.deepEqual((await framesOf(encapsulatedFile(2, [0, 46], two))).sizes, [
    [10, 20],
    [30, 40, 50],
  ]);
  assert.deepEqual((await framesOf(encapsulatedFile(2, [], two))).sizes, [
    [10, 20],
    [30, 40, 50],
  ]);
  assert.deepEqual((await framesOf(encapsulatedFile(5, [], two))).sizes, [[10], [20], [30], [40], [50]]);
  // A table that points into the middle of a fragment is not believed.
  assert.deepEqual((await framesOf(encapsulatedFile(2, [0, 47], two))).sizes, [
    [10, 20],
    [30, 40, 50],
  ]);
  const extended = Buffer.alloc(16);
  extended.writeBigUInt64LE(46n, 8);
  const withExtended = encapsulatedFile(2, [], [raw(10), raw(20), raw(30)], {
    "7FE00001": { vr: "OV", bytes: extended },
  });
  assert.deepEqual((await framesOf(withExtended)).sizes, [[10, 20], [30]]);
});

test("fragments stand where the header says", async () => {
  const bytes = encapsulatedFile(2, [], [jpeg(10), jpeg(12)]);
  const { header } = await framesOf(bytes);
  const frame = header.pixel?.kind === "encapsulated" ? header.pixel.frames[1]?.[0] : undefined;
  assert.deepEqual(bytes.subarray(frame?.[0], (frame?.[0] ?? 0) + (frame?.[1] ?? 0)), Buffer.from(jpeg(12)));
});

test("frames of one bit per pixel are counted in bits", async () => {
  const dataset = someImage(
    dataSet({ Rows: 3, Columns: 3, BitsAllocated: 1, NumberOfFrames: 2, PixelData: { vr: "OB", bytes: raw(4) } }),
  );
  const { pixel } = await readInstance({
    path: await fileOf(encodePart10({ dataset, transferSyntaxUid: TS.explicitLittleEndian })),
  });
  assert.ok(pixel?.kind === "native");
  assert.deepEqual([pixel.frameBits, pixel.frameLength, pixel.frames], [9, 2, 2]);
});

test("what is not whole or not DICOM is refused with the reason", async () => {
  const good = encodePart10({ dataset: someImage(), transferSyntaxUid: TS.explicitLittleEndian });
  const refused = async (bytes: Uint8Array, code: string): Promise<void> =>
    assert.rejects(readInstance({ path: await fileOf(bytes) }), rejectsAs(code), code);
  await refused(new Uint8Array(0), "dicom.not-part10");
  await refused(Buffer.from("%PDF-1.7"), "dicom.not-part10");
  await refused(good.subarray(133), "dicom.not-part10");
  await refused(good.subarray(0, good.length - 1), "dicom.truncated");
  const without = (tag: string): Buffer => {
    const { [tag]: _gone, ...dataset } = someImage();
    return encodePart10({ dataset, transferSyntaxUid: TS.explicitLittleEndian });
  };
  await refused(without("0020000D"), "dicom.missing-attribute");
  await refused(without("0020000E"), "dicom.missing-attribute");
  const hostile = someImage(dataSet({ StudyInstanceUID: "../../etc/passwd" }));
  await refused(encodePart10({ dataset: hostile, transferSyntaxUid: TS.explicitLittleEndian }), "dicom.invalid-uid");
  const noSyntax = Buffer.concat([good.subarray(0, 132), encodeDataSet(someImage(), TS.explicitLittleEndian)]);
  await refused(noSyntax, "dicom.malformed");
});

test("a sequence nested without end is refused before the stack ends", async () => {
  const open = Buffer.from("08001511fffffffffeff00e0ffffffff", "hex");
  const bytes = Buffer.concat(Array.from({ length: 20_000 }, () => open));
  await assert.rejects(readDataSet(bytes, TS.implicitLittleEndian), rejectsAs("dicom.malformed"));
});

test("a deflate bomb is inflated no further than the cap", async () => {
  const body = encodeDataSet(someImage(dataSet({ PixelData: new Uint8Array(70 << 20) })), TS.explicitLittleEndian);
  const head = part10Head({
    sopClassUid: SOP.ct,
    sopInstanceUid: "1.2.3.4",
    transferSyntaxUid: TS.deflatedExplicitLittleEndian,
  });
  const path = await fileOf(Buffer.concat([head, deflateRawSync(body, { level: 1 })]));
  const header = await readInstance({ path });
  assert.equal(header.pixel?.length, 70 << 20);
  const junk = deflateRawSync(Buffer.alloc(70 << 20, Buffer.from("0900011055540000feffff00", "hex")), { level: 1 });
  await assert.rejects(readInstance({ path: await fileOf(Buffer.concat([head, junk])) }), rejectsAs("dicom.malformed"));
  const cut = Buffer.concat([
    head,
    deflateRawSync(encodeDataSet(someImage(), TS.explicitLittleEndian)).subarray(0, -9),
  ]);
  await assert.rejects(readInstance({ path: await fileOf(cut) }), rejectsAs("dicom.truncated"));
});

test("bulk values get the address the server wants, at every depth", async () => {
  const icon = dataSet({ PixelData: { vr: "OB", bytes: new Uint8Array(5000) } });
  const dataset = someImage(dataSet({ IconImageSequence: [icon] }));
  const header = await readDataSet(encodeDataSet(dataset, TS.explicitLittleEndian), TS.explicitLittleEndian);
  const paths: string[] = [];
  const mapped = mapBulkData(header.dataset, (path, { length }) => {
    paths.push(`${path}:${length}`);
    return path.startsWith("6") ? undefined : `https://archive/${path}`;
  });
  assert.deepEqual(paths.sort(), ["00880200/1/7FE00010:5000", "60003000:5000"]);
  assert.equal(mapped["60003000"], undefined);
  assert.equal(
    sequenceOf(mapped, "IconImageSequence")[0]?.["7FE00010"]?.BulkDataURI,
    "https://archive/00880200/1/7FE00010",
  );
});

test("names are written in the character set that is asked for, and an item may have its own", async () => {
  const bytes = encodeDataSet(someImage(), TS.explicitLittleEndian, { specificCharacterSet: "\\ISO 2022 IR 87" });
  const { dataset, characterSets } = await readDataSet(bytes, TS.explicitLittleEndian);
  assert.deepEqual(characterSets, ["", "ISO 2022 IR 87"]);
  assert.equal(personNameOf(dataset, "PatientName")?.ideographic, "山田^太郎");
});

test("an item reads in its own character set, its neighbours in the one around them", async () => {
  const terms = Buffer.from(`0800050043530a00${Buffer.from("ISO_IR 100").toString("hex")}`, "hex");
  const inner = Buffer.from(`0800050043530a00${Buffer.from("ISO_IR 144").toString("hex")}`, "hex");
  const name = Buffer.from("10001000504e0400e4e5e4e5", "hex");
  const item = (body: Buffer): Buffer => {
    const header = Buffer.from("feff00e000000000", "hex");
    header.writeUInt32LE(body.length, 4);
    return Buffer.concat([header, body]);
  };
  const items = Buffer.concat([item(Buffer.concat([inner, name])), item(name)]);
  const sequence = Buffer.from("100002105351000000000000", "hex");
  sequence.writeUInt32LE(items.length, 8);
  const { dataset } = await readDataSet(Buffer.concat([terms, name, sequence, items]), TS.explicitLittleEndian);
  assert.equal(stringOf(dataset, "PatientName"), "äåäå");
  const names = sequenceOf(dataset, "OtherPatientIDsSequence").map((other) => stringOf(other, "PatientName"));
  assert.deepEqual(names, ["фхфх", "äåäå"]);
});
