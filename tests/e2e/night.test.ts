import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright";
import { tinyInstance } from "../factories/tiny-instance.ts";
import { goTo, launchBrowser, signInPage } from "./support/browser.ts";
import { signIn } from "./support/portal.ts";
import { storescu } from "./support/scanner.ts";
import { type Stack, startStack, until } from "./support/stack.ts";

/**
 * One night of a STAT: the lead writes the rule and rehearses it, the case is offered, refused, offered to the next, its alarms go off, the site
 * answers a question, it is signed. Four windows are open all the time, and each says the same of the case.
 */
const ids = {
  lead: "lead@nightshift.example",
  ingrid: "radiologist@nightshift.example",
  kwame: "radiologist2@nightshift.example",
  technologist: "tech@lakeside.example",
} as const;
const names = { ingrid: "Dr Ingrid Solheim", kwame: "Dr Kwame Mensah" } as const;
type Reader = keyof typeof names;
let stack: Stack;
let browser: Browser;
const pages = {} as Record<keyof typeof ids, Page>;
const problems: string[] = [];
const scratch = mkdtempSync(path.join(os.tmpdir(), "overread-night-"));
let caseId = "";
let first: Reader = "ingrid";
let second: Reader = "kwame";

before(async () => {
  stack = await startStack();
  const lead = await signIn(stack.baseUrl, ids.lead, stack.demoPassword);
  const { items } = await lead.query<{ items: { userId: string; displayName: string }[] }>("readers.list");
  const startsAt = new Date(Date.now() - 3_600_000).toISOString();
  const endsAt = new Date(Date.now() + 6 * 3_600_000).toISOString();
  for (const { userId, displayName } of items)
    if (Object.values<string>(names).includes(displayName))
      await lead.mutate("readers.addChange", { userId, kind: "extra", startsAt, endsAt });
  // Of the half hour that STAT is promised: after 18 and 36 seconds.
  await lead.mutate("escalation.saveLadder", {
    version: 0,
    steps: [
      { percent: 1, to: "reader" },
      { percent: 2, to: "lead" },
    ],
  });
  browser = await launchBrowser();
  for (const [who, email] of Object.entries(ids) as [keyof typeof ids, string][]) {
    const { page } = await signInPage(browser, stack.baseUrl, email, stack.demoPassword);
    page.on("pageerror", (error) => problems.push(`${who}: ${error}`));
    pages[who] = page;
  }
});
after(async () => {
  await browser?.close();
  await stack?.stop();
  rmSync(scratch, { recursive: true, force: true });
});

const preview = (page: Page) => page.getByRole("complementary", { name: "Selected case" });
const row = (page: Page) => page.locator(`[data-case-id="${caseId}"]:visible`);
const card = () => pages.lead.locator(`button[data-case-id="${caseId}"]`);
/** Board, both readers' lists and the site's list say of the case what they should, without a reload. */
async function allSay(onBoard: string | RegExp, inPreview: Record<Reader, string | RegExp>): Promise<void> {
  await card().getByText(onBoard).waitFor();
  for (const who of ["ingrid", "kwame"] as const) await preview(pages[who]).getByText(inPreview[who]).first().waitFor();
}

test("the lead writes a rule that offers every STAT, rehearses it and puts it in force", async () => {
  const { lead } = pages;
  await goTo(lead, `${stack.baseUrl}/assignment`);
  await lead.getByRole("button", { name: "New rule" }).click();
  const rule = lead.locator('[data-rule="0"]');
  await rule.getByRole("button", { name: /^Cases:/ }).click();
  await rule.getByLabel("Add a condition").selectOption("priority");
  const priority = rule.getByRole("group", { name: "Priority" });
  await priority.getByLabel("STAT").check();
  for (const label of ["Urgent", "Routine"]) {
    const box = priority.getByLabel(label);
    if (await box.isChecked()) await box.uncheck();
  }
  await rule.getByLabel("Name of the rule").fill("STAT at once");
  await rule.getByRole("button", { name: /^How it is given:/ }).click();
  await rule.getByLabel(/^Offer:/).check();
  await rule.getByRole("combobox", { name: "Time to accept" }).selectOption("600");
  await rule.getByRole("button", { name: "Done" }).click();
  await rule.getByRole("button", { name: /^Cases:.*STAT/ }).waitFor();

  await lead.getByRole("button", { name: "Rehearse" }).click();
  await lead.getByText("Nothing arrived in the last 30 days: there is nothing to play.").waitFor();
  await lead.getByLabel("Note").fill("For the night.");
  await lead.getByRole("button", { name: "Save and put in force" }).click();
  await lead.getByText("The rules are in force as version 1.").waitFor();
});

