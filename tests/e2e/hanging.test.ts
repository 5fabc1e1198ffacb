import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { SOP } from "@overread/shared/dicom/sop-classes";
import { newUid } from "@overread/shared/dicom/uids";
import type { WritableDataSet } from "@overread/shared/dicom/write";
import type { Browser, Page } from "playwright";
import { tinyInstance } from "../factories/tiny-instance.ts";
import { patienceMs } from "../support/patience.ts";
import { goTo, launchBrowser, seriousFindings, settles, signInPage } from "./support/browser.ts";
import { signIn } from "./support/portal.ts";
import { storescu } from "./support/scanner.ts";
import { type Stack, startStack, until } from "./support/stack.ts";

/** Studies that hang by themselves, as their reader opens them. */
const reader = "radiologist@nightshift.example";
let stack: Stack;
let browser: Browser;
let page: Page;
const problems: string[] = [];
const scratch = mkdtempSync(path.join(os.tmpdir(), "overread-hanging-"));
before(async () => {
  stack = await startStack();
  browser = await launchBrowser();
  ({ page } = await signInPage(browser, stack.baseUrl, reader, stack.demoPassword));
  page.on("pageerror", (error) => problems.push(String(error)));
});
after(async () => {
  await browser?.close();
  await stack?.stop();
  rmSync(scratch, { recursive: true, force: true });
});

/** Side and view by SOP Instance UID. */
const viewOf = new Map<string, string>();
const value = (vr: string, ...Value: (string | number)[]): WritableDataSet[string] => ({ vr, Value });
/** Four mammograms of one patient, each a series of its own, in no order. */
async function sendMammograms(studyDate: string): Promise<string> {
  const study = newUid();
  const views = ["L MLO", "R CC", "L CC", "R MLO"].map((each) => each.split(" ") as [string, string]);
  const files = views.map(([side, view], n) => {
    const made = tinyInstance({
      study,
      elements: {
        "00080020": value("DA", studyDate),
        "00080050": value("SH", `HANG-${studyDate}`),
        "00080060": value("CS", "MG"),
        "00081030": value("LO", "MAMMOGRAPHY"),
        "00100010": { vr: "PN", Value: [{ Alphabetic: "Hanging^Hild" }] },
        "00100020": value("LO", "HANG-1"),
        "00180015": value("CS", "BREAST"),
        "00185101": value("CS", view),
        "00200011": value("IS", n + 1),
        // As they are sent: the chest wall at the right edge of the right breast, at the left edge of the left one.
        "00200020": value("CS", side === "R" ? "P" : "A", side === "R" ? "L" : "R"),
        "00200062": value("CS", side),
        "00280010": value("US", 8),
        "00280011": value("US", 2),
        "00281050": value("DS", 20),
        "00281051": value("DS", 40),
      },
    });
    viewOf.set(made.instance, `${side} ${view}`);
    const file = path.join(scratch, `${made.instance}.dcm`);
    writeFileSync(file, made.part10);
    return file;
  });
  await storescu(stack, files);
  return caseOf(study);
}

/** The case of a study, once it is to be read. */
async function caseOf(study: string): Promise<string> {
  const portal = await signIn(stack.baseUrl, reader, stack.demoPassword);
  type Item = { caseId: string; studyInstanceUid: string; state: string; priorCount?: number };
  return until("the case to read", async () => {
    const { items } = await portal.query<{ items: Item[] }>("worklist.list", {});
    return items.find((item) => item.studyInstanceUid === study && item.state === "unread")?.caseId;
  });
}
/** What the heads of the cells say, row by row, once every picture is drawn. */
const hangs = (wanted: string[]) => {
  let seen: string[] = [];
  return until(`${wanted.join(", ")} in the cells`, async () => {
    const heads = page.locator('[data-testid^="pane-label-"]');
    seen = (await heads.allTextContents()).map(
      (text) => `${/^Prior/.test(text) ? "prior " : ""}${/[LR] (CC|MLO)/.exec(text)?.[0]}`,
    );
    return JSON.stringify(seen) === JSON.stringify(wanted);
  }).catch((error: unknown) => assert.fail(`${String(error)}: ${seen.join(", ")}`));
};

