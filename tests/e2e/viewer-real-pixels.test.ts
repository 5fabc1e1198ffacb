import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { type DicomJson, numberOf } from "@overread/shared/dicom/dicom-json";
import type { InstanceHeader } from "@overread/shared/dicom/part10";
import { drawPixels } from "@overread/shared/dicom/pixels/draw-pixels";
import { newUid } from "@overread/shared/dicom/uids";
import { DomainError } from "@overread/shared/errors";
import type { Page } from "playwright";
import { decodeFrame } from "#server/archive/picture/decode.ts";
import { dataSetOf } from "../archive.ts";
import { noRealData, type RealFile, realBytes, realData, realFiles } from "../real-data.ts";
import { openImage } from "../support/open-image.ts";
import { blocksOf, farthest, type Lab, onScreen, startLab } from "./support/lab.ts";

const grid = { across: 4, down: 4 };
/** Greys: the screen shows a picture larger or smaller, and noise in a narrow window does not stay the same by that. */
const tolerance = 6;
/** Overlays are thin white lines, which enlarging makes a little wider. */
const toleranceOfLines = 10;
/** Larger ones take seconds each, and prove nothing that smaller ones do not. Pixels. */
const largest = 3_000_000;
const smallest = 64;

const data = realData();

/** One file of each series and coding: slices of one series are all made alike. */
function chosen(folder: string): RealFile[] {
  const seen = new Set<string>();
  return realFiles(folder).filter((file) => {
    const kind = `${file.seriesInstanceUID}|${file.transferSyntaxUID}|${file.rows}|${file.frames}`;
    const [rows, columns] = [file.rows ?? 1, file.columns ?? 1];
    // Of a few pixels enlarged a hundred times, or a strip, more is in between than in the pixels.
    const shape = Math.min(rows, columns) >= smallest && Math.max(rows / columns, columns / rows) < 8;
    const wanted = file.opens?.pixels && shape && rows * columns <= largest && !seen.has(kind);
    if (wanted) seen.add(kind);
    return wanted === true;
  });
}

type Image = { name: string; file: string; uid: string; syntax: string; dataSetAt: number; ratio: number };

let lab: Lab;
let page: Page;
let directory: string;
const images: Image[] = [];

before(async () => {
  if (!data) return;
  directory = mkdtempSync(path.join(tmpdir(), "overread-real-pixels-"));
  const [study, series] = [newUid(), newUid()];
  const files = chosen(data).map((real, index) => {
    const part10 = realBytes(data, real);
    const file = path.join(directory, `${String(index).padStart(4, "0")}.dcm`);
    writeFileSync(file, part10);
    return { real, file, dataSetAt: part10.length - dataSetOf(part10).length };
  });
  // All of them as one series of one study, each by its first frame: a stack of everything there is.
  const retell = (header: InstanceHeader, file: string): InstanceHeader => {
    const found = files.find((each) => each.file === file);
    const uid = newUid();
    const [rows, columns] = [numberOf(header.dataset, "Rows") ?? 0, numberOf(header.dataset, "Columns") ?? 0];
    if (found && rows > 0 && columns > 0)
      images.push({
        name: found.real.path,
        file,
        uid,
        syntax: header.transferSyntaxUid,
        dataSetAt: found.dataSetAt,
        ratio: columns / rows,
      });
    const told: DicomJson = {
      ...withoutSize(header.dataset),
      "0020000D": { vr: "UI", Value: [study] },
      "0020000E": { vr: "UI", Value: [series] },
      "00080018": { vr: "UI", Value: [uid] },
      "00080060": { vr: "CS", Value: ["OT"] },
      "00200013": { vr: "IS", Value: [images.length] },
      "00280008": { vr: "IS", Value: [1] },
    };
    return { ...header, dataset: told, studyInstanceUid: study, seriesInstanceUid: series, sopInstanceUid: uid };
  };
  lab = await startLab(
    files.map(({ file }) => file),
    { retell },
  );
  page = await lab.open(0);
});
after(async () => {
  await lab?.close();
  if (directory) rmSync(directory, { recursive: true, force: true });
});

/** Without what makes pixels oblong on the screen. */
function withoutSize(dataset: DicomJson): DicomJson {
  const left: DicomJson = {};
  for (const [tag, element] of Object.entries(dataset)) {
    if (["00280030", "00280034", "00181164"].includes(tag)) continue;
    left[tag] =
      element.vr === "SQ" && element.Value
        ? { ...element, Value: element.Value.map((item) => withoutSize(item as DicomJson)) }
        : element;
  }
  return left;
}

/** The picture the server draws of a file's first frame; what it says when it draws none. */
async function fromServer({ file, syntax, dataSetAt }: Image) {
  try {
    const image = await openImage(file, syntax, dataSetAt);
    if (!image) return { words: "no pixels" };
    const description = image.describe(1);
    const decoded = await decodeFrame(await image.frame(1), description);
    const allowed = description.overlays.length > 0 ? toleranceOfLines : tolerance;
    return { blocks: blocksOf(drawPixels(decoded.bytes, decoded.description), grid), allowed };
  } catch (error) {
    if (error instanceof DomainError) return { words: String(error.details.reason ?? error.code) };
    throw error;
  }
}

describe("real files in the viewer", { skip: data ? false : noRealData }, () => {
  test("of every file the canvas equals the picture of the server, or words say why not", async () => {
    await page.getByLabel("Image", { exact: true }).waitFor();
    await page.getByTestId("viewport-current").focus();
    const wrong: string[] = [];
    const unlike: string[] = [];
    let drawn = 0;
    for (const [index, image] of images.entries()) {
      const seen = await onScreen(page, index, grid, image.ratio).catch(() => null);
      const server = await fromServer(image);
      await page.keyboard.press("ArrowDown");
      if (!seen) wrong.push(`${image.name}: neither picture nor words`);
      else if ("words" in seen) {
        if (seen.words.trim().length < 20) wrong.push(`${image.name}: no reason: ${seen.words}`);
        if ("blocks" in server) unlike.push(`${image.name}: ${seen.words}`);
      } else if (seen.image !== image.uid)
        wrong.push(`${image.name}: another image, ${images.find(({ uid }) => uid === seen.image)?.name}`);
      else if ("blocks" in server && server.blocks) {
        drawn++;
        const off = farthest(seen.blocks, server.blocks);
        if (off > server.allowed) wrong.push(`${image.name}: ${off.toFixed(1)} from the server's picture`);
      }
    }
    assert.deepEqual(wrong, [], `beside these: ${unlike.join("; ")}`);
    assert.ok(drawn > 60, `only ${drawn} of ${images.length} were drawn by both`);
    assert.deepEqual(unlike, [], "the viewer draws what the server can");
  });
});
