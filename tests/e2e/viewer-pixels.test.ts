import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { drawPixels } from "@overread/shared/dicom/pixels/draw-pixels";
import { TS } from "@overread/shared/dicom/transfer-syntaxes";
import { newUid } from "@overread/shared/dicom/uids";
import { encodePart10 } from "@overread/shared/dicom/write";
import type { Page } from "playwright";
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
  lab = await startLab([...instances.map(({ file }) => file), stitched]);
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
      else shown.set(`${seen.image}/${seen.frame}`, seen);
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

  test("nothing threw", () => assert.deepEqual(lab.problems, []));
});
