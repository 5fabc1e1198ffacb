import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Page } from "playwright";
import { phone, reload, settles } from "./support/browser.ts";
import { until } from "./support/stack.ts";
import {
  fitted,
  indexOf,
  numberOnScreen,
  painted,
  pictureOf,
  shown,
  type ViewerBench,
  withViewerBench,
} from "./support/viewer-page.ts";
import { chestColumns } from "./support/viewer-studies.ts";

/** Room for a toolbar, a tray and a report; software WebGL pays for every pixel more. */
const desk = { width: 1200, height: 760 };
let bench: ViewerBench;
/** The chest CT, opened once: what a test changes it puts back. */
let page: Page;
withViewerBench(desk, (...opened) => {
  [bench, page] = opened;
});

/** Waits until the slice on the screen is the one the viewer says, and tells its number. */
async function settled(page: Page, side: "current" | "prior" = "current"): Promise<number> {
  let number: number | null = null;
  await until("the slice named on the screen", async () => {
    number = await numberOnScreen(page, side);
    return number !== null && number - 1 === (await indexOf(page, side));
  });
  return number ?? 0;
}

describe("the radiologist's viewer", () => {
  test("shows the slice it names, with pixels and not just an element", async () => {
    await settled(page);
    await settles(
      "the many greys of a CT, a good part of it not black",
      () => pictureOf(page, "current"),
      ({ greys, lit }) => greys > 50 && lit > 0.1,
    );
  });

  test("pages through the stack by wheel and by key, and the burned-in number goes along", async () => {
    const first = await settled(page);
    await page.getByTestId("viewport-current").hover();
    await page.mouse.wheel(0, 100);
    await until("the next slice", async () => (await settled(page)) === first + 1);
    await page.mouse.wheel(0, -100);
    await until("the slice before", async () => (await settled(page)) === first);
    await page.keyboard.press("ArrowDown");
    await until("the next slice by key", async () => (await settled(page)) === first + 1);
    await page.keyboard.press("Home");
    await until("the first slice", async () => (await settled(page)) === 1);
    await page.keyboard.press("PageDown");
    await until("ten slices on", async () => (await settled(page)) === 11);
    // Of the slices that were passed over nothing was seen; one that is stayed at was.
    const bar = page.locator("[data-cell] [data-shown]").first();
    const seen = async () => Number(await bar.getAttribute("data-shown"));
    const before = await settles("slices that were stayed at", seen, (count) => count >= 1);
    await page.keyboard.press("PageDown");
    const after = await settles("one more", seen, (count) => count > before);
    // The first, the second, the eleventh and this one.
    assert.ok(after <= 4, `${after} slices`);
    assert.match((await bar.locator("input").getAttribute("aria-valuetext")) ?? "", /, \d+ shown so far$/);
  });

  test("a window preset changes the picture, and reset brings back the picture it opened with", async () => {
    await settled(page);
    const opened = (await pictureOf(page, "current")).print;
    await page.keyboard.press("3");
    await page.getByTestId("window-current").getByText("W 1800 L 400").waitFor();
    await until("another picture", async () => (await pictureOf(page, "current")).print !== opened);
    const box = await page.getByTestId("viewport-current").boundingBox();
    assert.ok(box);
    await page.keyboard.press("z");
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2 + 60, { steps: 4 });
    await page.mouse.up();
    await page.keyboard.press("i");
    await page.keyboard.press("r");
    await until("the picture as opened", async () => (await pictureOf(page, "current")).print === opened);
  });

  test("dragging with either button changes the window", async () => {
    const window = page.getByTestId("window-current");
    const box = await page.getByTestId("viewport-current").boundingBox();
    assert.ok(box);
    await page.keyboard.press("w");
    for (const button of ["left", "right"] as const) {
      const said = await window.textContent();
      await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
      await page.mouse.down({ button });
      await page.mouse.move(box.x + box.width / 2 + 40, box.y + box.height / 2, { steps: 4 });
      await page.mouse.up({ button });
      await until(`another window by the ${button} button`, async () => (await window.textContent()) !== said);
    }
    await page.keyboard.press("r");
  });

  test("a line of 100 pixels on the screen is as long as the image's spacing says", async () => {
    await settled(page);
    const { width, height, ratio } = await pictureOf(page, "current");
    const spacing = await page.evaluate(async () => {
      const [frame] = performance.getEntriesByType("resource").filter(({ name }) => name.endsWith("/frames/1"));
      const answer = await fetch((frame?.name ?? "").replace(/\/instances\/.*$/, "/metadata"));
      const instances = (await answer.json()) as { [tag: string]: { Value: number[] } }[];
      return Number(instances[0]?.["00280030"]?.Value[0]);
    });
    assert.ok(spacing > 0);
    // The image stands whole: its columns span the shorter side of the viewport.
    const expected = (100 * ratio * chestColumns * spacing) / Math.min(width, height);
    const box = await page.getByTestId("viewport-current").boundingBox();
    assert.ok(box);
    const x = Math.round(box.x + box.width / 2) - 50;
    const y = Math.round(box.y + box.height / 2);
    await page.keyboard.press("l");
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x + 100, y, { steps: 8 });
    await page.mouse.up();
    const chip = page.getByRole("list", { name: "Measurements" }).getByText(/mm \(series 2, image \d+\)/);
    await chip.waitFor();
    let measured = 0;
    await until("the whole line measured", async () => {
      measured = Number.parseFloat((await chip.textContent()) ?? "");
      return Math.abs(measured - expected) <= 0.6;
    }).catch(() => assert.fail(`${measured} mm on the chip, ${expected} mm by the spacing`));
    await page.keyboard.press("Delete");
    await chip.waitFor({ state: "detached" });
    await page.keyboard.press("w");
  });

  test("an ellipse and a point say the values that the stored pixels have there, and a menu has every way to measure", async () => {
    await settled(page);
    await page.keyboard.press("Home");
    await until("the first slice", async () => (await settled(page)) === 1);
    const box = await page.getByTestId("viewport-current").boundingBox();
    assert.ok(box);
    const [x, y] = [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)];
    /** What the archive's own bytes say at the middle of the picture. */
    const stored = await page.evaluate(async (columns) => {
      const frames = performance.getEntriesByType("resource").filter(({ name }) => name.endsWith("/frames/1"));
      const address = frames[0]?.name ?? "";
      const answer = await fetch(address.replace(/\/instances\/.*$/, "/metadata"));
      const instances = (await answer.json()) as Record<string, { Value: (number | string)[] }>[];
      const first = instances.toSorted((a, b) => Number(a["00200013"]?.Value[0]) - Number(b["00200013"]?.Value[0]))[0];
      if (!first) throw new Error("no instance");
      const rows = Number(first["00280010"]?.Value[0]);
      const uid = first["00080018"]?.Value[0];
      const frame = await fetch(`${address.replace(/\/instances\/.*$/, "")}/instances/${uid}/frames/1`, {
        headers: { accept: "multipart/related; type=application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1" },
      });
      const bytes = new Uint8Array(await frame.arrayBuffer());
      const size = rows * columns * 2;
      const text = new TextDecoder("latin1").decode(bytes.subarray(0, 1000));
      const start = text.indexOf("\r\n\r\n") + 4;
      const view = new DataView(bytes.buffer, start, size);
      const [slope, intercept] = [Number(first["00281053"]?.Value[0]), Number(first["00281052"]?.Value[0])];
      const signed = Number(first["00280103"]?.Value[0]) === 1;
      const at = (column: number, row: number) => {
        const offset = (row * columns + column) * 2;
        return (signed ? view.getInt16(offset, true) : view.getUint16(offset, true)) * slope + intercept;
      };
      const around: number[] = [];
      for (let row = rows / 2 - 4; row <= rows / 2 + 4; row++)
        for (let column = columns / 2 - 4; column <= columns / 2 + 4; column++) around.push(at(column, row));
      return { least: Math.min(...around), most: Math.max(...around) };
    }, chestColumns);
    const chips = page.getByRole("list", { name: "Measurements" });
    await page.keyboard.press("j");
    await page.mouse.click(x, y);
    const value = chips.getByText(/^-?[\d.]+ HU \(series 2, image 1\)$/);
    await value.waitFor();
    const read = Number.parseFloat((await value.textContent()) ?? "");
    assert.ok(read >= stored.least && read <= stored.most, `${read} HU, stored ${stored.least} to ${stored.most}`);
    await page.keyboard.press("Delete");
    await value.waitFor({ state: "detached" });

    await page.getByRole("button", { name: /^Measure: / }).click();
    const menu = page.getByRole("menu", { name: "Measure" });
    await menu.getByRole("menuitemradio", { name: /ellipse/ }).press("Enter");
    await page.getByRole("button", { name: "Measure: Values in an ellipse" }).waitFor();
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x + 6, y + 6, { steps: 4 });
    await page.mouse.up();
    const mean = chips.getByText(/^mean -?[\d.]+ HU, SD [\d.]+, .* to .* HU, [\d.]+ [mc]m² \(series 2, image 1\)$/);
    await mean.waitFor();
    const inside = Number.parseFloat(((await mean.textContent()) ?? "").slice(5));
    assert.ok(
      inside >= stored.least && inside <= stored.most,
      `${inside} HU, stored ${stored.least} to ${stored.most}`,
    );
    await page
      .locator("[data-cell] svg")
      .getByText(/^Mean /)
      .first()
      .waitFor();
    await page.keyboard.press("Delete");
    await mean.waitFor({ state: "detached" });
    await page.keyboard.press("w");
  });

  test("the prior stands beside the current study under its own name and date, and scrolls along", async () => {
    await page.keyboard.press("p");
    await shown(page, "prior");
    const label = (side: string, words: RegExp) =>
      page.getByTestId(`pane-label-${side}`).filter({ hasText: words }).waitFor();
    await label("prior", /Prior.*14 Mar 2024/);
    await label("current", /Current.*14 Mar 2026/);
    for (const side of ["current", "prior"] as const) await fitted(page, side);
    const current = await settled(page, "current");
    let prior = 0;
    await until("the same place in the body", async () => {
      prior = await settled(page, "prior");
      return prior === current;
    });
    await page.getByTestId("viewport-current").hover();
    await page.mouse.wheel(0, 100);
    await until(
      "both sides one slice on",
      async () => (await settled(page, "current")) === current + 1 && (await settled(page, "prior")) === prior + 1,
    );
    await page.keyboard.press("y");
    await page.mouse.wheel(0, 100);
    await until("the current side alone", async () => (await settled(page, "current")) === current + 2);
    assert.equal(await settled(page, "prior"), prior + 1);
    await page.keyboard.press("y");
    await page.keyboard.press("p");
    await page.getByTestId("viewport-prior").waitFor({ state: "detached" });
  });

  test("the keys are listed beside the image, not over it", async () => {
    await page.keyboard.press("?");
    const keys = page.getByRole("complementary", { name: "Keys of the viewer" });
    await settles(
      "side by side",
      async () => [await keys.boundingBox(), await page.getByTestId("viewport-current").boundingBox()],
      ([list, image]) => list != null && image != null && image.x + image.width <= list.x + 1,
    );
    await page.keyboard.press("?");
    await keys.waitFor({ state: "detached" });
  });

  test("what is typed into a field does not move the images", async () => {
    const slice = await settled(page);
    await page.evaluate(() => {
      const field = document.createElement("textarea");
      field.id = "typing";
      field.style.cssText = "position:fixed;bottom:0;right:0;z-index:9";
      document.body.append(field);
      field.focus();
    });
    await page.keyboard.type("lap 3 ]");
    await page.keyboard.press("ArrowDown");
    assert.equal(await page.locator("#typing").inputValue(), "lap 3 ]");
    assert.equal(await settled(page), slice);
    assert.equal(await page.getByTestId("viewport-prior").count(), 0);
    assert.equal(await page.getByRole("button", { name: "Length", exact: true }).getAttribute("aria-pressed"), "false");
    await page.evaluate(() => document.querySelector("#typing")?.remove());
  });

  test("one image that cannot be had covers the one before it and leaves the others readable", async () => {
    await page.keyboard.press("Home");
    await page.locator('[data-testid="viewport-current"][data-index="0"]').waitFor();
    const first = await settled(page);
    const broken = await page.getByTestId("viewport-current").getAttribute("data-image");
    assert.ok(broken);
    await page.route(`**/instances/${broken}/frames/1`, (route) => route.fulfill({ status: 500 }));
    // The stack opens with it.
    await reload(page);
    const alert = page.getByTestId("viewport-current").locator("xpath=..").getByRole("alert");
    await alert.getByText(new RegExp(`Image ${first} of`)).waitFor();
    await page.keyboard.press("ArrowDown");
    await until("the image behind it", async () => (await settled(page)) === first + 1);
    await alert.waitFor({ state: "detached" });
    await page.keyboard.press("Home");
    await alert.getByText(new RegExp(`Image ${first} of`)).waitFor();
    await page.unrouteAll();
  });

  test("an ended session is said in words with the way back, and no picture is made of the answer", async () => {
    await page.route("**/dicomweb/**", (route) => route.fulfill({ status: 401, json: {} }));
    await reload(page);
    const alert = page.getByTestId("viewport-current").locator("xpath=..").getByRole("alert");
    await alert.getByText("Your session ended. Sign in again.").waitFor();
    await alert.locator('a[href^="/sign-in"]', { hasText: "Sign in" }).waitFor();
    assert.equal(await page.getByTestId("viewport-current").getAttribute("data-image"), null);
    await page.unrouteAll();
    await page.context().close();
  });

  test("an ultrasound loop plays and stops", async () => {
    const loop = await bench.open("loop", desk);
    await shown(loop.page, "current");
    const before = (await pictureOf(loop.page, "current")).print;
    await loop.page.keyboard.press("c");
    const seen = new Set<number | null>();
    await until("several frames", async () => {
      seen.add(await indexOf(loop.page, "current"));
      return seen.size >= 4;
    });
    await until("a moving picture", async () => (await pictureOf(loop.page, "current")).print !== before);
    await loop.page.keyboard.press("c");
    await loop.page.getByRole("button", { name: "Play cine" }).waitFor();
    await until("the loop standing", async () => {
      const one = await indexOf(loop.page, "current");
      await painted(loop.page, 20);
      return one === (await indexOf(loop.page, "current"));
    });
    await loop.context.close();
  });

  test("on a phone a finger pages and the tools fit", async () => {
    const pocket = await bench.open("chest", phone);
    await shown(pocket.page, "current");
    const first = await settled(pocket.page);
    const box = await pocket.page.getByTestId("viewport-current").boundingBox();
    assert.ok(box && box.width <= phone.width && box.height > 300);
    const session = await pocket.context.newCDPSession(pocket.page);
    const x = box.x + box.width / 2;
    const y = box.y + box.height / 2;
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", at: number) =>
      session.send("Input.dispatchTouchEvent", { type, touchPoints: type === "touchEnd" ? [] : [{ x, y: at }] });
    await touch("touchStart", y);
    for (let step = 1; step <= 10; step++) await touch("touchMove", y + step * 12);
    await touch("touchEnd", y + 120);
    await until("a later slice", async () => (await settled(pocket.page)) > first);
    assert.ok(await pocket.page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth));
    await pocket.context.close();
  });

  test("nothing threw", () => {
    assert.deepEqual(bench.problems, []);
  });
});