test("four mammograms open side by side, right before left and CC before MLO, then CC alone, MLO alone, and over their prior", async () => {
  await sendMammograms("20241001");
  const caseId = await sendMammograms("20261126");
  await goTo(page, `${stack.baseUrl}/studies/${caseId}`);
  const four = ["R CC", "L CC", "R MLO", "L MLO"];
  await hangs(four);
  const stages = page.getByRole("group", { name: "Hanging protocol Mammography" });
  await stages.getByText("1/6").waitFor();
  await page.locator("[data-cell] [data-viewport]").first().focus();
  await page.keyboard.press(".");
  await hangs(["R CC", "L CC"]);
  await page.keyboard.press(".");
  await hangs(["R MLO", "L MLO"]);
  await stages.getByRole("button", { name: "Next stage" }).click();
  await hangs([...four, ...four.map((view) => `prior ${view}`)]);
  await page.keyboard.press("u");
  await hangs(["R MLO", "L MLO"]);
  await stages.getByText("3/6").waitFor();
});

test("back to back: the chest walls of both sides stand at the edge between them, and a picture that was moved stays where it was put", async () => {
  const caseId = await sendMammograms("20261127");
  await goTo(page, `${stack.baseUrl}/studies/${caseId}`);
  await hangs(["R CC", "L CC", "R MLO", "L MLO"]);
  const cells = page.locator("[data-cell] [data-viewport]");
  /** Left and right edge of what is lit in a cell, as shares of its width. */
  const lit = (n: number) =>
    cells.nth(n).evaluate((element) => {
      const canvas = element.querySelector<HTMLCanvasElement>("canvas.cornerstone-canvas");
      const { width, height } = canvas ?? { width: 0, height: 0 };
      if (!canvas || width === 0) return null;
      const row = canvas.getContext("2d")?.getImageData(0, Math.floor(height / 2), width, 1).data ?? [];
      const at = Array.from({ length: width }, (_, x) => (row[x * 4] ?? 0) > 12);
      return { from: at.indexOf(true) / width, to: (at.lastIndexOf(true) + 1) / width };
    });
  await settles(
    "the right breast at the right edge of its cell",
    () => lit(0),
    (seen) => seen !== null && seen.to > 0.98 && seen.from > 0.05,
  );
  await settles(
    "the left one at the left edge of the next",
    () => lit(1),
    (seen) => seen !== null && seen.from < 0.02 && seen.to < 0.95,
  );
});

test("the screen is kept as a protocol of the reader's own, and the next mammography opens with it", async () => {
  await page.locator("[data-cell] [data-viewport]").first().focus();
  await page.keyboard.press(".");
  await hangs(["R CC", "L CC"]);
  await page.getByRole("group", { name: "Hanging protocol Mammography" }).getByRole("button", { name: /^CC/ }).click();
  const menu = page.getByRole("dialog", { name: "Hanging protocols" });
  await menu.getByRole("button", { name: /^MLO 1×/ }).waitFor();
  await menu.getByRole("button", { name: "Keep this screen as a protocol…" }).click();
  const form = page.getByRole("form", { name: "Keep the screen as a hanging protocol" });
  await form.getByLabel("Name of the protocol").fill("CC first");
  assert.deepEqual(await seriousFindings(page), []);
  await form.getByRole("button", { name: "Keep", exact: true }).click();
  await page.getByText("Kept: CC first.").waitFor();
  const caseId = await sendMammograms("20261128");
  await goTo(page, `${stack.baseUrl}/studies/${caseId}`);
  await hangs(["R CC", "L CC"]);
  await page.getByRole("group", { name: "Hanging protocol CC first" }).waitFor();
  assert.deepEqual(problems, []);
});

