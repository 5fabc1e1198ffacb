import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright";
import { tinyInstance } from "../factories/tiny-instance.ts";
import { goTo, launchBrowser, phone, seriousFindings, signInPage } from "./support/browser.ts";
import { signIn } from "./support/portal.ts";
import { storescu } from "./support/scanner.ts";
import { type Stack, startStack, until } from "./support/stack.ts";

/** Two readers and their lead pass cases to each other: every button of that is pressed once. */
const solheim = "radiologist@nightshift.example";
const mensah = "radiologist2@nightshift.example";
let stack: Stack;
let browser: Browser;
const scratch = mkdtempSync(path.join(os.tmpdir(), "overread-two-"));
const problems: string[] = [];
before(async () => {
  stack = await startStack();
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  await stack?.stop();
  rmSync(scratch, { recursive: true, force: true });
});

async function unread(patient: string, description = "CT CHEST"): Promise<string> {
  const made = tinyInstance({
    elements: {
      "00081030": { vr: "LO", Value: [description] },
      "00100010": { vr: "PN", Value: [{ Alphabetic: patient }] },
      "00100020": { vr: "LO", Value: [`P-${patient}`] },
    },
  });
  const file = path.join(scratch, `${made.instance}.dcm`);
  writeFileSync(file, made.part10);
  await storescu(stack, [file]);
  const reader = await signIn(stack.baseUrl, solheim, stack.demoPassword);
  return until("the case to read", async () => {
    const { items } = await reader.query<{ items: { caseId: string; studyInstanceUid: string; state: string }[] }>(
      "worklist.list",
      {},
    );
    return items.find((item) => item.studyInstanceUid === made.study && item.state === "unread")?.caseId;
  });
}
async function enter(email: string, size?: { width: number; height: number }): Promise<Page> {
  const { page } = await signInPage(browser, stack.baseUrl, email, stack.demoPassword, size);
  page.on("pageerror", (error) => problems.push(String(error)));
  return page;
}
const note = "Sagittals still to come. So far: no bleeding.";
const preview = (page: Page) => page.getByRole("complementary", { name: "Selected case" });
const choose = async (page: Page, caseId: string) => {
  await page.locator(`[data-case-id="${caseId}"]:visible`).click();
  await preview(page).waitFor();
};
const saved = (page: Page) => page.locator('[data-save-state="saved"]').waitFor();
async function handOver(page: Page): Promise<void> {
  await page.keyboard.press("x");
  const form = page.getByRole("form", { name: "Hand the case over" });
  await form.getByLabel("What the next reader should know").fill(note);
  await form.getByRole("radio", { name: /Dr Kwame Mensah/ }).check();
  await form.getByRole("button", { name: "Hand over" }).click();
  await page.waitForURL("**/worklist*");
}

