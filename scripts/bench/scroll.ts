import { readFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import pg from "pg";
import { launchBrowser, signInPage } from "#tests/e2e/support/browser.ts";
import { startStack } from "#tests/e2e/support/stack.ts";
import { say } from "../lib/say.mjs";
import { loadavg } from "./ground.ts";
import { fillCases } from "./worklist.ts";

/** A frame: what stood in the list while it was drawn. */
type Frame = { at: number; blank: boolean; top: number; rows: number };

/**
 * A worklist of many open cases in Chromium: scrolled by the wheel as fast as a hand does, looking at every frame for a
 * part of the list without a row; then how long a key takes until the frame that shows it.
 */
export async function bench(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      cases: { type: "string", default: "50000" },
      pixels: { type: "string", default: "120" },
      seconds: { type: "string", default: "600" },
      pictures: { type: "string" },
    },
  });
  const stack = await startStack();
  const settings = JSON.parse(readFileSync(path.join(stack.dataDir, "settings.json"), "utf8"));
  const database = new pg.Client({ connectionString: settings.DATABASE_URL });
  const browser = await launchBrowser();
  try {
    await database.connect();
    const { rows } = await database.query("SELECT id FROM user_account WHERE email = 'radiologist@nightshift.example'");
    await fillCases(database, 0, Number(values.cases), rows[0].id, 1);
    const { page } = await signInPage(browser, stack.baseUrl, "radiologist@nightshift.example", stack.demoPassword);
    await page.goto(`${stack.baseUrl}/worklist?list=all`);
    await page.getByText("Live", { exact: true }).filter({ visible: true }).first().waitFor();
    for (const width of values.pictures ? [1366, 1600, 2560, 683, 390] : []) {
      await page.setViewportSize({ width, height: width === 683 ? 384 : width === 390 ? 844 : 900 });
      await page.locator("[data-case-id]").first().waitFor();
      await page.screenshot({ path: path.join(values.pictures as string, `list-${width}.png`) });
    }
    await page.setViewportSize({ width: 1600, height: 900 });

    const frames = await page.evaluate(async (pixels) => {
      const box = document.querySelector('[role="grid"]')?.parentElement;
      if (!box) throw new Error("no list");
      const seen: Frame[] = [];
      const started = performance.now();
      const { x, width, y, height } = box.getBoundingClientRect();
      let still = 0;
      let before = -1;
      while (performance.now() - started < 60_000 && still < 120) {
        box.scrollTop += pixels;
        await new Promise((done) => requestAnimationFrame(done));
        // After this frame's layout, at three heights of the list.
        const blank = [0.15, 0.5, 0.9].some((part) => {
          const at = document.elementFromPoint(x + width / 3, y + height * part);
          return !at?.closest("[data-case-id]") && !at?.closest("p");
        });
        seen.push({
          at: performance.now(),
          blank,
          top: box.scrollTop,
          rows: box.querySelectorAll("[data-case-id]").length,
        });
        still = box.scrollTop === before ? still + 1 : 0;
        before = box.scrollTop;
      }
      return seen;
    }, Number(values.pixels));
    const times = frames.slice(1).map(({ at }, index) => at - (frames[index] as Frame).at);
    say(
      `scrolled over ${Math.round((frames.at(-1)?.top ?? 0) / 32)} rows in ${frames.length} frames: ${frames.filter(({ blank }) => blank).length} blank, ` +
        `frame p50 ${at(times, 0.5)} ms, p95 ${at(times, 0.95)} ms, longest ${at(times, 1)} ms; ${frames.at(-1)?.rows} rows in the page`,
    );

    // What is left of the list, so that the key meets all of it.
    const here = await page.evaluate(async (mostMs) => {
      const box = document.querySelector('[role="grid"]')?.parentElement;
      const started = performance.now();
      const loading = () => [...(box?.querySelectorAll(":scope > p") ?? [])].some((p) => p.textContent === "Loading");
      while (box && loading() && performance.now() - started < mostMs) {
        box.scrollTop = box.scrollHeight;
        await new Promise((done) => requestAnimationFrame(done));
      }
      return Math.round((box?.scrollHeight ?? 0) / 32);
    }, Number(values.seconds) * 1000);

    const refused: string[] = [];
    page.on("response", (response) => {
      if (response.status() >= 400) refused.push(`${response.status()} ${new URL(response.url()).pathname}`);
    });
    await page.keyboard.press("Home");
    await page.waitForFunction(() => document.querySelector('[aria-selected="true"][data-index="0"]'));
    // Listens before the first key: a listener that is set while the key is on its way may come too late for it, and wait for ever.
    await page.evaluate(() => {
      const shown: number[] = [];
      Object.assign(window, { keysShown: shown });
      const selected = () => document.querySelector('[aria-selected="true"]')?.id;
      document.addEventListener(
        "keydown",
        ({ timeStamp }) => {
          const before = selected();
          const look = () =>
            selected() === before
              ? requestAnimationFrame(look)
              : requestAnimationFrame(() => shown.push(performance.now() - timeStamp));
          look();
        },
        { capture: true },
      );
    });
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
    // Of the page's own thread: what else the machine does is not in it.
    const cpu = async () => {
      const { metrics } = await devtools.send("Performance.getMetrics");
      return (metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0) * 1000;
    };
    const cpuBefore = await cpu();
    const pressed = 60;
    for (let n = 0; n < pressed; n++) {
      await page.keyboard.press("j");
      await page.waitForFunction((most) => (window as unknown as { keysShown: number[] }).keysShown.length > most, n);
    }
    const keys = await page.evaluate(() => (window as unknown as { keysShown: number[] }).keysShown);
    const cpuMs = ((await cpu()) - cpuBefore) / pressed;
    if (refused.length > 0) say(`refused meanwhile: ${[...new Set(refused)].join(", ")}`);
    say(
      `a key in a list of ${here} rows until the frame after its own: p50 ${at(keys, 0.5)} ms, p95 ${at(keys, 0.95)} ms, longest ${at(keys, 1)} ms, ${cpuMs.toFixed(0)} ms of the page's CPU each; load ${loadavg()[0]?.toFixed(1)}`,
    );
  } finally {
    await browser.close();
    await database.end();
    await stack.stop();
  }
}

const at = (values: number[], part: number): string =>
  (values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? 0).toFixed(0);
