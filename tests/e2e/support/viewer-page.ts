import { after, before } from "node:test";
import type { Browser, BrowserContext, Locator, Page } from "playwright";
import { readBurnedInNumber } from "#server/demo/modality-simulator/index.ts";
import { desktop, goTo, launchBrowser, newContext, signInPage } from "./browser.ts";
import { signIn } from "./portal.ts";
import { storescu, studyOnDisk } from "./scanner.ts";
import { type Stack, startStack, until } from "./stack.ts";
import { chestColumns, chestStudy, loopStudy } from "./viewer-studies.ts";

export type ViewerBench = {
  /** A page that shows the viewer with the chest CT (and its prior at hand) or the ultrasound loop. */
  open(
    what: "chest" | "loop",
    size?: { width: number; height: number },
  ): Promise<{ page: Page; context: BrowserContext }>;
  problems: string[];
  close(): Promise<void>;
};

/**
 * The viewer on the reading page of the whole product, with simulated studies sent as a scanner sends them.
 *
 * While working on the viewer alone, OVERREAD_VIEWER_LAB may hold the address of the lab page over a fixture archive
 * that holds the same studies (support/viewer-lab): the tests are the same, only sign-in and reading page are not there.
 */
async function startViewerBench(): Promise<ViewerBench> {
  const browser = await launchBrowser();
  const lab = process.env.OVERREAD_VIEWER_LAB;
  return lab ? labBench(browser, lab) : stackBench(browser);
}

/**
 * Starts a bench for a test file, with the chest CT on a page of this size, and closes it behind the last test.
 *
 * @param opened gets them before the first test.
 */
export function withViewerBench(
  size: { width: number; height: number },
  opened: (bench: ViewerBench, page: Page) => void,
): void {
  let bench: ViewerBench | undefined;
  let context: BrowserContext | undefined;
  before(async () => {
    bench = await startViewerBench();
    const chest = await bench.open("chest", size);
    context = chest.context;
    await shown(chest.page, "current");
    opened(bench, chest.page);
  });
  after(async () => {
    await context?.close();
    await bench?.close();
  });
}

async function stackBench(browser: Browser): Promise<ViewerBench> {
  const stack: Stack = await startStack();
  const scans = [
    studyOnDisk(...chestStudy(true)),
    studyOnDisk(...chestStudy(false)),
    studyOnDisk(...loopStudy()),
  ] as const;
  const [prior, chest, loop] = scans;
  try {
    await storescu(stack, prior.files, { called: "OVERREAD_PRIOR" });
    const reader = await signIn(stack.baseUrl, "radiologist@nightshift.example", stack.demoPassword);
    const archived = await signIn(stack.baseUrl, "tech@lakeside.example", stack.demoPassword);
    await until("the prior in the archive", async () => {
      const answer = await archived.fetch(`/dicomweb/lakeside/studies/${prior.study.studyInstanceUid}/instances`);
      return answer.status === 200 && ((await answer.json()) as unknown[]).length === prior.files.length;
    });
    await storescu(stack, [...chest.files, ...loop.files]);
    type Item = { caseId: string; studyInstanceUid: string; state: string };
    const caseOf = (studyInstanceUid: string) =>
      until("the case on the worklist", async () => {
        const { items } = await reader.query<{ items: Item[] }>("worklist.list", {});
        return items.find((item) => item.studyInstanceUid === studyInstanceUid && item.state === "unread")?.caseId;
      });
    const cases = {
      chest: await caseOf(chest.study.studyInstanceUid),
      loop: await caseOf(loop.study.studyInstanceUid),
    };
    await until("the prior at the case", async () => {
      const { priors } = await reader.query<{ priors: unknown[] }>("study.open", { caseId: cases.chest });
      return priors.length === 1;
    });
    const problems: string[] = [];
    return {
      problems,
      async open(what, size = desktop) {
        const signedIn = await signInPage(
          browser,
          stack.baseUrl,
          "radiologist@nightshift.example",
          stack.demoPassword,
          size,
        );
        signedIn.page.on("pageerror", (error) => problems.push(String(error)));
        await goTo(signedIn.page, `${stack.baseUrl}/studies/${cases[what]}`);
        return signedIn;
      },
      async close() {
        for (const scan of scans) scan.remove();
        await browser.close();
        await stack.stop();
      },
    };
  } catch (error) {
    for (const scan of scans) scan.remove();
    await browser.close();
    await stack.stop();
    throw error;
  }
}

