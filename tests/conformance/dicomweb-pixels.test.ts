import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { drawPixels } from "@overread/shared/dicom/pixels/draw-pixels";
import { storedValues } from "@overread/shared/dicom/pixels/stored-values";
import { modalityFunction } from "@overread/shared/dicom/pixels/voi";
import { DomainError } from "@overread/shared/errors";
import { decodeFrame } from "#server/archive/picture/decode.ts";
import { dataSetOf } from "../archive.ts";
import { noRealData, realBytes, realData, realFiles } from "../real-data.ts";
import { type OpenedImage, openImage } from "../support/open-image.ts";

const folder = realData();
const options = { skip: folder ? false : noRealData };

/** Values that others decoded: SHA-256 over all stored values as 32-bit integers, frame after frame (README of the data set). */
const known: [path: RegExp, sha256: string][] = [
  [/^dicom\/pet-ct\/nist-ids027\/000000\.dcm/, "ab8b5e490ab61b51620e1f8868b204ac1c6bbcce661f01b4433f6eca19f241ac"],
  [/^dicom\/xa\/nist-ids021\/000000\.dcm/, "b518e310dff0ed905be70c7a29c5f2afe031b88a6c23ba1be639a585531d1750"],
  [/^dicom\/cr\/nist-iig1011-alpha\//, "5b6f91da002ac966e0da06e90d48b507f6389b5a6b82b0c958ee34d23b2148b5"],
  [/^dicom\/mr\/small\//, "b8d9a6cee6ff2ea9edbe8b476e54b80cfab8c6a15aff4d431b6c38840a20f7df"],
  [/^dicom\/ct\/enhanced\//, "0be40bc17bcb5c8d52c3cd8e99ddd7bd5ba96a56f34c231d81382bbe769e8a31"],
  [/^dicom\/mr\/enhanced\/emri_small/, "8be61098d4942b61e899bb8316673dc949d7daa8fbbaee02918e4c21214baa4d"],
  [/^dicom\/transfer-syntaxes\/ctimage\//, "b76703cf422e7a4bfd3bacc7efe65162040fc973b794118b794f6c92910faaa6"],
  [/^dicom\/pr\/imageForPrLUTs\.dcm/, "97ddaf7b421552c3f39db1d7ba864d396e9c6428356614a52cff5de1d4b73cfb"],
];
/** Lossy ones among them, which no two decoders need to agree on. */
const lossy = new Set([
  "1.2.840.10008.1.2.4.50",
  "1.2.840.10008.1.2.4.51",
  "1.2.840.10008.1.2.4.53",
  "1.2.840.10008.1.2.4.55",
  "1.2.840.10008.1.2.4.81",
  "1.2.840.10008.1.2.4.91",
]);

async function opened(directory: string, bytes: Buffer, syntax: string): Promise<OpenedImage | null> {
  const file = path.join(directory, "file.dcm");
  writeFileSync(file, bytes);
  // As a data set: one of them lacks the UIDs that an archive needs, and its picture is good all the same.
  return openImage(file, syntax, bytes.length - dataSetOf(bytes).length);
}

test("lossless frames of every syntax decode to the values that other decoders give", options, async (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), "overread-pixels-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  let checked = 0;
  for (const entry of realFiles(folder as string)) {
    const wanted = known.find(([pattern]) => pattern.test(entry.path))?.[1];
    if (!wanted || lossy.has(entry.transferSyntaxUID ?? "") || entry.rows === null) continue;
    const image = await opened(directory, realBytes(folder as string, entry), entry.transferSyntaxUID ?? "");
    if (!image) continue;
    const hash = createHash("sha256");
    for (let n = 1; n <= image.frames; n++) {
      const { bytes, description } = await decodeFrame(await image.frame(n), image.describe(n));
      const values = Int32Array.from(storedValues(bytes, description));
      hash.update(new Uint8Array(values.buffer));
    }
    assert.equal(hash.digest("hex"), wanted, entry.path);
    checked++;
  }
  t.diagnostic(`${checked} files`);
  assert.ok(checked > 20);
});

test("JPEG of 12 bits, sequential and progressive, has the values of the image it was made of", options, async (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), "overread-pixels-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const values = async (name: RegExp): Promise<number[]> => {
    const entry = realFiles(folder as string).find((each) => name.test(each.path));
    assert.ok(entry, String(name));
    const image = await opened(directory, realBytes(folder as string, entry), entry.transferSyntaxUID ?? "");
    assert.ok(image);
    const { bytes, description } = await decodeFrame(await image.frame(1), image.describe(1));
    return Array.from(storedValues(bytes, description), modalityFunction(description));
  };
  const original = await values(/ctimage\/LittleEndianExplicit/);
  for (const process of ["2_4", "6_8", "10_12"]) {
    const lossy = await values(new RegExp(`ctimage/JPEGProcess${process}Transfer`));
    // Steps of two units were cut off, not rounded. Outside of the body the original holds padding, far below what 12 bits can say.
    const errors = lossy.flatMap((value, i) =>
      (original[i] as number) > -1000 ? [value - (original[i] as number)] : [],
    );
    const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
    assert.ok(Math.abs(mean) < 2, `process ${process}: ${mean} HU off`);
  }
});

/** What is not drawn, and what the reader is told. */
const refused: [path: RegExp, reason: RegExp][] = [
  // Pixels of a sequence item, not of the object.
  [/nested_priv_SQ\.dcm$/, /no picture/],
];
/** Damaged on purpose, so that no archive would have taken them. */
const unreadable = /(ExplVR_LitEndNoMeta|MR_truncated|meta_missing_tsyntax|no_meta|rtplan_truncated|rtstruct)\.dcm$/;
/** Of one shade in themselves: a mask between its edges, a tile of empty glass, a few pixels of air. */
const plain = /^dicom\/(seg\/|sm\/|media-fileset\/|ct\/abdomen-topogram-c3n-00953\/)/;

test("every real image becomes a picture with something on it, or says in words why not", options, async (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), "overread-pixels-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const failed: string[] = [];
  let drawn = 0;
  const seen = new Map<string, number>();
  for (const entry of realFiles(folder as string)) {
    // A few of each series are enough.
    const series = `${entry.path.split("/").slice(0, -1).join("/")} ${entry.seriesInstanceUID} ${entry.transferSyntaxUID} ${entry.rows}`;
    seen.set(series, (seen.get(series) ?? 0) + 1);
    if ((seen.get(series) ?? 0) > 2) continue;
    try {
      const image = await opened(directory, realBytes(folder as string, entry), entry.transferSyntaxUID ?? "");
      if (!image) continue;
      const n = Math.max(1, Math.ceil(image.frames / 2));
      const { bytes, description } = await decodeFrame(await image.frame(n), image.describe(n));
      const { data } = drawPixels(bytes, description);
      const [low, high] = data.reduce(([a, b], v) => [Math.min(a as number, v), Math.max(b as number, v)], [255, 0]);
      if ((high as number) - (low as number) < 10 && !plain.test(entry.path))
        failed.push(`${entry.path}: ${low}..${high}`);
      drawn++;
    } catch (error) {
      const reason = error instanceof DomainError ? String(error.details.reason) : String(error);
      const expected = refused.some(([file, words]) => file.test(entry.path) && words.test(reason));
      if (!expected && !unreadable.test(entry.path)) failed.push(`${entry.path}: ${reason}`);
    }
  }
  t.diagnostic(`${drawn} pictures`);
  assert.deepEqual(failed, []);
});
