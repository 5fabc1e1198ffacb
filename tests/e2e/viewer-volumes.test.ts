import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { TS } from "@overread/shared/dicom/transfer-syntaxes";
import { newUid } from "@overread/shared/dicom/uids";
import { encodePart10 } from "@overread/shared/dicom/write";
import type { Page } from "playwright";
import { caseDataSet } from "../factories/pixel-cases/instance.ts";
import { patienceMs } from "../support/patience.ts";
import { farthest, type Lab, startLab } from "./support/lab.ts";

// A cube of 64 mm, from the origin: 64 × 64 pixels of 1 mm, 33 slices 2 mm apart; four blocks along each side.
const side = 64;
const slices = 33;
const block = (mm: number) => Math.min(3, Math.floor(mm / 16));
/** From the right, from the front, from the feet. Distinct in each direction. */
const level = (x: number, y: number, z: number) => 20 + 12 * x + 4 * y + 48 * z;
const tolerance = 4;

let lab: Lab;
let directory: string;
let page: Page;

before(async () => {
  directory = mkdtempSync(path.join(tmpdir(), "overread-viewer-volumes-"));
  const files = [...series("20200101", (i) => i * 2), ...series("20190101", (i) => (i > 9 ? i * 2 + 10 : i * 2))];
  lab = await startLab(files);
  page = await lab.open(0);
  await page.locator('[data-testid="viewport-current"][data-index]').waitFor();
});
after(async () => {
  await lab?.close();
  rmSync(directory, { recursive: true, force: true });
});

function series(date: string, place: (i: number) => number): string[] {
  const [study, uid, frameOfReference] = [newUid(), newUid(), newUid()];
  return Array.from({ length: slices }, (_, i) => {
    const bytes = Uint8Array.from({ length: side * side }, (_, at) =>
      level(block(at % side), block(Math.floor(at / side)), block(i * 2)),
    );
    const dataset = caseDataSet({ name: "Cube", cells: "u8", bars: [0], grey: [0] }, {});
    const given: [string, string, (string | number)[]][] = [
      ["00080018", "UI", [newUid()]],
      ["00080020", "DA", [date]],
      ["00080060", "CS", ["MR"]],
      ["0020000D", "UI", [study]],
      ["0020000E", "UI", [uid]],
      ["00200013", "IS", [i + 1]],
      ["00200032", "DS", [0, 0, place(i)]],
      ["00200037", "DS", [1, 0, 0, 0, 1, 0]],
      ["00200052", "UI", [frameOfReference]],
      ["00280010", "US", [side]],
      ["00280011", "US", [side]],
      ["00280030", "DS", [1, 1]],
      ["00281050", "DS", [128]],
      ["00281051", "DS", [256]],
    ];
    for (const [tag, vr, Value] of given) dataset[tag] = { vr, Value: vr === "US" ? Value : Value.map(String) };
    dataset["7FE00010"] = { vr: "OB", bytes };
    const file = path.join(directory, `${date}-${i}.dcm`);
    writeFileSync(file, encodePart10({ dataset, transferSyntaxUid: TS.explicitLittleEndian }));
    return file;
  });
}

const cell = (on: Page, id: string) => on.locator(`[data-cell="${id}"]`);
const canvas = (on: Page, id: string) => cell(on, id).locator("canvas.cornerstone-canvas");
const imageIn = (on: Page, id: string) => cell(on, id).getByText(/^Image \d+\/\d+/);

/** The middles of 4 × 4 blocks of the square picture in a cell, once they are what they have to be. */
async function shows(on: Page, id: string, right: (column: number, row: number) => number): Promise<void> {
  const levels = Array.from({ length: 16 }, (_, i) => right(i % 4, Math.floor(i / 4))).map((grey) => [
    grey,
    grey,
    grey,
  ]);
  let seen: number[][] = [];
  const end = Date.now() + patienceMs;
  do {
    seen = await canvas(on, id).evaluate((element) => {
      const drawn = element as HTMLCanvasElement;
      const context = drawn.getContext("2d");
      const length = Math.min(drawn.width, drawn.height);
      const [left, top] = [(drawn.width - length) / 2, (drawn.height - length) / 2];
      return new Promise<number[][]>((resolve) =>
        requestAnimationFrame(() =>
          resolve(
            Array.from({ length: 16 }, (_, i) => {
              const [x, y] = [left + (((i % 4) + 0.5) * length) / 4, top + ((Math.floor(i / 4) + 0.5) * length) / 4];
              return [...(context?.getImageData(Math.round(x), Math.round(y), 1, 1).data ?? [])].slice(0, 3);
            }),
          ),
        ),
      );
    });
  } while (!(farthest(seen as never, levels as never) <= tolerance) && Date.now() < end);
  assert.ok(
    farthest(seen as never, levels as never) <= tolerance,
    `${id}: ${JSON.stringify(seen)} for ${JSON.stringify(levels)}`,
  );
}

