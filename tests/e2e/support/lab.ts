import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Browser, Page } from "playwright";
import { patienceMs } from "../../support/patience.ts";
import { launchBrowser, newContext } from "./browser.ts";
import { type FixtureBehaviour, startDicomwebFixture } from "./dicomweb-fixture.ts";
import { freePort, until } from "./stack.ts";

const root = path.resolve(import.meta.dirname, "../../..");
const lab = path.join(import.meta.dirname, "viewer-lab");
const next = path.join(root, "node_modules/next/dist/bin/next");
const desk = { width: 900, height: 700 };

export type Lab = {
  /** A page with the viewer on a study of the fixture, by its place in the list. */
  open(study: number): Promise<Page>;
  /** What its archive does. */
  behaviour: FixtureBehaviour;
  /** What pages threw. */
  problems: string[];
  close(): Promise<void>;
};

/** The viewer alone, over files on disk: built, served, and opened in Chromium. */
export async function startLab(
  files: readonly string[],
  asked: Parameters<typeof startDicomwebFixture>[3] = {},
): Promise<Lab> {
  const built = path.join(process.env.OVERREAD_TEST_SHARED ?? "", "viewer-lab-built");
  if (!process.env.OVERREAD_TEST_SHARED || !existsSync(built)) {
    execFileSync(process.execPath, [next, "build", lab], { cwd: root, stdio: "ignore", timeout: 600_000 });
    if (process.env.OVERREAD_TEST_SHARED) writeFileSync(built, "");
  }
  const port = await freePort();
  const pages = spawn(process.execPath, [next, "start", lab, "-p", String(port)], { cwd: root, stdio: "ignore" });
  let browser: Browser | null = null;
  let fixture: Awaited<ReturnType<typeof startDicomwebFixture>> | null = null;
  const close = async () => {
    await browser?.close();
    await fixture?.close();
    await ended(pages);
  };
  try {
    fixture = await startDicomwebFixture(files, port, 0, asked);
    const address = `http://127.0.0.1:${fixture.port}`;
    await until("the pages of the lab", () =>
      fetch(`${address}/`).then(
        (answer) => answer.ok,
        () => false,
      ),
    );
    browser = await launchBrowser();
    const context = await newContext(browser, desk);
    const problems: string[] = [];
    return {
      behaviour: fixture.behaviour,
      problems,
      async open(study) {
        const page = await context.newPage();
        page.on("pageerror", (error) => problems.push(String(error)));
        await page.goto(`${address}/?current=${study}`);
        return page;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) return resolve();
    child.once("exit", () => resolve());
    child.kill("SIGKILL");
  });
}

export type Grid = { across: number; down: number };

/** What stands on the screen for one image: its blocks of colour, or the words in their place. */
export type OnScreen =
  | { words: string }
  | { image: string; frame: number; window: string | null; blocks: [red: number, green: number, blue: number][] };

/**
 * Waits until the image asked for is painted in full, or words stand in its place.
 *
 * @param grid blocks across and down; of each the middle half is averaged, so that edges do not count.
 * @param ratio of the picture's width to its height.
 */
export async function onScreen(page: Page, index: number, grid: Grid, ratio = 1): Promise<OnScreen> {
  const found = await page.waitForFunction(
    ({ index, grid: { across, down }, ratio }) => {
      const element = document.querySelector<HTMLElement>('[data-testid="viewport-current"]');
      const slider = document.querySelector<HTMLInputElement>('input[aria-label="Image"]');
      if (!element || (slider && Number(slider.value) !== index)) return null;
      const words = document.querySelector('[data-side="current"] [role="alert"]')?.textContent;
      if (words) return { words };
      const canvas = element.querySelector("canvas");
      const context = canvas?.getContext("2d");
      if (!canvas || !context || element.dataset.index !== String(index) || element.dataset.quality !== "8")
        return null;
      const width = Math.min(canvas.width, canvas.height * ratio);
      const height = width / ratio;
      const [left, top] = [(canvas.width - width) / 2, (canvas.height - height) / 2];
      const blocks: [number, number, number][] = [];
      for (let row = 0; row < down; row++)
        for (let column = 0; column < across; column++) {
          const { data } = context.getImageData(
            Math.round(left + (width * (column + 0.25)) / across),
            Math.round(top + (height * (row + 0.25)) / down),
            Math.max(1, Math.round(width / across / 2)),
            Math.max(1, Math.round(height / down / 2)),
          );
          const sum = [0, 0, 0];
          for (let i = 0; i < data.length; i += 4)
            for (const c of [0, 1, 2]) sum[c] = (sum[c] ?? 0) + (data[i + c] ?? 0);
          blocks.push(sum.map((total) => (total * 4) / data.length) as [number, number, number]);
        }
      const window = document.querySelector('[data-testid="window-current"]')?.textContent ?? null;
      return { image: element.dataset.image ?? "", frame: Number(element.dataset.frame), window, blocks };
    },
    { index, grid, ratio },
    { timeout: patienceMs },
  );
  return (await found.jsonValue()) as OnScreen;
}

/** The same blocks of a picture of the server. */
export function blocksOf(
  { width, height, channels, data }: { width: number; height: number; channels: 1 | 3; data: Uint8Array },
  { across, down }: Grid,
): [red: number, green: number, blue: number][] {
  const blocks: [number, number, number][] = [];
  for (let row = 0; row < down; row++)
    for (let column = 0; column < across; column++) {
      const [x0, x1] = middle(column, across, width);
      const [y0, y1] = middle(row, down, height);
      const sum: [number, number, number] = [0, 0, 0];
      for (let y = y0; y < y1; y++)
        for (let x = x0; x < x1; x++)
          for (const c of [0, 1, 2] as const)
            sum[c] += data[(y * width + x) * channels + (channels === 3 ? c : 0)] ?? 0;
      const count = (x1 - x0) * (y1 - y0);
      blocks.push([sum[0] / count, sum[1] / count, sum[2] / count]);
    }
  return blocks;
}

function middle(place: number, of: number, length: number): [from: number, to: number] {
  const from = Math.floor((length * (place + 0.25)) / of);
  return [from, Math.max(from + 1, Math.round((length * (place + 0.75)) / of))];
}

/** Largest difference of any block in any colour. */
export function farthest(one: readonly (readonly number[])[], other: readonly (readonly number[])[]): number {
  return Math.max(...one.flatMap((block, i) => block.map((value, c) => Math.abs(value - (other[i]?.[c] ?? 999)))));
}
