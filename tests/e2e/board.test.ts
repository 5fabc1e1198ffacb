import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright";
import { goTo, launchBrowser, phone, seriousFindings, signInPage } from "./support/browser.ts";
import { type BusyHouse, people, startBusyHouse } from "./support/busy-house.ts";

/** A night at the board: the lead gives cases to readers by keys and by hand, and every open list says so. */
let house: BusyHouse;
let browser: Browser;
let lead: Page;
let reader: Page;
/** Ingrid may read everything; Kwame has no licence where the cases come from. */
const [ingrid, kwame] = ["Dr Ingrid Solheim", "Dr Kwame Mensah"];
const barredUser = "radiologist2@nightshift.example";

before(async () => {
  house = await startBusyHouse();
  const { database } = house;
  await database.query(
    `INSERT INTO reader_settings (org_id, credentials_enforced) SELECT org_id, true FROM user_account WHERE email = $1
     ON CONFLICT (org_id) DO UPDATE SET credentials_enforced = true`,
    [barredUser],
  );
  await database.query(
    "UPDATE reader_licence SET removed_at = now() WHERE user_id = (SELECT id FROM user_account WHERE email = $1)",
    [barredUser],
  );
  browser = await launchBrowser();
  const enter = (who: string) => signInPage(browser, house.stack.baseUrl, who, house.stack.demoPassword);
  ({ page: lead } = await enter(people.lead));
  ({ page: reader } = await enter(people.reader));
  await goTo(reader, `${house.stack.baseUrl}/worklist?list=all`);
  await goTo(lead, `${house.stack.baseUrl}/board`);
});
after(async () => {
  await browser?.close();
  await house?.close();
});

const card = (caseId: string) => lead.locator(`button[data-case-id="${caseId}"]`);
const tile = (name: string) => lead.getByRole("list").locator("li[data-reader-id]").filter({ hasText: name });
const notices = () => lead.getByRole("list", { name: "Notices" });
/** What the reader's own list says of it. */
const listed = (caseId: string, words: string | RegExp) =>
  reader.locator(`[data-case-id="${caseId}"]`).getByText(words).filter({ visible: true }).first();
const audited = async (caseId: string): Promise<string | null> => {
  const { rows } = await house.database.query("SELECT given_to_id::text AS id FROM reading_case WHERE id = $1", [
    caseId,
  ]);
  return rows[0].id;
};

test("by keys: arrows choose a case, A shows who may and why others must not, Enter assigns, U takes back, Undo gives again", async () => {
  const { korean } = house.cases;
  await card(korean).focus();
  await lead.keyboard.press("Enter");
  await lead.keyboard.press("ArrowUp");
  await lead.keyboard.press("ArrowDown");
  await card(korean).click();
  await lead.keyboard.press("a");
  const menu = lead.locator("dialog[open]");
  const barred = menu.getByRole("button", { name: kwame });
  await barred.getByText("must not read it").waitFor();
  await barred.getByText(/no licence/i).waitFor();
  assert.ok(await barred.isDisabled());
  await menu.getByRole("button", { name: ingrid }).and(lead.locator(":focus")).waitFor();
  await lead.keyboard.press("Enter");
  await card(korean).getByText(`assigned to ${ingrid}`).waitFor();
  await reader.locator(`[data-case-id="${korean}"]`).click();
  await reader.getByLabel("Selected case").getByText("Assigned to you").waitFor();
  await lead.keyboard.press("u");
  await card(korean).getByText("with nobody").waitFor();
  await reader.getByLabel("Selected case").getByText("Assigned to").waitFor({ state: "detached" });
  await notices().getByRole("button", { name: "Undo" }).last().click();
  await card(korean).getByText(`assigned to ${ingrid}`).waitFor();
  assert.equal(await audited(korean), house.readerId);
});

test("by hand: a case is carried to a reader; who must not read it says why while it is carried, and does not get it", async () => {
  const { refused } = house.cases;
  await card(refused).dragTo(tile(kwame));
  await notices()
    .getByText(new RegExp(`${kwame} must not read it: .*licence`, "i"))
    .waitFor();
  assert.equal(await audited(refused), null);

  await card(refused).hover();
  await lead.mouse.down();
  await tile(kwame).hover();
  await tile(kwame).hover();
  await tile(kwame)
    .getByText(/must not read it/)
    .waitFor();
  await lead
    .locator('li[data-barred="true"]')
    .getByText(/licence/i)
    .waitFor();
  await picture("board-carrying");
  await tile(ingrid).hover();
  await lead.mouse.up();
  await card(refused).getByText(`assigned to ${ingrid}`).waitFor();
  await notices().getByText(`Assigned to ${ingrid}.`).waitFor();

  await lead.getByRole("button", { name: "By reader" }).click();
  const nobody = lead.getByRole("region", { name: "With nobody" });
  await card(refused).dragTo(nobody.getByRole("heading"));
  await nobody.locator(`button[data-case-id="${refused}"]`).waitFor();
  assert.equal(await audited(refused), null);
  await lead.getByRole("button", { name: "By time left" }).click();
});

test("priority and hold are decided at the board, with a reason that the case then tells", async () => {
  const { korean } = house.cases;
  await card(korean).click();
  // The keys of an act hold from when its button is there.
  const acts = lead.getByRole("region", { name: "Chosen case" });
  await acts.getByRole("button", { name: /^Priority/ }).waitFor();
  await lead.keyboard.press("p");
  const dialog = lead.locator("dialog[open]");
  await dialog.getByText("The hospital and every reader see it on the case.").waitFor();
  await dialog.getByRole("button", { name: "Urgent", exact: true }).click();
  await dialog.getByLabel("Why").fill("The clinic has called.");
  await lead.keyboard.press("Enter");
  await card(korean).getByText("Urgent").waitFor();
  await listed(korean, "Urgent").waitFor();
  await lead.keyboard.press("h");
  await dialog.getByLabel("What it waits for").fill("Waits for the other side.");
  await lead.keyboard.press("Enter");
  await lead.getByRole("region", { name: "Held" }).locator(`button[data-case-id="${korean}"]`).waitFor();
  await lead.keyboard.press("h");
  await card(korean).getByText("held", { exact: true }).waitFor({ state: "detached" });
});

test("the board with a case chosen has no serious finding, on every screen", async () => {
  await card(house.cases.stat).click();
  for (const [name, size] of Object.entries({
    "1366": { width: 1366, height: 768 },
    "1600": { width: 1600, height: 900 },
    "2560": { width: 2560, height: 1440 },
    "200-percent": { width: 683, height: 384 },
    phone,
  })) {
    await lead.setViewportSize(size);
    await lead.getByRole("region", { name: "Chosen case" }).waitFor();
    assert.deepEqual(await seriousFindings(lead), [], name);
    assert.ok(await lead.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), name);
    await picture(`board-${name}`);
  }
});

/** For looking at: only where a folder for them is named. */
async function picture(name: string): Promise<void> {
  const folder = process.env.OVERREAD_TEST_PICTURES;
  if (folder) await lead.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
}
