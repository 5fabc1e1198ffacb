import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import pg from "pg";
import type { Browser, Page } from "playwright";
import { tinyInstance } from "../factories/tiny-instance.ts";
import { goTo, holds, launchBrowser, phone, signInPage } from "./support/browser.ts";
import { signIn } from "./support/portal.ts";
import { storescu } from "./support/scanner.ts";
import { type Stack, startStack, until } from "./support/stack.ts";

/** A second reader meets words that a colleague has left behind. */
const solheim = "radiologist@nightshift.example";
const mensah = "radiologist2@nightshift.example";
let stack: Stack;
let browser: Browser;
let database: pg.Client;
const scratch = mkdtempSync(path.join(os.tmpdir(), "overread-draft-"));
const problems: string[] = [];
before(async () => {
  stack = await startStack();
  browser = await launchBrowser();
  const settings = JSON.parse(readFileSync(path.join(stack.dataDir, "settings.json"), "utf8"));
  database = new pg.Client({ connectionString: settings.DATABASE_URL });
  await database.connect();
});
after(async () => {
  await browser?.close();
  await database?.end();
  await stack?.stop();
  rmSync(scratch, { recursive: true, force: true });
});

/** Dr Solheim has written, left, and her claim has run out. */
async function abandon(patient: string, impression: string): Promise<string> {
  const made = tinyInstance({
    elements: {
      "00100010": { vr: "PN", Value: [{ Alphabetic: patient }] },
      "00100020": { vr: "LO", Value: [`P-${patient}`] },
    },
  });
  const file = path.join(scratch, `${made.instance}.dcm`);
  writeFileSync(file, made.part10);
  await storescu(stack, [file]);
  const reader = await signIn(stack.baseUrl, solheim, stack.demoPassword);
  const { caseId } = await until("the case to read", async () => {
    const { items } = await reader.query<{ items: { caseId: string; studyInstanceUid: string; state: string }[] }>(
      "worklist.list",
      {},
    );
    return items.find((item) => item.studyInstanceUid === made.study && item.state === "unread");
  });
  const { claimToken } = await reader.mutate<{ claimToken: string }>("worklist.claim", { caseId });
  const { sections } = await reader.query<{ sections: { key: string; title: string; text: string }[] }>("report.get", {
    caseId,
  });
  await reader.mutate("report.saveDraft", {
    caseId,
    claimToken,
    version: 0,
    sections: sections.map((each) => (each.key === "impression" ? { ...each, text: impression } : each)),
  });
  await database.query("UPDATE reading_case SET claimed_until = clock_timestamp() WHERE id = $1::uuid", [caseId]);
  return caseId;
}

async function enter(email: string, size?: { width: number; height: number }): Promise<Page> {
  const { page } = await signInPage(browser, stack.baseUrl, email, stack.demoPassword, size);
  page.on("pageerror", (error) => problems.push(String(error)));
  return page;
}
const choice = (page: Page) => page.getByRole("region", { name: "Whose draft this is" });

