import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import type { Browser } from "playwright";
import { type Tiny, tinyInstance } from "../factories/tiny-instance.ts";
import { goTo, launchBrowser, signInPage } from "./support/browser.ts";
import { signIn } from "./support/portal.ts";
import { storescu } from "./support/scanner.ts";
import { type Stack, startStack, until } from "./support/stack.ts";

/** A prior that may be of somebody else is never hung by a key alone. */
let stack: Stack;
let browser: Browser;
const scratch = mkdtempSync(path.join(os.tmpdir(), "overread-identity-"));
before(async () => {
  stack = await startStack();
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  await stack?.stop();
  rmSync(scratch, { recursive: true, force: true });
});

async function send(name: string, birthDate: string, date: string): Promise<Tiny> {
  const made = tinyInstance({
    elements: {
      "00080020": { vr: "DA", Value: [date] },
      "00100010": { vr: "PN", Value: [{ Alphabetic: name }] },
      "00100020": { vr: "LO", Value: ["P-4711"] },
      "00100030": { vr: "DA", Value: [birthDate] },
    },
  });
  const file = path.join(scratch, `${made.instance}.dcm`);
  writeFileSync(file, made.part10);
  await storescu(stack, [file]);
  return made;
}

test("P asks before it hangs another patient's study, and shows it only on a deliberate yes, which is on the trail", async () => {
  await send("Brook^Ash", "19900202", "20250310");
  const current = await send("Rivers^Alder", "19550101", "20261120");
  const api = await signIn(stack.baseUrl, "radiologist@nightshift.example", stack.demoPassword);
  const item = await until("the case with its prior", async () => {
    const { items } = await api.query<{
      items: { caseId: string; studyInstanceUid: string; priorCount: number; identity: string; state: string }[];
    }>("worklist.list", {});
    return items.find((each) => each.studyInstanceUid === current.study && each.priorCount === 1);
  });
  assert.equal(item.identity, "conflict");
  const { page, problems } = await signInPage(
    browser,
    stack.baseUrl,
    "radiologist@nightshift.example",
    stack.demoPassword,
  );
  await goTo(page, `${stack.baseUrl}/studies/${item.caseId}`);
  await page.getByTestId("viewport-current").and(page.locator('[data-quality="8"]')).waitFor();
  await page
    .getByText(/name another patient/)
    .first()
    .waitFor();
  assert.equal(await page.getByText("10 Mar 2025", { exact: false }).locator("xpath=ancestor::textarea").count(), 0);

  await page.keyboard.press("p");
  const question = page.getByRole("alertdialog");
  await question.getByText(/names another patient/).waitFor();
  assert.equal(await page.getByTestId("viewport-prior").count(), 0, "nothing is hung yet");
  await page.keyboard.press("Escape");
  await question.waitFor({ state: "detached" });
  assert.equal(await page.getByTestId("viewport-prior").count(), 0, "no is no");

  await page.keyboard.press("p");
  await question.getByRole("button", { name: "Show all the same" }).click();
  await page.getByTestId("viewport-prior").waitFor();
  const admin = await signIn(stack.baseUrl, "admin@lakeside.example", stack.demoPassword);
  await until("the yes on the trail", async () => {
    const { items } = await admin.query<{ items: { action: string }[] }>("audit.search", { patientId: "P-4711" });
    return items.some(({ action }) => action === "case.accept-prior");
  });
  assert.deepEqual(problems, []);
});
