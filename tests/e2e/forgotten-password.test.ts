import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright";
import { desktop, goTo, launchBrowser, newContext, phone, seriousFindings, signInPage } from "./support/browser.ts";
import { type Stack, startStack } from "./support/stack.ts";

let stack: Stack;
let browser: Browser;
before(async () => {
  stack = await startStack();
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  await stack?.stop();
});

async function look(page: Page, name: string): Promise<void> {
  assert.deepEqual(await seriousFindings(page), [], name);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(wide <= 0, `${name}: ${wide} px wider than the screen`);
}

test("a person who forgot the password comes back by the administrator's link, and reads who made it", async () => {
  const email = "tech@lakeside.example";
  const chosen = "harmonica gravel tuesday kiosk";
  const { page: admin } = await signInPage(browser, stack.baseUrl, "admin@lakeside.example", stack.demoPassword);
  await goTo(admin, `${stack.baseUrl}/admin/users`);
  await look(admin, "people");
  await admin.getByRole("row", { name: email }).getByRole("button", { name: "New password" }).click();
  await look(admin, "dialog");
  await admin.getByLabel("Your own password").fill(stack.demoPassword);
  await admin.getByRole("button", { name: "Make the link" }).click();
  const link = await admin.getByText("/invitation#").textContent();
  await look(admin, "link");

  const context = await newContext(browser, phone);
  const page = await context.newPage();
  await goTo(page, link ?? "");
  await page.getByText(email).waitFor();
  await page.getByLabel("New password").fill(chosen);
  await page.getByLabel("The same once more").fill(chosen);
  await look(page, "invitation");
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.getByText("Your password is set").waitFor();
  await context.close();

  for (const [name, size] of Object.entries({ desk: desktop, phone })) {
    const { page: person } = await signInPage(browser, stack.baseUrl, email, chosen, size);
    const notice = person.getByText("made a link for a new password of your account");
    await notice.waitFor();
    await look(person, `notice-${name}`);
    await goTo(person, `${stack.baseUrl}/account`);
    await person.getByRole("button", { name: "It was for me" }).click();
    await notice.waitFor({ state: "detached" });
    await person.getByRole("heading", { name: "Links for a new password" }).waitFor();
    await look(person, `account-${name}`);
    await person.context().close();
  }
});
