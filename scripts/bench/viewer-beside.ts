import path from "node:path";
import { Tag } from "@overread/shared/dicom/tags";
import type { Browser, BrowserContext, CDPSession, Page } from "playwright";
import { launchBrowser, signInPage } from "#tests/e2e/support/browser.ts";
import { signIn } from "#tests/e2e/support/portal.ts";
import { storescu, studyOnDisk } from "#tests/e2e/support/scanner.ts";
import { startStack, until } from "#tests/e2e/support/stack.ts";
import { say } from "../lib/say.mjs";
import { loadavg, median } from "./ground.ts";
import { servePeer } from "./viewer-peer.ts";

const solheim = "radiologist@nightshift.example";
type Viewer = "overread" | "ohif";
/** Milliseconds, bytes and counts of one visit; NaN: did not happen. */
type Visit = { image: number; preview: number; bytes: number; frames: number; all: number };
const lines = { "this machine": null, "20 Mbit/s, 40 ms": { bytesPerSecond: 2_500_000, latencyMs: 40 } } as const;

/**
 * Navigation to the first image of one CT on the same archive, in turn by both viewers, with an empty cache and with a warm one, unthrottled and
 * on a slow line; then wheel steps over the loaded stack, and what memory is left when the case is closed. Medians, and ratios within this run.
 *
 * @param ohif folder `dist` of `@ohif/app`; without it only ours is measured.
 */
export async function besidePeer({
  rounds,
  slices,
  ohif,
}: {
  rounds: number;
  slices: number;
  ohif: string | undefined;
}): Promise<void> {
  const stack = await startStack();
  const browser = await launchBrowser();
  let peer: Awaited<ReturnType<typeof servePeer>> | undefined;
  try {
    const reader = await signIn(stack.baseUrl, solheim, stack.demoPassword);
    const patient = { name: "Bench^Beside", id: "BESIDE", sex: "F", birthDate: "19610412" } as const;
    const { files, study, remove } = studyOnDisk("chest-ct", { seed: "beside", patient, slices });
    await storescu(stack, files);
    remove();
    type Item = { caseId: string; state: string; patientName?: string };
    let caseId = "";
    await until(
      "the case",
      async () => {
        const { items } = await reader.query<{ items: Item[] }>("worklist.list", {});
        caseId = items.find(({ state }) => state === "unread")?.caseId ?? "";
        return caseId !== "";
      },
      { deadlineMs: 600_000 },
    );
    const root = `${stack.baseUrl}/dicomweb/lakeside`;
    const frames = (): Promise<string> =>
      reader
        .fetch(`/dicomweb/lakeside/studies/${study.studyInstanceUid}/instances?limit=1`)
        .then((answer) => answer.json())
        .then(([{ [Tag.SeriesInstanceUID]: series, [Tag.SOPInstanceUID]: instance }]) =>
          [
            `/dicomweb/lakeside/studies/${study.studyInstanceUid}`,
            `series/${series.Value[0]}`,
            `instances/${instance.Value[0]}`,
          ].join("/"),
        );
    const first = await frames();
    await until(
      "the renditions",
      async () => {
        const answer = await reader.fetch(`${first}/frames/1`, { headers: { accept: rendition } });
        await answer.body?.cancel();
        return answer.status === 200;
      },
      { deadlineMs: 600_000 },
    );
    // The last slices of the study are made behind the first.
    await quiet(reader);
    if (ohif) peer = await servePeer(path.resolve(ohif), { root, cookie: reader.cookie() });
    const { page } = await signInPage(browser, stack.baseUrl, solheim, stack.demoPassword);
    const state = await page.context().storageState();
    await page.context().close();
    const places: [Viewer, string][] = [
      ["overread", `${stack.baseUrl}/studies/${caseId}`],
      ...(peer ? [["ohif", `${peer.url}/viewer?StudyInstanceUIDs=${study.studyInstanceUid}`] as [Viewer, string]] : []),
    ];
    for (const [line, limits] of Object.entries(lines)) {
      const visits: Record<string, Visit[]> = {};
      for (let round = 0; round < rounds; round++)
        for (const [viewer, url] of round % 2 ? places.toReversed() : places) {
          const context = await browser.newContext({
            viewport: { width: 1400, height: 900 },
            ...(viewer === "overread" ? { storageState: state } : {}),
          });
          for (const cache of ["cold", "warm"]) {
            const name = `${viewer} ${cache}`;
            visits[name] = [...(visits[name] ?? []), await visit(context, url, slices, limits)];
          }
          await context.close();
        }
      report(line, visits, slices);
    }
    await scrolled(browser, state, places, slices);
    say(`load ${loadavg()[0]?.toFixed(1)}`);
  } finally {
    await peer?.close();
    await browser.close();
    await stack.stop();
  }
}