async function labBench(browser: Browser, lab: string): Promise<ViewerBench> {
  const studies = (await (await fetch(`${lab}/lab-studies.json`)).json()) as {
    description: string;
    studyDate: string;
  }[];
  const place = (word: string, year: string) =>
    studies.findIndex((study) => study.description?.includes(word) && study.studyDate?.startsWith(year));
  const queries = {
    chest: `current=${place("Thorax", "2026")}&priors=${place("Thorax", "2024")}`,
    loop: `current=${place("Echo", "2026")}`,
  };
  const problems: string[] = [];
  return {
    problems,
    async open(what, size = desktop) {
      const context = await newContext(browser, size);
      const page = await context.newPage();
      page.on("pageerror", (error) => problems.push(String(error)));
      await page.goto(`${lab}/?${queries[what]}`);
      return { page, context };
    },
    close: () => browser.close(),
  };
}

/** A viewport by what it is called, or by its place in the layout: `"r1c2"`. */
export type Side = "current" | "prior" | `r${number}c${number}`;

export function viewportOf(page: Page, side: Side): Locator {
  return side === "current" || side === "prior"
    ? page.getByTestId(`viewport-${side}`)
    : page.locator(`[data-cell="${side}"] [data-viewport]`);
}

/** What a side shows: size of its picture and screen, share of it that is lit, number of greys, and a fingerprint. */
export function pictureOf(page: Page, side: Side) {
  return viewportOf(page, side).evaluate((element) => {
    const canvas = element.querySelector("canvas");
    const context = canvas?.getContext("2d");
    if (!canvas || !context) return { width: 0, height: 0, ratio: 1, lit: 0, greys: 0, print: "" };
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const greys = new Set<number>();
    let lit = 0;
    let hash = 0;
    for (let i = 0; i < data.length; i += 4) {
      const grey = data[i] ?? 0;
      greys.add(grey);
      if (grey > 8) lit++;
      hash = (Math.imul(hash, 31) + grey) | 0;
    }
    return {
      width: canvas.width,
      height: canvas.height,
      ratio: canvas.width / element.clientWidth,
      lit: lit / (data.length / 4),
      greys: greys.size,
      print: `${canvas.width}x${canvas.height}:${hash}`,
    };
  });
}

/** The number burned into the slice, read from the screen while the image stands as it was opened (whole, not moved). */
export async function numberOnScreen(page: Page, side: Side): Promise<number | null> {
  const rows = 16;
  // Only the image's first rows cross over: one value for each pixel of the slice, taken where the screen has it.
  const pixels = await viewportOf(page, side).evaluate(
    (element, { columns, rows }) => {
      const canvas = element.querySelector("canvas");
      const context = canvas?.getContext("2d");
      if (!canvas || !context) return [];
      const scale = Math.min(canvas.width, canvas.height) / columns;
      const left = (canvas.width - scale * columns) / 2;
      const top = (canvas.height - scale * columns) / 2;
      const { data } = context.getImageData(0, Math.floor(top), canvas.width, Math.ceil(rows * scale) + 1);
      const values: number[] = [];
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++) {
          const x = Math.floor(left + (column + 0.5) * scale);
          const y = Math.floor(top + (row + 0.5) * scale) - Math.floor(top);
          values.push(data[(y * canvas.width + x) * 4] ?? 0);
        }
      return values;
    },
    { columns: chestColumns, rows },
  );
  return pixels.length === 0 ? null : readBurnedInNumber(pixels, chestColumns);
}

/** Image on the screen, from 0. */
export async function indexOf(page: Page, side: Side): Promise<number | null> {
  const value = await viewportOf(page, side).getAttribute("data-index");
  return value === null ? null : Number(value);
}

/** Waits until a side shows an image in full quality. */
export async function shown(page: Page, side: Side): Promise<void> {
  await viewportOf(page, side).and(page.locator('[data-quality="8"]')).waitFor();
}

/** Waits until a picture is drawn for the room it has: a change of layout moves the room first. */
export async function fitted(page: Page, side: Side): Promise<void> {
  await until(`the picture of ${side} drawn for the room it has`, () =>
    viewportOf(page, side).evaluate((element) => {
      const canvas = element.querySelector("canvas");
      if (!canvas) return false;
      const drawn = canvas.width / canvas.height;
      return Math.abs(drawn / (element.clientWidth / element.clientHeight) - 1) < 0.02;
    }),
  );
}

/** Resolves when the browser has painted so many frames more: a loop that plays shows several images in that time. */
export const painted = (page: Page, frames: number): Promise<void> =>
  page.evaluate(
    (left) =>
      new Promise<void>((resolve) => {
        const next = () => (left-- > 0 ? requestAnimationFrame(next) : resolve());
        next();
      }),
    frames,
  );
