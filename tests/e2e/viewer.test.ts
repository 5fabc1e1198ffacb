import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Page } from "playwright";
import { desktop, phone } from "./support/browser.ts";
import { until } from "./support/stack.ts";
import {
  chestColumns,
  greysOf,
  indexOf,
  numberOnScreen,
  picture,
  shown,
  startViewerBench,
  type ViewerBench,
} from "./support/viewer-page.ts";

let bench: ViewerBench;
before(async () => {
  bench = await startViewerBench();
});
after(async () => {
  await bench?.close();
});

/** Waits until the slice on the screen is the one the viewer says, and tells its number. */
async function settled(page: Page, side: "current" | "prior" = "current"): Promise<number> {
  let number: number | null = null;
  await until(
    "the slice named on the screen",
    async () => {
      number = await numberOnScreen(page, side);
      return number !== null && number - 1 === (await indexOf(page, side));
    },
    { deadlineMs: 20_000 },
  );
  return number ?? 0;
}

describe("the radiologist's viewer", { timeout: 540_000 }, () => {
  test("shows the slice it names, with pixels and not just an element", async () => {
    const { page, context } = await bench.open("chest");
    await shown(page, "current");
    await settled(page);
    const { grey } = await greysOf(page, "current");
    assert.ok(new Set(grey).size > 50, "a CT has many greys");
    assert.ok(grey.filter((value) => value > 8).length / grey.length > 0.1, "a good part of it is not black");
    await context.close();
  });

  test("pages through the stack by wheel and by key, and the burned-in number goes along", async () => {
    const { page, context } = await bench.open("chest");
    await shown(page, "current");
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
    await context.close();
  });

  test("a window preset changes the picture, and reset brings back the picture it opened with", async () => {
    const { page, context } = await bench.open("chest");
    await shown(page, "current");
    await settled(page);
    const opened = await picture(page, "current");
    await page.keyboard.press("3");
    await page.getByTestId("window-current").getByText("W 1800 L 400").waitFor();
    await until("another picture", async () => (await picture(page, "current")) !== opened);
    const box = await page.getByTestId("viewport-current").boundingBox();
    assert.ok(box);
    await page.keyboard.press("z");
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2 + 60, { steps: 4 });
    await page.mouse.up();
    await page.keyboard.press("i");
    await page.keyboard.press("r");
    await until("the picture as opened", async () => (await picture(page, "current")) === opened);
    await context.close();
  });

  test("dragging with either button changes the window", async () => {
    const { page, context } = await bench.open("chest");
    await shown(page, "current");
    const window = page.getByTestId("window-current");
    const box = await page.getByTestId("viewport-current").boundingBox();
    assert.ok(box);
    for (const button of ["left", "right"] as const) {
      const said = await window.textContent();
      await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
      await page.mouse.down({ button });
      await page.mouse.move(box.x + box.width / 2 + 40, box.y + box.height / 2, { steps: 4 });
      await page.mouse.up({ button });
      await until(`another window by the ${button} button`, async () => (await window.textContent()) !== said);
    }
    await context.close();
  });

  test("a line of 100 pixels on the screen is as long as the image's spacing says", async () => {
    const { page, context } = await bench.open("chest");
    await shown(page, "current");
    await settled(page);
    const { width, height, ratio } = await greysOf(page, "current");
    const metadata = page.waitForResponse((response) => response.url().endsWith("/metadata"));
    await page.reload();
    const instances = (await (await metadata).json()) as Record<string, { Value: number[] }>[];
    await shown(page, "current");
    await settled(page);
    const spacing = instances[0]?.["00280030"]?.Value[0];
    assert.ok(spacing);
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
    const measured = Number.parseFloat((await chip.textContent()) ?? "");
    assert.ok(Math.abs(measured - expected) <= 0.6, `${measured} mm on the chip, ${expected} mm by the spacing`);
    await page.keyboard.press("Delete");
    await chip.waitFor({ state: "detached" });
    await context.close();
  });

  test("the prior stands beside the current study under its own name and date, and scrolls along", async () => {
    const { page, context } = await bench.open("chest");
    await shown(page, "current");
    await settled(page);
    await page.keyboard.press("p");
    await shown(page, "prior");
    assert.match((await page.getByTestId("pane-label-prior").textContent()) ?? "", /Prior.*14 Mar 2024/);
    assert.match((await page.getByTestId("pane-label-current").textContent()) ?? "", /Current.*14 Mar 2026/);
    const current = await settled(page, "current");
    const prior = await settled(page, "prior");
    assert.equal(prior, current, "the same place in the body");
    await page.getByTestId("viewport-current").hover();
    await page.mouse.wheel(0, 100);
    await until("both sides one slice on", async () => {
      return (await settled(page, "current")) === current + 1 && (await settled(page, "prior")) === prior + 1;
    });
    await page.keyboard.press("y");
    await page.mouse.wheel(0, 100);
    await until("the current side alone", async () => (await settled(page, "current")) === current + 2);
    assert.equal(await settled(page, "prior"), prior + 1);
    await page.keyboard.press("p");
    await page.getByTestId("viewport-prior").waitFor({ state: "detached" });
    await context.close();
  });

  test("an ultrasound loop plays and stops", async () => {
    const { page, context } = await bench.open("loop");
    await shown(page, "current");
    const before = await picture(page, "current");
    await page.keyboard.press("c");
    const seen = new Set<number | null>();
    await until("several frames", async () => {
      seen.add(await indexOf(page, "current"));
      return seen.size >= 4;
    });
    await until("a moving picture", async () => (await picture(page, "current")) !== before);
    await page.keyboard.press("c");
    await page.getByRole("button", { name: "Play cine" }).waitFor();
    const stopped = await until("the loop standing", async () => {
      const one = await picture(page, "current");
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 250)));
      return one === (await picture(page, "current")) ? one : null;
    });
    assert.ok(stopped);
    await context.close();
  });

  test("the keys are listed beside the image, not over it", async () => {
    const { page, context } = await bench.open("chest");
    await shown(page, "current");
    await page.keyboard.press("?");
    const keys = await page.getByRole("complementary", { name: "Keys of the viewer" }).boundingBox();
    const image = await page.getByTestId("viewport-current").boundingBox();
    assert.ok(keys && image);
    assert.ok(image.x + image.width <= keys.x + 1, "side by side");
    await context.close();
  });

  test("what is typed into a field does not move the images", async () => {
    const { page, context } = await bench.open("chest");
    await shown(page, "current");
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
    await context.close();
  });

  test("an ended session is said in words with the way back, and no picture is made of the answer", async () => {
    const { page, context } = await bench.open("chest");
    await shown(page, "current");
    await page.route("**/dicomweb/**", (route) => route.fulfill({ status: 401, json: { code: "auth.required" } }));
    await page.reload();
    const alert = page.getByTestId("viewport-current").locator("xpath=..").getByRole("alert");
    await alert.getByText("Your session ended. Sign in again.").waitFor({ timeout: 30_000 });
    assert.match((await alert.getByRole("link", { name: "Sign in" }).getAttribute("href")) ?? "", /^\/sign-in/);
    assert.equal(await page.getByTestId("viewport-current").getAttribute("data-image"), null);
    await context.close();
  });

  test("one image that cannot be had covers the one before it and leaves the others readable", async () => {
    const { page, context } = await bench.open("chest");
    await page.route("**/frames/1*", (route) => route.continue());
    await shown(page, "current");
    const first = await settled(page);
    await context.close();

    const again = await bench.open("chest");
    const broken = first + 1;
    const metadata = again.page.waitForResponse((response) => response.url().endsWith("/metadata"));
    // The route is set while the page loads, so it learns which instance to break from the metadata itself.
    let brokenUid = "";
    await again.page.route("**/frames/1", async (route) =>
      brokenUid && route.request().url().includes(`/${brokenUid}/`) ? route.fulfill({ status: 500 }) : route.continue(),
    );
    await again.page.reload();
    const instances = (await (await metadata).json()) as Record<string, { Value: (string | number)[] }>[];
    brokenUid = String(
      instances.find((instance) => Number(instance["00200013"]?.Value[0]) === broken)?.["00080018"]?.Value[0] ?? "",
    );
    await again.page.reload();
    await shown(again.page, "current");
    await settled(again.page);
    await again.page.keyboard.press("ArrowDown");
    const alert = again.page.getByTestId("viewport-current").locator("xpath=..").getByRole("alert");
    await alert.getByText(new RegExp(`Image ${broken} of`)).waitFor({ timeout: 20_000 });
    await again.page.keyboard.press("ArrowDown");
    await until("the image behind it", async () => (await settled(again.page)) === broken + 1);
    assert.equal(await alert.count(), 0);
    await again.context.close();
  });

  test("on a phone a finger pages and the tools fit", async () => {
    const { page, context } = await bench.open("chest", phone);
    await shown(page, "current");
    const first = await settled(page);
    const box = await page.getByTestId("viewport-current").boundingBox();
    assert.ok(box && box.width <= phone.width && box.height > 300);
    const session = await context.newCDPSession(page);
    const x = box.x + box.width / 2;
    const y = box.y + box.height / 2;
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", at: number) =>
      session.send("Input.dispatchTouchEvent", { type, touchPoints: type === "touchEnd" ? [] : [{ x, y: at }] });
    await touch("touchStart", y);
    for (let step = 1; step <= 10; step++) await touch("touchMove", y + step * 12);
    await touch("touchEnd", y + 120);
    await until("a later slice", async () => (await settled(page)) > first);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth));
    await context.close();
  });

  test("nothing threw", () => {
    assert.deepEqual(bench.problems, []);
    assert.ok(desktop.width > phone.width);
  });
});
