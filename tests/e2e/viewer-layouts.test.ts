import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Page } from "playwright";
import { phone, settles } from "./support/browser.ts";
import { until } from "./support/stack.ts";
import {
  indexOf,
  numberOnScreen,
  painted,
  pictureOf,
  type Side,
  shown,
  type ViewerBench,
  viewportOf,
  withViewerBench,
} from "./support/viewer-page.ts";

const desk = { width: 1366, height: 768 };
let bench: ViewerBench;
let page: Page;
withViewerBench(desk, (...opened) => {
  [bench, page] = opened;
});

const cell = (row: number, column: number): Side => `r${row}c${column}`;
const all = (rows: number, columns: number): Side[] =>
  Array.from({ length: rows * columns }, (_, i) => cell(Math.floor(i / columns) + 1, (i % columns) + 1));

/** Chooses a layout as a reader does: the key, the arrows, Enter. */
async function layOut(on: Page, rows: number, columns: number): Promise<void> {
  await on.keyboard.press("g");
  const chooser = on.getByRole("dialog", { name: "Layout" });
  await chooser.waitFor();
  for (let i = 0; i < 4; i++) {
    await on.keyboard.press("ArrowUp");
    await on.keyboard.press("ArrowLeft");
  }
  for (let i = 1; i < rows; i++) await on.keyboard.press("ArrowDown");
  for (let i = 1; i < columns; i++) await on.keyboard.press("ArrowRight");
  await on.keyboard.press("Enter");
  await chooser.waitFor({ state: "hidden" });
  await until("the cells of the layout", async () => (await on.locator("[data-cell]").count()) === rows * columns);
}

/** Opens the series of the tray in a cell, by keys alone. */
async function openIn(on: Page, side: Side): Promise<void> {
  await on.locator(`[data-cell="${side}"]`).locator("[data-viewport], button").first().focus();
  await on.locator('nav [data-side="current"] li button').first().focus();
  await on.keyboard.press("Enter");
  await shown(on, side);
}

/** Waits until the slice burned into the picture is the one that the cell says, and this one. */
async function standsAt(on: Page, side: Side, index: number): Promise<void> {
  let seen: [number | null, number | null] = [null, null];
  await until(`image ${index + 1} in ${side}`, async () => {
    seen = [await numberOnScreen(on, side), await indexOf(on, side)];
    return seen[0] === index + 1 && seen[1] === index;
  }).catch((error: unknown) => assert.fail(`${String(error)}: number ${seen[0]}, index ${seen[1]}`));
}

