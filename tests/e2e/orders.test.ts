import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright";
import { tinyInstance } from "../factories/tiny-instance.ts";
import { goTo, holds, launchBrowser, signInPage } from "./support/browser.ts";
import { storescu } from "./support/scanner.ts";
import { type Stack, startStack } from "./support/stack.ts";

/** What the site orders and answers, and what the reader asks, in two browsers. */
let stack: Stack;
let browser: Browser;
let technologist: Page;
let reader: Page;
/** Of each window, as they come. */
const problems: string[][] = [];
const scratch = mkdtempSync(path.join(os.tmpdir(), "overread-orders-"));
before(async () => {
  stack = await startStack();
  browser = await launchBrowser();
  technologist = await enter("tech@lakeside.example");
  reader = await enter("radiologist@nightshift.example");
});
after(async () => {
  await browser?.close();
  await stack?.stop();
  rmSync(scratch, { recursive: true, force: true });
});

async function enter(email: string): Promise<Page> {
  const signed = await signInPage(browser, stack.baseUrl, email, stack.demoPassword);
  problems.push(signed.problems);
  return signed.page;
}

async function send(accessionNumber: string, name: string, patientId: string): Promise<void> {
  const made = tinyInstance({
    elements: {
      "00080050": { vr: "SH", Value: [accessionNumber] },
      "00081030": { vr: "LO", Value: ["CT CHEST"] },
      "00100010": { vr: "PN", Value: [{ Alphabetic: name }] },
      "00100020": { vr: "LO", Value: [patientId] },
    },
  });
  const file = path.join(scratch, `${made.instance}.dcm`);
  writeFileSync(file, made.part10);
  await storescu(stack, [file]);
}

test("a technologist enters an order, and the study that comes is read as STAT with its clinical information", async () => {
  await goTo(technologist, `${stack.baseUrl}/orders`);
  await technologist.getByText("Every order has its study.").waitFor();
  await technologist.getByRole("button", { name: "New order" }).click();
  const form = technologist.getByRole("dialog");
  await form.getByLabel("Family name").first().fill("Rivers");
  await form.getByLabel("Given name").first().fill("Alder");
  await form.getByLabel("Patient ID").fill("ORD-1");
  await form.getByLabel("What is ordered").fill("CT chest with contrast");
  await form.getByLabel("Accession number").fill("ACC-1");
  await form.getByLabel("Clinical information").fill("Tearing pain between the shoulder blades.");
  await form.getByLabel("Priority", { exact: true }).selectOption("stat");
  await form.getByRole("button", { name: "Enter the order" }).click();
  assert.ok(await form.isVisible(), "STAT without a reason is not sent");
  await form.getByLabel("Why STAT").fill("Suspected aortic dissection");
  await form.getByRole("button", { name: "Enter the order" }).click();
  await technologist.locator('[data-order="ACC-1"]').waitFor();

  await send("ACC-1", "Rivers^Alder", "ORD-1");
  await goTo(reader, `${stack.baseUrl}/worklist`);
  const row = reader.getByRole("row").filter({ hasText: "RIVERS" });
  await row.filter({ hasText: "STAT" }).waitFor();
  await row.click();
  const preview = reader.getByRole("complementary", { name: "Selected case" });
  await preview.getByText("Tearing pain between the shoulder blades.").waitFor();
  await preview.getByText("Suspected aortic dissection").waitFor();
});

test("the reader stops the clock with a question, the site answers, and the case is back on the list", async () => {
  const preview = reader.getByRole("complementary", { name: "Selected case" });
  await preview.getByRole("button", { name: "Ask the site…" }).click();
  await preview.getByLabel("Question to the site").fill("Was contrast given?");
  await preview.getByLabel("Stop the clock").check();
  await preview.getByRole("button", { name: "Ask", exact: true }).click();
  await reader.getByText("Asked. The case is held until the site has answered.").waitFor();

  await goTo(technologist, `${stack.baseUrl}/worklist?list=asked`);
  const row = technologist.getByRole("row").filter({ hasText: "RIVERS" });
  await row.click();
  const side = technologist.getByRole("complementary", { name: "Selected case" });
  await side.getByText("Was contrast given?").waitFor();
  await side.getByLabel("Your answer").fill("Yes, 80 ml.");
  await side.getByRole("button", { name: "Answer" }).click();
  await row.waitFor({ state: "detached" });

  await preview.getByText("Yes, 80 ml.").waitFor();
  await preview.getByText("Unread").waitFor();
});