const rendition = 'multipart/related; type="image/jphc"; transfer-syntax=1.2.840.10008.1.2.4.202';

/** Nothing is left to do for the worker. */
async function quiet(reader: Awaited<ReturnType<typeof signIn>>): Promise<void> {
  let before = -1;
  let same = 0;
  await until(
    "a quiet stack",
    async () => {
      const load = loadavg()[0] ?? 0;
      same = Math.abs(load - before) < 0.2 ? same + 1 : 0;
      before = load;
      await reader.query("worklist.list", {});
      return same >= 2;
    },
    { deadlineMs: 120_000 },
  );
}

async function watched(
  context: BrowserContext,
  limits: (typeof lines)[keyof typeof lines],
): Promise<[Page, CDPSession]> {
  const page = await context.newPage();
  await page.addInitScript(() => {
    const seen: Record<string, number> = {};
    Object.assign(window, { seen, steps: 0 });
    const note = (name: string) => {
      seen[name] ??= performance.now();
    };
    window.addEventListener("FIRST_IMAGE", () => note("image"));
    for (const name of ["CORNERSTONE_STACK_NEW_IMAGE", "CORNERSTONE_VOLUME_NEW_IMAGE"])
      window.addEventListener(name, () => note("new"), { capture: true });
    window.addEventListener(
      "CORNERSTONE_IMAGE_RENDERED",
      () => {
        if (seen.new !== undefined) note("image");
        (window as unknown as { steps: number }).steps++;
      },
      { capture: true },
    );
    new MutationObserver(() => {
      if (document.querySelector("canvas[data-preview]")) note("preview");
    }).observe(document, { subtree: true, childList: true });
  });
  const devtools = await context.newCDPSession(page);
  await devtools.send("Network.enable");
  if (limits)
    await devtools.send("Network.emulateNetworkConditions", {
      offline: false,
      latency: limits.latencyMs,
      downloadThroughput: limits.bytesPerSecond,
      uploadThroughput: limits.bytesPerSecond,
    });
  return [page, devtools];
}

async function visit(
  context: BrowserContext,
  url: string,
  slices: number,
  limits: (typeof lines)[keyof typeof lines],
): Promise<Visit> {
  const [page, devtools] = await watched(context, limits);
  let frames = 0;
  let bytes = 0;
  let last = 0;
  const began = performance.now();
  const isFrame = new Set<string>();
  devtools.on("Network.responseReceived", ({ requestId, response }) => {
    if (/\/frames\/\d+$/.test(response.url)) isFrame.add(requestId);
  });
  devtools.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    if (!isFrame.has(requestId)) return;
    frames++;
    bytes += encodedDataLength;
    last = performance.now();
  });
  await page.goto(url, { waitUntil: "commit" });
  await page.waitForFunction(() => (window as unknown as { seen: { image?: number } }).seen.image, null, {
    timeout: 120_000,
  });
  const seen = await page.evaluate(() => (window as unknown as { seen: Record<string, number> }).seen);
  // Until all frames are here, or nothing comes any more.
  while (frames < slices && performance.now() - Math.max(last, began) < 4000 && performance.now() - began < 120_000)
    await page.waitForTimeout(100);
  await page.close();
  return { image: seen.image ?? Number.NaN, preview: seen.preview ?? Number.NaN, bytes, frames, all: last - began };
}