test("a case is handed over with a note, taken back, handed over again, accepted, signed as preliminary, and gone over", async () => {
  const caseId = await unread("Over^Hanna");
  const his = await enter(mensah);
  const hers = await enter(solheim);
  await goTo(hers, `${stack.baseUrl}/studies/${caseId}`);
  const impression = hers.getByLabel("Impression");
  await until("a field to write in", () => impression.isEditable());
  await impression.fill("No bleeding.");
  await hers.getByRole("button", { name: "Hand over (X)" }).focus();
  await handOver(hers);
  await hers.keyboard.press("2");
  await choose(hers, caseId);
  await preview(hers).getByRole("button", { name: "Take back and read" }).click();
  await hers.waitForURL(`**/studies/${caseId}`);
  await until("a field to write in", () => impression.isEditable());
  await hers.getByRole("button", { name: "Hand over (X)" }).focus();
  await hers.keyboard.press("x");
  assert.deepEqual(await seriousFindings(hers), []);
  await hers.keyboard.press("Escape");
  await hers.getByRole("button", { name: "Hand over (X)" }).focus();
  await handOver(hers);

  await choose(his, caseId);
  await preview(his).getByText(note).waitFor();
  await preview(his)
    .getByText(/^Offered to you until .* by Dr Ingrid Solheim$/)
    .waitFor();
  await preview(his).getByRole("button", { name: "Accept" }).click();
  await his.getByText("The case is yours.").waitFor();
  await his.keyboard.press("Enter");
  await his.waitForURL(`**/studies/${caseId}`);
  await his.getByRole("region", { name: "Handover" }).getByText(note).waitFor();
  await his.getByRole("button", { name: "Take over" }).click();
  await his.getByRole("region", { name: "Whose draft this is" }).waitFor({ state: "detached" });
  await his.keyboard.press("Control+Shift+Enter");
  await his.getByLabel(/^Password of/).fill(stack.demoPassword);
  await his.keyboard.press("Enter");
  await his.waitForURL("**/worklist*");

  await goTo(hers, `${stack.baseUrl}/studies/${caseId}`);
  await until("a field to write in", () => impression.isEditable());
  await impression.fill("Small bleeding on the left.");
  await saved(hers);
  await hers.keyboard.press("Control+Enter");
  await hers.getByRole("radio", { name: /^3 · / }).check();
  await hers.getByLabel("It matters to the patient").check();
  await hers.getByLabel("What differs").fill("The bleeding was not seen.");
  await hers.getByLabel(/^Password of/).fill(stack.demoPassword);
  await hers.getByRole("button", { name: "Sign", exact: true }).click();
  await hers.getByText("Final report, version 2").waitFor();
  await hers.getByRole("region", { name: "Over-read" }).getByText("The bleeding was not seen.").waitFor();

  // He learns of it in the bell, sees there what differs, and says so where it stays; the lead notes what was done.
  const bell = his.locator('summary[aria-label^="Notices"]');
  await bell.click();
  await his.getByRole("link", { name: "All that differ from yours" }).click();
  await his.waitForURL("**/discrepancies?as=first");
  const mine = his.getByRole("row", { name: /OVER, Hanna/ });
  await mine.getByText("The bleeding was not seen.").waitFor();
  await mine.getByRole("button", { name: /^I have seen it/ }).click();
  await mine.getByRole("button", { name: /^I have seen it/ }).waitFor({ state: "detached" });
  await bell.click();
  await his
    .getByRole("region", { name: "Notices" })
    .getByText(/you have seen it/)
    .waitFor();
  const lead = await enter("lead@nightshift.example");
  await goTo(lead, `${stack.baseUrl}/discrepancies`);
  await lead.getByLabel("State").selectOption("to-close");
  await lead.getByRole("button", { name: "Show" }).click();
  await lead.waitForURL("**/discrepancies?state=to-close");
  await lead.getByRole("button", { name: /^What was done about OVER, Hanna/ }).click();
  await lead.getByLabel("Note").fill("Both looked at it together.");
  await lead.getByLabel("was told", { exact: true }).check();
  assert.deepEqual(await seriousFindings(lead), []);
  await lead.getByRole("button", { name: "Close it with this note" }).click();
  await lead.getByText("No discrepancy fits").waitFor();
  await lead.getByRole("link", { name: "Clear" }).click();
  const closed = lead.getByRole("row", { name: /OVER, Hanna/ });
  await closed.getByText("Both looked at it together.").waitFor();
  await closed.getByText(/site told/).waitFor();
  const download = lead.waitForEvent("download");
  await lead.getByRole("button", { name: "Export CSV" }).click();
  assert.match((await download).suggestedFilename(), /^discrepancies-nightshift-\d{4}-\d\d-\d\d\.csv$/);
  assert.deepEqual(problems, []);
});