test("the clinical information stands beside the images and at the beginning of the report", async () => {
  await reader.getByRole("row").filter({ hasText: "RIVERS" }).dblclick();
  await reader.getByRole("region", { name: "Order" }).getByText("Tearing pain").waitFor();
  await holds(
    reader.getByRole("textbox", { name: "Clinical information" }),
    "Tearing pain between the shoulder blades.",
  );
});

test("one accession number for two people is shown with why, and is not joined", async () => {
  await send("ACC-2", "Okafor^Ada", "ORD-2");
  await goTo(technologist, `${stack.baseUrl}/orders`);
  await technologist.getByRole("button", { name: "New order" }).click();
  const form = technologist.getByRole("dialog");
  await form.getByLabel("Family name").first().fill("Lindqvist");
  await form.getByLabel("Given name").first().fill("Maja");
  await form.getByLabel("Patient ID").fill("ORD-2");
  await form.getByLabel("What is ordered").fill("CT chest");
  await form.getByLabel("Accession number").fill("ACC-2");
  await form.getByRole("button", { name: "Enter the order" }).click();
  const card = technologist.locator('[data-order="ACC-2"]');
  await card.waitFor();
  await card.getByText("but the names differ").waitFor();
  assert.equal(await card.getByRole("button", { name: "It is this one" }).count(), 0);
});

test("a technologist adds a document and says that the study is checked, and its reader sees by whom", async () => {
  const admin = await enter("admin@lakeside.example");
  await goTo(admin, `${stack.baseUrl}/admin/facilities`);
  const facility = admin.getByRole("form", { name: "Lakeside Main Campus" });
  await facility.getByLabel("Technologists check studies before they are read").check();
  await facility.getByRole("button", { name: "Save", exact: true }).click();
  await facility.getByText("Saved", { exact: true }).waitFor();

  await goTo(technologist, `${stack.baseUrl}/tech-check`);
  await technologist.getByRole("button", { name: /OKAFOR/ }).click();
  const check = technologist.getByRole("region", { name: "Check" });
  await check.getByRole("heading", { name: /OKAFOR/ }).waitFor();
  await check.getByLabel("What it is").selectOption("consent");
  await check.getByLabel("File").setInputFiles({
    name: "Ada Okafor.pdf",
    mimeType: "application/pdf",
    buffer: Buffer.from(
      "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n",
    ),
  });
  await check.getByRole("button", { name: "Add", exact: true }).click();
  await check.getByRole("list", { name: "Documents" }).getByText("Consent form").waitFor();
  // What is typed and not saved goes with it.
  await check.getByLabel("What the reader should know").fill("Fell from a ladder.");
  await check.getByRole("button", { name: "Complete", exact: true }).click();
  await technologist.getByText("Its reader sees that you have checked it.").waitFor();

  await goTo(reader, `${stack.baseUrl}/worklist`);
  await reader.getByRole("row").filter({ hasText: "OKAFOR" }).click();
  const preview = reader.getByRole("complementary", { name: "Selected case" });
  await preview.getByText(/^Checked by /).waitFor();
  await preview.getByText("Fell from a ladder.").waitFor();
  await preview.getByText("Consent form").waitFor();
  const row = reader.getByRole("row").filter({ hasText: "OKAFOR" });
  await row.getByTitle(/^Checked by /).waitFor();

  // A list of what nobody has checked yet leaves it out, and says so.
  await reader.getByRole("button", { name: "Filter, order and columns" }).click();
  await reader.getByRole("combobox", { name: "Tech check" }).selectOption("waiting");
  await reader.getByRole("button", { name: "Show", exact: true }).click();
  await reader.getByText("not checked", { exact: true }).waitFor();
  await row.waitFor({ state: "hidden" });
});

test("nothing threw", () => {
  assert.deepEqual(problems.flat(), []);
});