test("a built-in protocol is copied, its rule changed by keys and put first; exported, deleted and imported it hangs again", async () => {
  const menu = page.getByRole("dialog", { name: "Hanging protocols" });
  await page.getByTitle("Hanging protocol: CC first").click();
  await menu.getByRole("button", { name: "Own protocols…" }).click();
  const dock = page.getByRole("region", { name: "Hanging protocols" });
  await dock.getByLabel("Copy a built-in one to change it").selectOption("Mammography");
  const editor = dock.getByRole("form", { name: "Edit Mammography (own)" });
  await editor.getByLabel("Name of the protocol").fill("Left alone");
  await editor.getByLabel("Columns").selectOption("1");
  await editor.getByRole("button", { name: "Row 1, column 1: Right CC 2D" }).waitFor();
  for (const first of await editor.getByRole("group", { name: /^First:/ }).all())
    await first.getByLabel("Side").selectOption("left");
  await editor.getByRole("button", { name: "Row 1, column 1: Left CC 2D" }).waitFor();
  assert.deepEqual(await seriousFindings(page), []);
  await editor.getByRole("button", { name: "Keep", exact: true }).click();
  const order = () =>
    dock
      .getByRole("list", { name: "Own protocols in their order" })
      .getByRole("listitem")
      .evaluateAll((items) => items.map((item) => item.textContent?.match(/^(Left alone|CC first)/)?.[0]));
  const stands = (...wanted: string[]) =>
    settles(wanted.join(" before "), order, (seen) => JSON.stringify(seen) === JSON.stringify(wanted));
  await stands("CC first", "Left alone");
  await dock.getByRole("button", { name: "Edit Left alone" }).focus();
  await page.keyboard.press("Alt+ArrowUp");
  await stands("Left alone", "CC first");
  assert.deepEqual(await seriousFindings(page), []);
  const download = page.waitForEvent("download");
  await dock.getByRole("button", { name: "Export my profile" }).click();
  const file = path.join(scratch, "profile.json");
  await (await download).saveAs(file);
  for (const name of ["Left alone", "CC first"]) await dock.getByRole("button", { name: `Delete ${name}` }).click();
  await dock.getByText("None yet.").waitFor();
  const altered = path.join(scratch, "altered.json");
  writeFileSync(altered, readFileSync(file, "utf8").replace("Left alone", "Left along"));
  await dock.getByLabel("Profile or DICOM hanging protocol").setInputFiles(altered);
  await dock.getByRole("alert").getByText("its signature does not fit").waitFor();
  await dock.getByLabel("Profile or DICOM hanging protocol").setInputFiles(file);
  await dock.getByText("Kept: Left alone, CC first.").waitFor();
  await stands("Left alone", "CC first");
  const caseId = await sendMammograms("20261130");
  await goTo(page, `${stack.baseUrl}/studies/${caseId}`);
  await hangs(["L CC"]);
  assert.deepEqual(problems, []);
});

test("of the next mammography the browser fetches the picture that its protocol hangs first, not the first series", async () => {
  await sendMammograms("20261201");
  // The page before fetches ahead as well: what it asked for ends with it.
  await page.goto("about:blank");
  const ahead = page.waitForResponse(
    (response) => /\/frames\/1$/.test(response.url()) && response.request().headers()["overread-ahead"] === "1",
    { timeout: patienceMs },
  );
  await goTo(page, `${stack.baseUrl}/worklist`);
  const instance = /\/instances\/([\d.]+)\//.exec((await ahead).url())?.[1] ?? "";
  assert.equal(viewOf.get(instance), "L CC");
});

test("a PET/CT opens with CT beside PET, and both are drawn", async () => {
  const study = newUid();
  const files = ["CT", "PT"].flatMap((modality, n) => {
    const series = newUid();
    return [0, 1, 2].map((slice) => {
      const made = tinyInstance({
        study,
        series,
        sopClass: modality === "CT" ? SOP.ct : SOP.pet,
        elements: {
          "00080020": value("DA", "20261126"),
          "00080050": value("SH", "HANG-PET"),
          "00080060": value("CS", modality),
          "00081030": value("LO", "PET/CT"),
          "00100010": { vr: "PN", Value: [{ Alphabetic: "Hanging^Paul" }] },
          "00100020": value("LO", "HANG-2"),
          "00200011": value("IS", n + 1),
          "00200013": value("IS", slice + 1),
          "00200032": value("DS", 0, 0, slice * 5),
          "00200037": value("DS", 1, 0, 0, 0, 1, 0),
          "00281052": value("DS", 0),
          "00281053": value("DS", modality === "CT" ? 1 : 0.97),
          ...(modality === "PT" ? { "00541001": value("CS", "BQML") } : {}),
        },
      });
      const file = path.join(scratch, `${made.instance}.dcm`);
      writeFileSync(file, made.part10);
      return file;
    });
  });
  await storescu(stack, files);
  await goTo(page, `${stack.baseUrl}/studies/${await caseOf(study)}`);
  await page.getByRole("group", { name: "Hanging protocol PET/CT" }).waitFor();
  for (const n of [0, 1])
    await settles(
      `the picture of cell ${n + 1}`,
      () => page.locator("[data-cell] [data-viewport]").nth(n).getAttribute("data-index"),
      (index) => index === "0",
    );
});