test("a STAT that the site orders and sends is offered to one of the two on shift, and every window says to whom", async () => {
  for (const who of ["ingrid", "kwame"] as const) await goTo(pages[who], `${stack.baseUrl}/worklist?list=all`);
  await goTo(pages.lead, `${stack.baseUrl}/board`);
  for (const name of Object.values(names))
    await pages.lead.locator("li[data-reader-id]").filter({ hasText: name }).getByText("on shift").first().waitFor();
  const technologist = await signIn(stack.baseUrl, ids.technologist, stack.demoPassword);
  await technologist.mutate("order.create", {
    facilitySlug: "lakeside-main",
    patientId: "NIGHT-1",
    patientName: "Night^Nora",
    accessionNumber: "NIGHT-1",
    procedureDescription: "CT head",
    modality: "CT",
    priority: "stat",
    priorityReason: "Sudden weakness of the left arm",
    clinicalInformation: "Last seen well at 02:10.",
  });
  const made = tinyInstance({
    elements: {
      "00080050": { vr: "SH", Value: ["NIGHT-1"] },
      "00081030": { vr: "LO", Value: ["CT HEAD"] },
      "00100010": { vr: "PN", Value: [{ Alphabetic: "Night^Nora" }] },
      "00100020": { vr: "LO", Value: ["NIGHT-1"] },
    },
  });
  const file = path.join(scratch, "head.dcm");
  writeFileSync(file, made.part10);
  await storescu(stack, [file]);
  const shown = pages.lead.locator("button[data-case-id]").filter({ hasText: /offered to/ });
  await shown.waitFor();
  caseId = (await shown.getAttribute("data-case-id")) ?? "";
  if ((await shown.textContent())?.includes(names.kwame)) [first, second] = ["kwame", "ingrid"];
  for (const who of ["ingrid", "kwame"] as const) {
    await row(pages[who]).filter({ hasText: "STAT" }).click();
    await preview(pages[who]).getByText("Last seen well at 02:10.").waitFor();
  }
  await allSay(`offered to ${names[first]}`, {
    [first]: /^Offered to you until/,
    [second]: new RegExp(`^Offered to ${names[first]}`),
  } as Record<Reader, RegExp>);
});

test("who declines is not asked again: it is offered to the other", async () => {
  const side = preview(pages[first]);
  await side.getByRole("button", { name: "Decline…" }).click();
  const dialog = pages[first].locator("dialog[open]");
  await dialog.getByLabel("Why you do not take it").fill("I read the trauma of bed 4.");
  await dialog.getByRole("button", { name: "Decline" }).click();
  await pages[first].getByText("The case goes to the next reader.").waitFor();
  await allSay(`offered to ${names[second]}`, {
    [second]: /^Offered to you until/,
    [first]: new RegExp(`^Offered to ${names[second]}`),
  } as Record<Reader, RegExp>);
});

test("its alarms tell the reader and the lead while its time runs, and the lead's word that she has seen it stands on the case", async () => {
  const { lead } = pages;
  await lead
    .locator("summary")
    .filter({ has: lead.locator("[data-waiting]") })
    .click();
  await lead.getByRole("button", { name: /^I have seen: A STAT case has used 2 %/ }).click();
  await preview(pages[second])
    .getByText(/^2 %: the lead told/)
    .waitFor();
  await preview(pages[second])
    .getByText(/^1 %: whoever reads it told/)
    .waitFor();
  await picture("night-seen");
  await preview(pages[second])
    .getByText(/^seen by/)
    .waitFor();
});

test("the other accepts it, asks the site while the clock runs, and reads the answer beside the images", async () => {
  const page = pages[second];
  await preview(page).getByRole("button", { name: "Accept" }).click();
  await page.getByText("The case is yours.").waitFor();
  await allSay(`assigned to ${names[second]}`, {
    [second]: /^Assigned to you/,
    [first]: new RegExp(`^Assigned to ${names[second]}`),
  } as Record<Reader, RegExp>);
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/studies/${caseId}`);
  await card().getByText(`${names[second]} reads it`).waitFor();
  await preview(pages[first]).getByText("Being read").first().waitFor();
  await page.getByRole("button", { name: "Ask the site…" }).click();
  await page.getByLabel("Question to the site").fill("Which side is weak?");
  await page.getByRole("button", { name: "Ask", exact: true }).click();
  await page.getByText("Asked. The clock runs on.").waitFor();

  const { technologist } = pages;
  await goTo(technologist, `${stack.baseUrl}/worklist?list=asked`);
  await row(technologist).click();
  await preview(technologist).getByText("Which side is weak?").waitFor();
  await preview(technologist).getByLabel("Your answer").fill("The left arm.");
  await preview(technologist).getByRole("button", { name: "Answer" }).click();
  await row(technologist).waitFor({ state: "detached" });
  await page.getByText("The left arm.").first().waitFor();
});

test("signed, it is gone from board and lists, and the site has its report", async () => {
  const page = pages[second];
  const impression = page.getByLabel("Impression");
  await until("a field to write in", () => impression.isEditable());
  await impression.fill("No bleeding.");
  await page.locator('[data-save-state="saved"]').waitFor();
  await page.keyboard.press("Control+Enter");
  await page.getByLabel(/^Password of/).fill(stack.demoPassword);
  await page.keyboard.press("Enter");
  await page
    .getByText(/Final report/)
    .first()
    .waitFor();
  await card().waitFor({ state: "detached" });
  await row(pages[first]).waitFor({ state: "detached" });
  for (const who of [first, "technologist"] as const) {
    await goTo(pages[who], `${stack.baseUrl}/worklist?list=final`);
    await row(pages[who]).getByText("Final").first().waitFor();
  }
  assert.deepEqual(problems, []);
});

/** For looking at: only where a folder for them is named. */
async function picture(name: string): Promise<void> {
  const folder = process.env.OVERREAD_TEST_PICTURES;
  if (!folder) return;
  for (const [who, page] of Object.entries(pages))
    await page.screenshot({ path: path.join(folder, `${name}-${who}.png`) });
}