test("what came of one trauma is bound by one key, read beside each other, taken out and back, and signed once", async () => {
  const head = await unread("Trauma^Tom", "CT HEAD");
  const spine = await unread("Trauma^Tom", "CT C-SPINE");
  const hers = await enter(solheim);
  await goTo(hers, `${stack.baseUrl}/studies/${head}`);
  const impression = hers.getByLabel("Impression");
  await until("a field to write in", () => impression.isEditable());
  await impression.fill("No bleeding.");
  await saved(hers);
  const dock = hers.getByRole("region", { name: "Read together" });
  await dock.getByRole("button", { name: /^Read with: CT C-SPINE, 20 Nov( 2026)?, 10:15/ }).waitFor();
  await hers.getByRole("button", { name: "Hand over (X)" }).focus();
  await hers.keyboard.press("b");
  await dock.getByRole("button", { name: "Take out" }).waitFor();
  const tray = hers.getByRole("navigation", { name: "Series" });
  await tray.getByText("Read with CT C-SPINE").waitFor();
  assert.deepEqual(await seriousFindings(hers), []);

  await dock.getByRole("button", { name: "Take out" }).click();
  await hers.getByText("It is on the list again by itself. What is written stays here.").waitFor();
  await hers.getByRole("button", { name: "Undo" }).last().click();
  await dock.getByRole("button", { name: "Take out" }).waitFor();

  // Both rows say it, and the other one opens the same page.
  const his = await enter("lead@nightshift.example");
  for (const [caseId, other] of [
    [head, "CT C-SPINE"],
    [spine, "CT HEAD"],
  ] as const)
    await his.locator(`[data-case-id="${caseId}"]:visible`).getByLabel(`Read with ${other}: one report`).waitFor();
  await goTo(hers, `${stack.baseUrl}/studies/${spine}`);
  await hers.waitForURL(`**/studies/${head}`);
  await until("a field to write in", () => impression.isEditable());
  assert.equal(await impression.inputValue(), "No bleeding.");
  await impression.fill("No bleeding, no fracture.");
  await saved(hers);
  await hers.keyboard.press("Control+Enter");
  await hers
    .getByRole("region", { name: "Sign the report" })
    .getByText(/^CT HEAD[\s\S]*CT C-SPINE/)
    .waitFor();
  await hers.getByLabel(/^Password of/).fill(stack.demoPassword);
  await hers.getByRole("button", { name: "Sign", exact: true }).click();
  await hers.getByText("Final report, version 1").waitFor();
  for (const caseId of [spine, head]) {
    await goTo(hers, `${stack.baseUrl}/studies/${caseId}`);
    await hers.getByText("Final report, version 1").waitFor();
    await hers
      .getByText(/CT HEAD[\s\S]*CT C-SPINE/)
      .first()
      .waitFor();
    await hers.getByText("No bleeding, no fracture.").first().waitFor();
  }
  assert.deepEqual(problems, []);
});

test("on a phone an offer is declined beside its images; the lead assigns the case past the list", async () => {
  const caseId = await unread("Under^Uwe");
  const reader = await signIn(stack.baseUrl, solheim, stack.demoPassword);
  const { claimToken } = await reader.mutate<{ claimToken: string }>("worklist.claim", { caseId });
  const people = await reader.query<{ readerId: string; name: string }[]>("assignment.colleagues", { caseId });
  const toId = people.find(({ name }) => name === "Dr Kwame Mensah")?.readerId;
  await reader.mutate("assignment.handOver", { caseId, claimToken, toId, note });
  const his = await enter(mensah, phone);
  await goTo(his, `${stack.baseUrl}/studies/${caseId}`);
  await his.getByRole("tab", { name: "report" }).click();
  const offer = his.getByRole("region", { name: "Handover" });
  await offer.getByText(note).waitFor();
  assert.equal(
    (await reader.query<{ claimedBy: unknown }>("worklist.get", { caseId })).claimedBy,
    null,
    "no answer yet",
  );
  assert.deepEqual(await seriousFindings(his), []);
  await offer.getByRole("button", { name: "Decline…" }).click();
  await offer.getByLabel("Why you do not take it").fill("My shift ends too.");
  await offer.getByRole("button", { name: "Decline", exact: true }).click();
  await his.waitForURL("**/worklist*");

  const lead = await enter("lead@nightshift.example");
  await choose(lead, caseId);
  await preview(lead).getByText(note).waitFor();
  await preview(lead).getByRole("button", { name: "Assign…" }).click();
  const menu = lead.getByRole("dialog", { name: "Assign the case" });
  await menu.getByRole("button", { name: /Dr Ingrid Solheim/ }).click();
  await preview(lead)
    .getByText(/^Assigned to Dr Ingrid Solheim/)
    .waitFor();
  await preview(lead).getByRole("button", { name: "Take back" }).click();
  await lead.getByText("The case is nobody's; the rules are asked anew.").waitFor();
  assert.deepEqual(problems, []);
});