test("an abandoned draft is named in the list, shut in the editor, and taken over by keyboard before a word is written", async () => {
  const caseId = await abandon("Reed^Robin", "Nodule of 8 mm.");
  const hers = await enter(solheim);
  await hers.keyboard.press("4");
  const herRow = hers.locator(`[data-case-id="${caseId}"]:visible`);
  await herRow.getByText(/^Your draft \d\d:\d\d$/).waitFor();

  const page = await enter(mensah);
  await page.keyboard.press("2");
  const row = page.locator(`[data-case-id="${caseId}"]:visible`);
  await row.getByText(/^Draft \d\d:\d\d$/).waitFor();
  await row.getByText("Dr Ingrid Solheim").waitFor();
  await row.click();
  await page.getByText(/^Draft: Dr Ingrid Solheim, \d\d:\d\d$/).waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/studies/${caseId}`);
  await choice(page).getByRole("button", { name: "Take over" }).waitFor();
  await choice(page)
    .filter({ hasText: /Draft by Dr Ingrid Solheim, \d\d:\d\d\./ })
    .waitFor();

  const impression = page.getByLabel("Impression");
  await holds(impression, "Nodule of 8 mm.");
  assert.equal(await impression.isEditable(), false);
  await page.keyboard.press("Control+Enter");
  assert.equal(await page.getByLabel(/^Password of/).count(), 0, "nothing to sign yet");
  // She sees who has it now, and that her words still wait.
  await herRow.getByText("Dr Kwame Mensah").waitFor();
  await herRow.getByText(/^Your draft \d\d:\d\d$/).waitFor();

  await impression.focus();
  for (let tabs = 0; tabs < 40; tabs += 1) {
    if ((await page.locator(":focus").textContent()) === "Take over") break;
    await page.keyboard.press("Shift+Tab");
  }
  await page.keyboard.press("Enter");
  await choice(page).waitFor({ state: "detached" });
  await herRow.waitFor({ state: "detached" });
  await impression.fill("Nodule of 8 mm. Follow-up in three months.");
  await page.locator('[data-save-state="saved"]').waitFor();
  await page.keyboard.press("Control+Enter");
  const words = /Drafted by Dr Ingrid Solheim, .* UTC; taken over by Dr Kwame Mensah, .* UTC\./;
  await page.getByText(words).waitFor();
  await page.getByLabel(/^Password of/).fill(stack.demoPassword);
  await page.keyboard.press("Enter");
  await page.getByText("Final report, version 1").waitFor();
  await page.getByText(words).waitFor();
  assert.deepEqual(problems, []);
});

test("on a phone the same question is asked; begun anew, the colleague's words are kept beside the report", async () => {
  const caseId = await abandon("Moor^Sky", "Half a sentence about");
  const page = await enter(mensah, phone);
  await goTo(page, `${stack.baseUrl}/studies/${caseId}`);
  await page.getByRole("tab", { name: "report" }).click();
  await choice(page).getByRole("button", { name: "Start anew" }).click();
  await choice(page).waitFor({ state: "detached" });
  const impression = page.getByLabel("Impression");
  await holds(impression, "");
  await impression.fill("Normal.");
  await page.locator('[data-save-state="saved"]').waitFor();
  const kept = page.getByRole("region", { name: "Earlier drafts" });
  await kept.getByText(/By Dr Ingrid Solheim, \d\d:\d\d; set aside by Dr Kwame Mensah/).click();
  await kept.getByText("Half a sentence about").waitFor();
  assert.deepEqual(problems, []);
});

test("a window left open with unsaved words saves nothing over a draft that was taken over, and loses nothing", async () => {
  const caseId = await abandon("Glen^Kim", "Nodule of 8 mm.");
  const page = await enter(solheim);
  await goTo(page, `${stack.baseUrl}/studies/${caseId}`);
  const impression = page.getByLabel("Impression");
  await page.locator('[data-save-state="saved"]').waitFor();
  // Her line is cut while she writes on; her colleague goes on from what was saved.
  await page.route("**/report.saveDraft*", (route) => route.abort());
  await impression.fill("Nodule of 8 mm. No effusion.");
  await page.locator('[data-save-state="failed"]').waitFor();
  await database.query("UPDATE reading_case SET claimed_until = clock_timestamp() WHERE id = $1::uuid", [caseId]);
  const his = await signIn(stack.baseUrl, mensah, stack.demoPassword);
  const { claimToken } = await his.mutate<{ claimToken: string }>("worklist.claim", { caseId });
  await his.mutate("report.takeOverDraft", { caseId, claimToken, version: 1 });
  type Draft = { version: number; sections: { key: string; title: string; text: string }[] };
  const draft = () => his.query<Draft>("report.get", { caseId });
  const { sections } = await draft();
  await his.mutate("report.saveDraft", {
    caseId,
    claimToken,
    version: 1,
    sections: sections.map((each) => (each.key === "impression" ? { ...each, text: "Nodule of 9 mm." } : each)),
  });
  await page.getByText(/Dr Kwame Mensah is reading this case until/).waitFor();
  await his.mutate("worklist.release", { caseId, claimToken });
  await page.unroute("**/report.saveDraft*");

  await page.getByRole("button", { name: "Claim", exact: true }).click();
  await choice(page)
    .getByText(/Draft by Dr Kwame Mensah/)
    .waitFor();
  assert.equal((await draft()).version, 2, "his words stand");
  await choice(page).getByRole("button", { name: "Take over" }).click();
  await choice(page).waitFor({ state: "detached" });
  await page.getByRole("radio", { name: "Keep both" }).check();
  await page.getByRole("button", { name: "Go on with this" }).click();
  await holds(impression, "Nodule of 8 mm. No effusion.\n\nNodule of 9 mm.");
  await page.locator('[data-save-state="saved"]').waitFor();
  assert.deepEqual(problems, []);
});
