import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright";
import { tinyInstance } from "../factories/tiny-instance.ts";
import { goTo, launchBrowser, phone, signInPage } from "./support/browser.ts";
import { signIn } from "./support/portal.ts";
import { storescu } from "./support/scanner.ts";
import { type Stack, startStack, until } from "./support/stack.ts";

/** From the editor to the referring physician: what is shown before signing is what is signed, and an amended impression says so. */
let stack: Stack;
let browser: Browser;
let page: Page;
let caseId: string;
const scratch = mkdtempSync(path.join(os.tmpdir(), "overread-words-"));
const problems: string[] = [];
/** Pictures for whoever looks at the pages, on demand. */
const pictures = process.env.OVERREAD_TEST_PICTURES;
const picture = async (of: Page, name: string) => {
  if (pictures) await of.screenshot({ path: path.join(pictures, `${name}.png`) });
};

before(async () => {
  stack = await startStack();
  browser = await launchBrowser();
  const made = tinyInstance({
    elements: {
      "00080090": { vr: "PN", Value: [{ Alphabetic: "Almeida^Rosa^^Dr" }] },
      "00100010": { vr: "PN", Value: [{ Alphabetic: "Wold^Kari" }] },
      "00100020": { vr: "LO", Value: ["P-WOLD"] },
      "00180015": { vr: "CS", Value: ["HEAD"] },
    },
  });
  const file = path.join(scratch, "image.dcm");
  writeFileSync(file, made.part10);
  await storescu(stack, [file]);
  const reader = await signIn(stack.baseUrl, "radiologist@nightshift.example", stack.demoPassword);
  const found = await until("the case to read", async () => {
    const { items } = await reader.query<{ items: { caseId: string; studyInstanceUid: string; state: string }[] }>(
      "worklist.list",
      {},
    );
    return items.find((item) => item.studyInstanceUid === made.study && item.state === "unread");
  });
  caseId = found.caseId;
  await reader.mutate("worklist.claim", { caseId });
  page = await enter("radiologist@nightshift.example");
  await goTo(page, `${stack.baseUrl}/studies/${caseId}`);
});
after(async () => {
  await browser?.close();
  await stack?.stop();
  rmSync(scratch, { recursive: true, force: true });
});

async function enter(email: string, size?: { width: number; height: number }): Promise<Page> {
  const entered = await signInPage(browser, stack.baseUrl, email, stack.demoPassword, size);
  entered.page.on("pageerror", (error) => problems.push(String(error)));
  return entered.page;
}

test("the last look before signing shows no heading without words, names what is left out, and that is what is signed", async () => {
  await page.getByLabel("Template").selectOption({ label: "CT head" });
  const findings = page.getByLabel("Findings");
  await until("the prompts", async () => (await findings.inputValue()).includes("Haemorrhage: "));
  await findings.fill((await findings.inputValue()).replace("Haemorrhage: ", "Haemorrhage:\n    - on the LEFT, 4 mm"));
  await page.getByLabel("Impression").fill("Haemorrhage on the LEFT.");
  await page.getByLabel("Language").selectOption({ label: "English" });
  await page.locator('[data-save-state="saved"]').waitFor();
  await picture(page, "editor");
  await page.keyboard.press("Control+Enter");
  const panel = page.getByRole("region", { name: "Sign the report" });
  await panel.getByText(/Nothing was written under .*Clinical information.*: left out of the report\./).waitFor();
  await picture(page, "sign");
  const shown = await panel.locator("dd").allInnerTexts();
  assert.ok(shown.includes("Haemorrhage:\n    - on the LEFT, 4 mm"), JSON.stringify(shown));
  for (const text of shown) assert.doesNotMatch(text, /Parenchyma|Midline|Ventricles/);
  await panel.getByLabel(/^Password of/).fill(stack.demoPassword);
  await page.keyboard.press("Enter");
  await page.getByText("Final report, version 1").waitFor();
  const signed = await page.locator('[data-report-version="1"] dd').allInnerTexts();
  assert.deepEqual(signed, shown);
});

test("an amended impression points at its addendum: for the reader in both versions, for the physician in list and report", async () => {
  await page.getByRole("button", { name: "Addendum" }).click();
  await page.locator("#addendum-text").fill("The haemorrhage is on the RIGHT.");
  await page.getByLabel("Password").fill(stack.demoPassword);
  await page.getByRole("button", { name: "Sign the addendum" }).click();
  const version = (n: number) => page.locator(`[data-report-version="${n}"]`);
  await version(2)
    .getByText(/^Amended by the addendum of .* below: The haemorrhage is on the RIGHT\.$/)
    .waitFor();
  await version(1)
    .getByText(/^Amended by the addendum of .* in version 2: The haemorrhage is on the RIGHT\.$/)
    .waitFor();
  await picture(page, "amended");

  for (const [name, size] of [
    ["desk", { width: 1600, height: 900 }],
    ["phone", phone],
  ] as const) {
    const physician = await enter("referrer@lakeside.example", size);
    await physician
      .getByText(/^Amended: The haemorrhage is on the RIGHT\. · Signed before: Haemorrhage on the LEFT/)
      .waitFor();
    await picture(physician, `inbox-${name}`);
    await physician.getByText(/^Amended: The haemorrhage/).click();
    const pointer = physician.getByText(/^Amended by the addendum of .* below: The haemorrhage is on the RIGHT\.$/);
    await pointer.waitFor();
    const impression = physician.getByText("Haemorrhage on the LEFT.", { exact: true });
    const [above, below] = [await pointer.boundingBox(), await impression.boundingBox()];
    assert.ok(above && below && above.y < below.y, "the pointer stands above the words it is about");
    await picture(physician, `report-${name}`);
  }
  assert.deepEqual(problems, []);
});
