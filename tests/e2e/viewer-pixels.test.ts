import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { numberOf, stringOf } from "@overread/shared/dicom/dicom-json";
import type { InstanceHeader } from "@overread/shared/dicom/part10";
import { drawPixels } from "@overread/shared/dicom/pixels/draw-pixels";
import { resolutionEnds } from "@overread/shared/dicom/pixels/htj2k-stream";
import { TS } from "@overread/shared/dicom/transfer-syntaxes";
import { newUid } from "@overread/shared/dicom/uids";
import { encodePart10 } from "@overread/shared/dicom/write";
import type { Page } from "playwright";
import { encodeLossless } from "#server/archive/rendition/encode-lossless.ts";
import { dataSetOf } from "../archive.ts";
import { pixelCases } from "../factories/pixel-cases/index.ts";
import { caseDataSet, caseInstance, frameOfCase } from "../factories/pixel-cases/instance.ts";
import { openImage } from "../support/open-image.ts";
import { blocksOf, farthest, type Lab, type OnScreen, onScreen, startLab } from "./support/lab.ts";

const grid = { across: 8, down: 1 };
/** Greys that a canvas may be off: rounding of the graphics, and of the pixels between two bars. */
const tolerance = 4;

const stitchedSize = { rows: 9000, columns: 256 };
const stitchedGreys = [0, 30, 60, 90, 120, 150, 180, 210];

let lab: Lab;
let page: Page;
let directory: string;
/** What stood on the canvas of each image, to the last point. */
const originals = new Map<string, string>();
const instances = pixelCases.map((each, index) => ({ each, uid: newUid(), file: "", dataSetAt: 0, index }));
before(async () => {
  directory = mkdtempSync(path.join(tmpdir(), "overread-viewer-pixels-"));
  const [study, series] = [newUid(), newUid()];
  for (const instance of instances) {
    const { each, uid, index } = instance;
    instance.file = path.join(directory, `${index}.dcm`);
    const part10 = caseInstance(each, { study, series, instance: uid, number: index + 1 });
    instance.dataSetAt = part10.length - dataSetOf(part10).length;
    writeFileSync(instance.file, part10);
  }
  const stitched = path.join(directory, "stitched.dcm");
  writeFileSync(stitched, stitchedInstance());
  const large = path.join(directory, "large.dcm");
  writeFileSync(large, largeInstance());
  lab = await startLab([...instances.map(({ file }) => file), stitched, large]);
  page = await lab.open(0);
  await onScreen(page, 0, grid);
});
after(async () => {
  await lab?.close();
  rmSync(directory, { recursive: true, force: true });
});

/** A radiograph of the whole spine, taller than what graphics hold: eight bands from top to bottom. */
function stitchedInstance(): Buffer {
  const { rows, columns } = stitchedSize;
  const bytes = new Uint8Array(rows * columns);
  for (const [band, grey] of stitchedGreys.entries())
    bytes.fill(grey, Math.floor((band * rows) / 8) * columns, Math.floor(((band + 1) * rows) / 8) * columns);
  const dataset = caseDataSet({ name: "Stitched", cells: "u8", bars: stitchedGreys, grey: stitchedGreys }, {});
  dataset["00280010"] = { vr: "US", Value: [rows] };
  dataset["00280011"] = { vr: "US", Value: [columns] };
  dataset["00281050"] = { vr: "DS", Value: ["128"] };
  dataset["00281051"] = { vr: "DS", Value: ["256"] };
  // The list of studies begins with the newest.
  dataset["00080020"] = { vr: "DA", Value: ["20200101"] };
  dataset["7FE00010"] = { vr: "OB", bytes };
  return encodePart10({ dataset, transferSyntaxUid: TS.explicitLittleEndian });
}