describe("planes of a volume", () => {
  test("are made when they are asked for, of the values that the volume has there", async () => {
    assert.equal(await page.getByText("plane", { exact: false }).count(), 0);
    await page.getByTestId("viewport-current").focus();
    await page.keyboard.press("+");
    await imageIn(page, "r1c2").waitFor();
    // Through the middle of the first image: the front of the third block, the right of the third, the lowest.
    await shows(page, "r1c1", (x, y) => level(x, y, 0));
    await shows(page, "r1c2", (x, row) => level(x, 1, 3 - row));
    await shows(page, "r2c1", (y, row) => level(2, y, 3 - row));
    await shows(page, "r2c2", (x, y) => level(x, y, 0));
  });

  test("say which plane they are, where it lies, and which side of the patient is where", async () => {
    await cell(page, "r1c2").getByText("coronal plane").waitFor();
    await cell(page, "r1c2").getByText("Loc 31 mm").waitFor();
    const letters = async (id: string) =>
      Promise.all(
        ["left", "right", "top", "bottom"].map((edge) => cell(page, id).locator(`[data-edge="${edge}"]`).textContent()),
      );
    assert.deepEqual(await letters("r1c1"), ["R", "L", "A", "P"]);
    assert.deepEqual(await letters("r1c2"), ["R", "L", "H", "F"]);
    assert.deepEqual(await letters("r2c1"), ["A", "P", "H", "F"]);
  });

  test("are paged by wheel and keys, the stack with them, and follow the cross-hair", async () => {
    await cell(page, "r1c2").hover();
    for (let i = 0; i < 20; i++) await page.mouse.wheel(0, 100);
    await cell(page, "r1c2").getByText("Loc 51 mm").waitFor();
    await shows(page, "r1c2", (x, row) => level(x, 3, 3 - row));
    await cell(page, "r1c1").locator("strong").first().click();
    await page.keyboard.press("End");
    await shows(page, "r1c1", (x, y) => level(x, y, 3));
    await shows(page, "r2c2", (x, y) => level(x, y, 3));
    // The cross-hair of the coronal plane is taken to the right of the patient and down to the feet.
    const picture = await canvas(page, "r1c2").boundingBox();
    const middle = await page.getByTestId("cross-hairs-r1c2").locator("[data-middle]").boundingBox();
    assert.ok(picture && middle);
    const length = Math.min(picture.width, picture.height);
    await page.mouse.move(middle.x + middle.width / 2, middle.y + middle.height / 2);
    await page.mouse.down();
    await page.mouse.move(
      picture.x + (picture.width - length) / 2 + length / 8,
      picture.y + (picture.height + length) / 2 - length / 8,
      { steps: 4 },
    );
    await page.mouse.up();
    await shows(page, "r2c1", (y, row) => level(0, y, 3 - row));
    await shows(page, "r1c1", (x, y) => level(x, y, 0));
  });

  test("that are thick show the largest value through them", async () => {
    await cell(page, "r1c2").getByLabel("Slab").selectOption("mip");
    await cell(page, "r1c2").getByLabel("Thickness in millimetres").fill("130");
    await page.keyboard.press("Enter");
    await cell(page, "r1c2").getByText("coronal MIP 130 mm plane").waitFor();
    await shows(page, "r1c2", (x, row) => level(x, 3, 3 - row));
    await cell(page, "r1c2").getByLabel("Slab").selectOption("minip");
    await shows(page, "r1c2", (x, row) => level(x, 0, 3 - row));
    await cell(page, "r1c2").getByLabel("Slab").selectOption("thin");
    await cell(page, "r1c2").getByText("coronal plane").waitFor();
  });

  test("are measured in the millimetres of the patient", async () => {
    await canvas(page, "r1c2").scrollIntoViewIfNeeded();
    const picture = await canvas(page, "r1c2").boundingBox();
    assert.ok(picture);
    // 65 rows of 1 mm fill the height, or 64 columns the width.
    const perMm = Math.min(picture.height / 65, picture.width / 64);
    const [x, y] = [picture.x + picture.width / 2, picture.y + picture.height / 2];
    await page.keyboard.press("l");
    await page.mouse.move(x - 24 * perMm, y + 18 * perMm);
    await page.mouse.down();
    await page.mouse.move(x + 24 * perMm, y - 18 * perMm, { steps: 5 });
    await page.mouse.up();
    // 48 mm to the left and 36 mm up.
    const text = await cell(page, "r1c2").locator("svg.svg-layer text").first().textContent();
    const [, mm] = /([\d.]+) mm/.exec(text ?? "") ?? [];
    assert.ok(Math.abs(Number(mm) - 60) <= 0.5, text ?? "no length");
    await page.getByText(/coronal plane\)/).waitFor();
    await page.keyboard.press("w");
  });

  test("turn by keys, and are given back with one", async () => {
    await cell(page, "r1c1").locator("strong").first().click();
    for (let i = 0; i < 18; i++) await page.keyboard.press(">");
    await cell(page, "r1c2").getByText("oblique plane").waitFor();
    // By 90°: what was coronal is cut from front to back, through the block at the patient's right.
    await shows(page, "r1c2", (y, row) => level(0, y, 3 - row));
    await page.keyboard.press("+");
    await cell(page, "r1c2").waitFor({ state: "detached" });
    await shows(page, "r1c1", (x, y) => level(x, y, 0));
  });

  test("are refused in words where slices are missing, and the stack stays", async () => {
    const gap = await lab.open(1);
    await gap.locator('[data-testid="viewport-current"][data-index]').waitFor();
    await gap.getByTestId("viewport-current").focus();
    await gap.keyboard.press("+");
    await gap
      .getByRole("alert")
      .getByText(/between image 10 and the next there is a gap of 12.0 mm/)
      .waitFor();
    await shows(gap, "r1c1", (x, y) => level(x, y, 0));
    await gap.close();
    assert.deepEqual(lab.problems, []);
  });
});