describe("layouts of the viewer", () => {
  test("a layout is chosen by keys; the first cell stays and the others wait for a series", async () => {
    await standsAt(page, "r1c1", 0);
    await layOut(page, 2, 2);
    await standsAt(page, "r1c1", 0);
    await until(
      "three empty cells",
      async () => (await page.getByRole("button", { name: "Empty cell" }).count()) === 3,
    );
    assert.equal(await page.getByTestId("viewport-current").count(), 1);
  });

  test("an empty cell is reached and filled by keys alone, and an undo empties it again", async () => {
    await page.keyboard.press("Space");
    await page.keyboard.press("]");
    await shown(page, "r1c2");
    await page.keyboard.press("u");
    const empty = (side: Side) => page.locator(`[data-cell="${side}"]`).getByRole("button", { name: "Empty cell" });
    await empty("r1c2").click();
    await page.keyboard.press("Space");
    await page.locator('[data-cell="r1c1"][data-active]').waitFor();
    // Also from a focus in an empty cell the key leads on.
    await empty("r2c1").focus();
    await page.locator('[data-cell="r2c1"][data-active]').waitFor();
    await page.keyboard.press("Space");
    await page.locator('[data-cell="r1c1"][data-active]').waitFor();
  });

  test("a series comes into the active cell by Enter in the tray, or is dragged into any", async () => {
    await openIn(page, "r1c2");
    await page.locator('nav [data-side="current"] li button').first().dragTo(page.locator('[data-cell="r2c2"]'));
    await shown(page, "r2c2");
    await openIn(page, "r2c1");
    for (const side of all(2, 2)) await standsAt(page, side, 0);
    assert.equal(await page.getByRole("button", { name: "Empty cell" }).count(), 0);
  });

  test("each cell has its own image, window and camera, on the screen and not only by name", async () => {
    for (const [i, side] of all(2, 2).entries()) {
      await viewportOf(page, side).hover();
      await page.keyboard.down("Shift");
      for (let step = 0; step < i * 3; step++) await page.mouse.wheel(0, 100);
      await page.keyboard.up("Shift");
      await standsAt(page, side, i * 3);
    }
    const before = (await pictureOf(page, "r1c1")).print;
    await viewportOf(page, "r2c1").focus();
    const opened = (await pictureOf(page, "r2c1")).print;
    await page.keyboard.press("3");
    await until("another picture", async () => (await pictureOf(page, "r2c1")).print !== opened);
    await viewportOf(page, "r2c2").focus();
    const upright = (await pictureOf(page, "r2c2")).print;
    await page.keyboard.press("h");
    await page.keyboard.press("o");
    await page.keyboard.down("Control");
    await viewportOf(page, "r2c2").hover();
    for (let i = 0; i < 4; i++) await page.mouse.wheel(0, -100);
    await page.keyboard.up("Control");
    await until("a turned picture", async () => (await pictureOf(page, "r2c2")).print !== upright);
    assert.equal((await pictureOf(page, "r1c1")).print, before, "the first cell is untouched");
  });

  test("cells in the same place scroll together, and Shift moves one alone", async () => {
    await viewportOf(page, "r1c1").hover();
    await page.mouse.wheel(0, 100);
    await standsAt(page, "r1c1", 1);
    await standsAt(page, "r1c2", 4);
    await page.mouse.wheel(0, -100);
    await standsAt(page, "r1c1", 0);
    await standsAt(page, "r1c2", 3);
  });

  test("nothing is lost: 5×5, one cell, and back give the same pictures", async () => {
    const settled = async () => {
      await standsAt(page, "r1c1", 0);
      await standsAt(page, "r1c2", 3);
      return Promise.all(all(2, 2).map(async (side) => (await pictureOf(page, side)).print));
    };
    const before = await settled();
    const window = await page
      .locator('[data-cell="r2c1"]')
      .getByText(/^W \d+ L/)
      .textContent();
    const small = async () => {
      await layOut(page, 5, 5);
      // Too small for the number to be read from the picture.
      for (const [i, side] of all(2, 2).entries()) {
        await shown(page, side);
        await until(`image of ${side}`, async () => (await indexOf(page, side)) === i * 3);
        await until(`a picture in ${side}`, async () => (await pictureOf(page, side)).greys > 40);
      }
    };
    await small();
    await layOut(page, 1, 1);
    await standsAt(page, "r1c1", 0);
    // What is not seen holds no graphics.
    await until("one viewport", async () => (await page.locator("[data-viewport]").count()) === 1);
    await small();
    await layOut(page, 2, 2);
    await until("the pictures of before", async () => {
      const now = await settled();
      return now.every((print, i) => print === before[i]);
    });
    assert.equal(
      await page
        .locator('[data-cell="r2c1"]')
        .getByText(/^W \d+ L/)
        .textContent(),
      window,
    );
  });

  test("a double click gives one cell the room of all, and Enter gives it back", async () => {
    const before = (await pictureOf(page, "r1c2")).print;
    await viewportOf(page, "r1c2").dblclick();
    await until("one cell alone", async () => (await page.locator("[data-cell]:visible").count()) === 1);
    await standsAt(page, "r1c2", 3);
    await until("the picture in the room of all", async () => (await pictureOf(page, "r1c2")).width > 600);
    await page.mouse.wheel(0, 100);
    await standsAt(page, "r1c2", 4);
    await page.mouse.wheel(0, -100);
    await standsAt(page, "r1c2", 3);
    await page.keyboard.press("Enter");
    await until("all cells", async () => (await page.locator("[data-cell]:visible").count()) === 4);
    await until("the picture of before", async () => (await pictureOf(page, "r1c2")).print === before);
    await standsAt(page, "r1c1", 0);
  });

  test("a measurement belongs to its image: every cell that shows it, and no layout, knows it", async () => {
    await viewportOf(page, "r1c1").focus();
    await page.keyboard.press("l");
    const box = await viewportOf(page, "r1c1").boundingBox();
    assert.ok(box);
    await page.mouse.move(box.x + box.width / 2 - 30, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2 + 30, box.y + box.height / 2, { steps: 6 });
    await page.mouse.up();
    const chip = page.getByRole("list", { name: "Measurements" }).getByText(/mm \(series \d+, image 1\)/);
    await chip.waitFor();
    await page.keyboard.press("w");
    // The length follows the hand, a picture later.
    let said = await chip.textContent();
    await until("the whole line measured", async () => {
      const before = said;
      await painted(page, 3);
      said = await chip.textContent();
      return said === before;
    });
    await layOut(page, 1, 1);
    await layOut(page, 2, 2);
    await standsAt(page, "r1c1", 0);
    await until("the measurement as it was", async () => (await chip.textContent()) === said);
    const line = page.locator('[data-cell="r1c1"] svg').getByText(/mm/);
    await line.waitFor();
    await page.getByRole("button", { name: /^Show the image of/ }).click();
    await page.getByRole("button", { name: /^Remove / }).click();
    await line.waitFor({ state: "detached" });
  });

  test("the prior takes a cell of any layout, under its own name, and is the first of its kind by name", async () => {
    await layOut(page, 1, 3);
    await viewportOf(page, "r1c1").focus();
    await page.keyboard.press("p");
    await shown(page, "prior");
    const third = page.locator('[data-cell="r1c3"]');
    await third.filter({ hasText: /Prior.*14 Mar 2024/ }).waitFor();
    await third.getByTestId("viewport-prior").waitFor();
    const hidden = await page
      .getByRole("toolbar", { name: "Viewer tools" })
      .evaluate((bar) => bar.scrollWidth - bar.clientWidth);
    assert.ok(hidden <= 0, `${hidden} px of the tools are out of sight`);
    await viewportOf(page, "r1c2").focus();
    // The active cell.
    await page.locator('[data-cell="r1c2"]').getByTestId("viewport-current").waitFor();
    await page.keyboard.press("p");
    await page.getByTestId("viewport-prior").waitFor({ state: "detached" });
  });

  test("twenty-five cells draw twenty-five pictures, through one graphics context", async () => {
    await layOut(page, 5, 5);
    for (const side of all(5, 5)) if ((await viewportOf(page, side).count()) === 0) await openIn(page, side);
    for (const side of all(5, 5)) {
      await shown(page, side);
      await settles(
        `a picture in ${side}`,
        () => pictureOf(page, side),
        ({ greys, lit, width }) => greys > 40 && lit > 0.05 && width > 60,
      );
    }
    const fits = await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);
    assert.ok(fits, "the page does not scroll sideways");
    // No cell of this size has room for a name, and in full screen nothing else says one.
    const patient = page.getByRole("region", { name: "Images" }).locator("bdi").first();
    assert.equal(await patient.isVisible(), false);
    await page.keyboard.press("f");
    await patient.waitFor();
    await patient.filter({ hasText: /\S+ · \S+/ }).waitFor();
    await page.keyboard.press("f");
    await patient.waitFor({ state: "hidden" });
    await page.keyboard.press("Home");
    await layOut(page, 1, 1);
  });

  test("an undo takes back what was put where", async () => {
    await layOut(page, 1, 2);
    await page.keyboard.press("u");
    await until("one cell again", async () => (await page.locator("[data-cell]").count()) === 1);
  });

  test("at 200 % and on a phone every cell can be reached and told from the others", async () => {
    for (const size of [{ width: 683, height: 384 }, phone]) {
      const small = await bench.open("chest", size);
      await shown(small.page, "current");
      await layOut(small.page, 2, 2);
      const boxes = await small.page.locator("[data-cell]").evaluateAll((cells) =>
        cells.map((each) => {
          const { width, height } = each.getBoundingClientRect();
          return { width, height };
        }),
      );
      assert.equal(boxes.length, 4);
      for (const { width, height } of boxes) assert.ok(width >= 90 && height >= 90, `${width} by ${height}`);
      await openIn(small.page, "r2c2");
      await small.page.locator('[data-cell="r2c2"]').scrollIntoViewIfNeeded();
      await until("a picture in the last cell", async () => (await pictureOf(small.page, "r2c2")).greys > 40);
      const fits = await small.page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);
      assert.ok(fits, "the page does not scroll sideways");
      await small.context.close();
    }
  });

  test("nothing threw", () => assert.deepEqual(bench.problems, []));
});