/** A large slice of another study: dark at the left, bright at the right, with a little noise. */
function largeInstance(): Buffer {
  const side = 512;
  let state = 99;
  const values = Uint16Array.from({ length: side * side }, (_, i) => {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    return (i % side < side / 2 ? 600 : 3000) + (state % 24);
  });
  const dataset = caseDataSet({ name: "Large", cells: "u16", bars: stitchedGreys, grey: stitchedGreys }, {});
  for (const tag of ["00280010", "00280011"]) dataset[tag] = { vr: "US", Value: [side] };
  dataset["00280101"] = { vr: "US", Value: [12] };
  dataset["00280102"] = { vr: "US", Value: [11] };
  dataset["00281050"] = { vr: "DS", Value: ["2048"] };
  dataset["00281051"] = { vr: "DS", Value: ["4096"] };
  dataset["00080020"] = { vr: "DA", Value: ["20190101"] };
  dataset["7FE00010"] = { vr: "OW", bytes: new Uint8Array(values.buffer) };
  return encodePart10({ dataset, transferSyntaxUid: TS.explicitLittleEndian });
}

/** As the archive makes it (`archive/rendition/make-renditions.ts`); null where it makes none. */
async function renditionFor({ dataset }: InstanceHeader, frame: Buffer): Promise<Uint8Array | null> {
  const said = (name: string) => numberOf(dataset, name) ?? 0;
  const photometric = stringOf(dataset, "PhotometricInterpretation") ?? "";
  const samplesPerPixel = said("SamplesPerPixel") === 3 ? 3 : 1;
  const [bitsAllocated, bitsStored] = [said("BitsAllocated"), said("BitsStored")];
  if ((bitsAllocated !== 8 && bitsAllocated !== 16) || said("HighBit") !== bitsStored - 1) return null;
  if (samplesPerPixel === 3 ? photometric !== "RGB" || bitsStored !== 8 : !/^MONOCHROME[12]$/.test(photometric))
    return null;
  return encodeLossless(frame, {
    rows: said("Rows"),
    columns: said("Columns"),
    samplesPerPixel,
    bitsAllocated,
    bitsStored,
    signed: said("PixelRepresentation") === 1,
    planar: said("PlanarConfiguration") === 1,
  }).catch(() => null);
}

/** The whole canvas as it is on the screen, every point of it. */
const canvasOf = (on: Page): Promise<string> =>
  on.evaluate(async () => {
    const canvas = document.querySelector<HTMLCanvasElement>(
      '[data-testid="viewport-current"] canvas.cornerstone-canvas',
    );
    const context = canvas?.getContext("2d");
    if (!canvas || !context) return "nothing";
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    let sum = 0;
    for (const value of data) sum = (sum * 31 + value) | 0;
    return `${canvas.width}x${canvas.height} ${sum}`;
  });

/** The picture the server draws of a case, as blocks. */
async function fromServer({ each, file, dataSetAt }: (typeof instances)[number]) {
  const image = await openImage(file, TS.explicitLittleEndian, dataSetAt);
  assert.ok(image);
  const n = frameOfCase(each);
  return blocksOf(drawPixels(await image.frame(n), image.describe(n)), grid);
}