test("a contract asks for two readings: neither sees the other's before his own is kept, then both stand side by side, and a third is asked", async () => {
  const admin = await signIn(stack.baseUrl, "admin@lakeside.example", stack.demoPassword);
  type Contract = { contractId: string; versions: { serviceLevelId: string }[] };
  const contracts = await admin.query<Contract[]>("serviceLevel.list", undefined);
  const terms = {
    holidays: [],
    lines: [],
    otherwise: { stat: 30, urgent: 120, routine: 1440 },
    firstReading: "double",
  };
  for (const { contractId, versions } of contracts)
    await admin.mutate("serviceLevel.save", {
      contractId,
      basedOn:
        versions
          .map(({ serviceLevelId }) => serviceLevelId)
          .sort()
          .at(-1) ?? null,
      validFrom: null,
      terms,
    });
  const caseId = await unread("Twice^Tilda");
  const hers = await enter(solheim);
  await goTo(hers, `${stack.baseUrl}/studies/${caseId}`);
  await hers.getByText("Yours is the first reading").waitFor();
  const field = (page: Page) => page.getByLabel("Impression");
  await until("a field to write in", () => field(hers).isEditable());
  await field(hers).fill("No bleeding at all.");
  await saved(hers);
  await hers.getByRole("button", { name: /^Keep my reading/ }).click();
  await hers.getByLabel(/^Password of/).fill(stack.demoPassword);
  await hers.getByRole("button", { name: "Keep this reading" }).click();
  await hers.waitForURL("**/worklist*");

  const his = await enter(mensah);
  await goTo(his, `${stack.baseUrl}/studies/${caseId}`);
  await his.getByText("You see the first reading when yours is kept").waitFor();
  await until("a field to write in", () => field(his).isEditable());
  assert.ok(!(await his.content()).includes("No bleeding at all."), "not a word of hers");
  await field(his).fill("Small bleeding on the left.");
  await saved(his);
  await his.keyboard.press("Control+Enter");
  await his.getByLabel(/^Password of/).fill(stack.demoPassword);
  await his.getByRole("button", { name: "Keep this reading" }).click();
  const both = his.getByRole("region", { name: "Double reading" });
  await both.getByText("No bleeding at all.").waitFor();
  await both.getByText("Small bleeding on the left.").waitFor();
  await both.getByText("differs").first().waitFor();
  assert.deepEqual(await seriousFindings(his), []);
  await his.getByRole("button", { name: /^Sign…/ }).click();
  await his.getByRole("radio", { name: /^4 · / }).check();
  await his.getByLabel("It matters to the patient").check();
  await his.getByLabel("What differs").fill("The bleeding was not seen.");
  await his.getByRole("button", { name: "Ask a third reader" }).click();
  await his.waitForURL("**/worklist*");
  const { action } = await until("the case with nobody", async () => {
    const item = await admin.query<{ state: string; claimedBy: unknown }>("worklist.get", { caseId });
    return item.claimedBy === null ? { action: item.state } : null;
  });
  assert.equal(action, "preliminary");
  assert.deepEqual(problems, []);
});