function report(line: string, visits: Record<string, Visit[]>, slices: number): void {
  say(`${line}:`);
  const of = (name: string, what: keyof Visit): number => median((visits[name] ?? []).map((each) => each[what]));
  for (const name of Object.keys(visits)) {
    const preview = of(name, "preview");
    say(
      `  ${name}: first image ${of(name, "image").toFixed(0)} ms${Number.isFinite(preview) ? `, a preview after ${preview.toFixed(0)} ms` : ""}; ` +
        `${of(name, "frames")} of ${slices} frames, ${(of(name, "bytes") / 1e6).toFixed(0)} MB, in ${(of(name, "all") / 1000).toFixed(1)} s`,
    );
  }
  for (const cache of ["cold", "warm"])
    if (visits[`ohif ${cache}`])
      say(
        `  ${cache}: OHIF takes ${(of(`ohif ${cache}`, "image") / of(`overread ${cache}`, "image")).toFixed(2)}× as long to the first image`,
      );
}

/** Wheel steps at the pace of a hand over a stack that is here, and memory: with the stack, and after the case was left. */
async function scrolled(
  browser: Browser,
  state: Awaited<ReturnType<BrowserContext["storageState"]>>,
  places: [Viewer, string][],
  slices: number,
): Promise<void> {
  for (const [viewer, url] of places) {
    const context = await browser.newContext({
      viewport: { width: 1400, height: 900 },
      ...(viewer === "overread" ? { storageState: state } : {}),
    });
    const [page, devtools] = await watched(context, null);
    let frames = 0;
    const isFrame = new Set<string>();
    devtools.on("Network.responseReceived", ({ requestId, response }) => {
      if (/\/frames\/\d+$/.test(response.url)) isFrame.add(requestId);
    });
    devtools.on("Network.loadingFinished", ({ requestId }) => {
      if (isFrame.has(requestId)) frames++;
    });
    await page.goto(url);
    await page.waitForFunction(() => (window as unknown as { seen: { image?: number } }).seen.image, null, {
      timeout: 120_000,
    });
    const began = performance.now();
    let before = -1;
    while (frames < slices && performance.now() - began < 120_000) {
      await page.waitForTimeout(2000);
      if (frames === before) break;
      before = frames;
    }
    const memory = async (): Promise<number> => {
      await devtools.send("HeapProfiler.enable");
      await devtools.send("HeapProfiler.collectGarbage");
      const used = (await devtools.send("Runtime.getHeapUsage")) as { usedSize: number; backingStorageSize?: number };
      return (used.usedSize + (used.backingStorageSize ?? 0)) / 2 ** 20;
    };
    const full = await memory();
    const canvas = page.locator("canvas.cornerstone-canvas, canvas").first();
    const box = await canvas.boundingBox();
    if (!box) throw new Error("no canvas");
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.evaluate(() => Object.assign(window, { steps: 0 }));
    const steps = 120;
    const started = performance.now();
    for (let step = 0; step < steps; step++) {
      // Down and up again, so that no step meets an end.
      await page.mouse.wheel(0, step % 40 < 20 ? 100 : -100);
      const wait = started + (step + 1) * 50 - performance.now();
      if (wait > 0) await page.waitForTimeout(wait);
    }
    const seconds = (performance.now() - started) / 1000;
    await page.waitForTimeout(500);
    const shown = await page.evaluate(() => (window as unknown as { steps: number }).steps);
    const after = await memory();
    let left = Number.NaN;
    if (viewer === "overread") {
      await page.getByLabel("Back to the worklist").click();
      await page.waitForURL(/worklist/);
      // Who comes back at once finds the images there.
      await page.waitForTimeout(15_000);
      left = await memory();
    }
    say(
      `${viewer}: ${shown} pictures for ${steps} wheel steps in ${seconds.toFixed(1)} s (${(shown / steps).toFixed(2)} a step), ${frames} of ${slices} slices here; ` +
        `${full.toFixed(0)} MiB with the stack, ${after.toFixed(0)} after scrolling${Number.isFinite(left) ? `, ${left.toFixed(0)} when the case was left` : ""}`,
    );
    await context.close();
  }
}