describe("the canvas of the viewer", () => {
  test("equals the picture of the server for every case that can be drawn, and has words for the others", async () => {
    const shown = new Map<string, OnScreen>();
    const words: string[] = [];
    const count = Number(await page.getByTestId("viewport-current").getAttribute("data-count"));
    await page.keyboard.press("Home");
    for (let index = 0; index < count; index++) {
      const seen = await onScreen(page, index, grid);
      if ("words" in seen) words.push(seen.words);
      else {
        shown.set(`${seen.image}/${seen.frame}`, seen);
        originals.set(`${seen.image}/${seen.frame}`, await canvasOf(page));
      }
      await page.keyboard.press("ArrowDown");
    }
    const wrong: string[] = [];
    for (const instance of instances) {
      const { each, uid } = instance;
      const seen = shown.get(`${uid}/${frameOfCase(each)}`);
      if ("refused" in each) {
        if (seen) wrong.push(`${each.name}: drawn, although it cannot be drawn truly`);
        continue;
      }
      if (!seen || "words" in seen) {
        wrong.push(`${each.name}: not drawn`);
        continue;
      }
      const server = farthest(seen.blocks, await fromServer(instance));
      if (server > tolerance) wrong.push(`${each.name}: ${server.toFixed(1)} from the server's picture`);
      if (each.asked) continue;
      const levels = "grey" in each ? each.grey.map((level) => [level, level, level]) : [...each.rgb];
      const off = farthest(seen.blocks, levels);
      if (off > tolerance) wrong.push(`${each.name}: ${off.toFixed(1)} from the right values`);
    }
    assert.deepEqual(wrong, []);
    // What has no rows is no image of the series at all.
    const refused = pixelCases.filter((each) => "refused" in each && each.name !== "no rows");
    assert.equal(words.length, refused.length);
    for (const each of refused)
      assert.ok("refused" in each && words.some((said) => each.refused.test(said)), `words for ${each.name}`);
  });

  test("a negative is inverted, reset and opened again as it came", async () => {
    const negative = instances.find(({ each }) => each.name === "MONOCHROME1");
    assert.ok(negative && "grey" in negative.each);
    const opened = negative.each.grey.map((level) => [level, level, level]);
    const turned = negative.each.grey.map((level) => [255 - level, 255 - level, 255 - level]);
    const index = pixelCases.slice(0, negative.index).reduce((sum, each) => sum + frameOfCase(each), 0);
    await page.getByLabel("Image", { exact: true }).fill(String(index));
    const inverted = page.getByTestId("window-current").getByText("inverted");
    const stands = async (levels: number[][], word: boolean) => {
      await inverted.waitFor({ state: word ? "visible" : "detached" });
      await page.waitForFunction(() =>
        new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))).then(() => true),
      );
      const seen = await onScreen(page, index, grid);
      assert.ok("blocks" in seen && farthest(seen.blocks, levels) <= tolerance, JSON.stringify(seen));
    };
    await page.getByTestId("viewport-current").focus();
    await stands(opened, false);
    await page.keyboard.press("i");
    await stands(turned, true);
    await page.keyboard.press("r");
    await stands(opened, false);
    for (const key of ["r", "0", "i", "i"]) await page.keyboard.press(key);
    await stands(opened, false);
  });

  test("an image larger than the graphics hold is shown reduced, and says so", async () => {
    const tall = await lab.open(1);
    const { rows, columns } = stitchedSize;
    const seen = await onScreen(tall, 0, { across: 1, down: 8 }, columns / rows);
    const right = stitchedGreys.map((grey) => [grey, grey, grey]);
    assert.ok("blocks" in seen && farthest(seen.blocks, right) <= tolerance, JSON.stringify(seen));
    await tall.getByText("Reduced 1:2").waitFor();
    await tall.close();
  });

  test("pixels that are short or packed privately are called that, and not absent or forbidden", async () => {
    const short = await lab.open(1);
    const code = "frame.not-found";
    await short.route("**/frames/1", (route) => route.fulfill({ status: 404, json: { error: { code } } }));
    await short.reload();
    await short.getByRole("alert").getByText("its pixel data is too short, or packed in a way").waitFor();
    await short.close();
  });

  test("shows of a rendition what it shows of the image itself, every point of the canvas the same", async () => {
    let made = 0;
    lab.behaviour.rendition = async (header, frame) => {
      const stream = await renditionFor(header, frame);
      if (stream) made++;
      return stream && { stream };
    };
    const each = await lab.open(0);
    const renditions = new Map<string, string>();
    await onScreen(each, 0, grid);
    await each.keyboard.press("Home");
    for (
      let index = 0;
      index < Number(await each.getByTestId("viewport-current").getAttribute("data-count"));
      index++
    ) {
      const seen = await onScreen(each, index, grid);
      if (!("words" in seen)) renditions.set(`${seen.image}/${seen.frame}`, await canvasOf(each));
      await each.keyboard.press("ArrowDown");
    }
    await each.close();
    lab.behaviour.rendition = null;
    assert.ok(made > 10, `${made} renditions`);
    assert.deepEqual(renditions, originals);
  });

  test("of a broken rendition nothing is shown, but the image itself", async () => {
    const shownOf = async (rendition: Lab["behaviour"]["rendition"]): Promise<string> => {
      lab.behaviour.rendition = rendition;
      const large = await lab.open(2);
      await onScreen(large, 0, grid);
      const print = await canvasOf(large);
      await large.close();
      lab.behaviour.rendition = null;
      return print;
    };
    const original = await shownOf(null);
    let broken = 0;
    for (const breakIt of [
      (stream: Uint8Array) => stream.subarray(0, stream.length * 0.6),
      (stream: Uint8Array) => stream.map((byte, at) => (at > 20 && at < 60 ? 0xff : byte)),
    ]) {
      const shown = await shownOf(async (header, frame) => {
        const stream = await renditionFor(header, frame);
        if (stream) broken++;
        return stream && { stream: breakIt(stream) };
      });
      assert.equal(shown, original);
    }
    assert.ok(broken >= 2);
  });

  test("what has come of an image is shown while the rest is on its way, marked, and nothing is measured in it", async () => {
    const large = await lab.open(2);
    await onScreen(large, 0, grid);
    const original = await canvasOf(large);
    await large.close();
    let release = () => {};
    const until = new Promise<void>((resolve) => {
      release = resolve;
    });
    let part = 0;
    lab.behaviour.rendition = async (header, frame) => {
      const stream = await renditionFor(header, frame);
      assert.ok(stream);
      // A quarter of each side.
      const from = resolutionEnds(stream)?.at(-3) ?? 0;
      part = from / stream.length;
      return { stream, hold: { from, until } };
    };
    const slow = await lab.open(2);
    const preview = slow.locator("canvas[data-preview]");
    await preview.waitFor();
    assert.ok(part < 0.12, `a picture of ${part} of the bytes`);
    assert.match((await preview.getAttribute("data-preview")) ?? "", /^0 (64|128)x/);
    await slow.getByRole("status").getByText("Image 1 is not sharp yet").waitFor();
    await slow.getByText("Image 1/1").waitFor();
    // The bright half is at the right, as in the image.
    const halves = await preview.evaluate((canvas: HTMLCanvasElement) => {
      const context = canvas.getContext("2d");
      const at = (x: number) =>
        context?.getImageData(Math.round(canvas.width * x), canvas.height / 2, 1, 1).data[0] ?? -1;
      return [at(0.3), at(0.7)];
    });
    assert.ok((halves[0] ?? 0) < 100 && (halves[1] ?? 0) > 150, `${halves}`);
    const box = await preview.boundingBox();
    assert.ok(box);
    await slow.keyboard.press("l");
    const drag = async (): Promise<void> => {
      await slow.mouse.move(box.x + box.width / 2 - 60, box.y + box.height / 2);
      await slow.mouse.down();
      await slow.mouse.move(box.x + box.width / 2 + 60, box.y + box.height / 2, { steps: 5 });
      await slow.mouse.up();
    };
    await drag();
    await slow.keyboard.press("k");
    await slow.getByRole("alert").getByText("This image is not sharp yet.").waitFor();
    release();
    await onScreen(slow, 0, grid);
    await preview.waitFor({ state: "detached" });
    assert.equal(await slow.getByText("Image 1 is not sharp yet").count(), 0);
    assert.equal(await canvasOf(slow), original, "the same picture as of the image itself");
    assert.equal(await slow.locator("svg.svg-layer line").count(), 0, "no line was drawn on what was not sharp");
    assert.doesNotMatch((await slow.locator("#said").textContent()) ?? "", /keyImage/);
    await drag();
    await slow.locator("svg.svg-layer line").first().waitFor({ state: "attached" });
    await slow.close();
    lab.behaviour.rendition = null;
  });

  test("nothing threw", () => assert.deepEqual(lab.problems, []));
});
