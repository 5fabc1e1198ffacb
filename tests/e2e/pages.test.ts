import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright";
import { desktop, launchBrowser, phone, seriousFindings, signInPage } from "./support/browser.ts";
import { type BusyHouse, people, startBusyHouse } from "./support/busy-house.ts";

/** Every page as people with other eyes, hands and screens find it. */
let house: BusyHouse;
let browser: Browser;
before(async () => {
  house = await startBusyHouse();
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  await house?.close();
});

/** 1366 × 768 at 200 %. */
const zoomed = { width: 683, height: 384 };

function pages(): [who: string | null, path: string, ready: string][] {
  const { cases, signedStudyId, invitation } = house;
  return [
    [null, "/sign-in", "Sign in"],
    [null, invitation, "petra.novak@lakeside.example"],
    [people.reader, "/worklist?list=all", "Urgent"],
    [people.reader, `/studies/${cases.stat}`, "Impression"],
    [people.reader, `/studies/${cases.refused}`, "refused"],
    [people.reader, `/studies/${cases.signed}`, "Normal chest CT."],
    [people.reader, "/account", "Second factor"],
    [people.admin, "/worklist", "Urgent"],
    [people.admin, "/admin", "refused"],
    [people.admin, "/admin/facilities", "AE title"],
    [people.admin, "/admin/users", "Petra Novak"],
    [people.admin, "/admin/identity", "Brook"],
    [people.admin, "/admin/set-aside", "Twice"],
    [people.admin, "/admin/audit", "signed an addendum"],
    [people.referrer, "/reports", "Normal chest CT."],
    [people.referrer, `/reports/${signedStudyId}`, "Told by telephone."],
  ];
}

/** Opens every page at one size, as whoever it is for. */
async function walk(size: typeof desktop, look: (page: Page, path: string) => Promise<void>): Promise<void> {
  const opened = new Map<string | null, Page>();
  for (const [who, path, ready] of pages()) {
    let page = opened.get(who);
    if (!page) {
      page = who
        ? (await signInPage(browser, house.stack.baseUrl, who, house.stack.demoPassword, size)).page
        : await (await browser.newContext({ viewport: size })).newPage();
      opened.set(who, page);
    }
    await page.goto(`${house.stack.baseUrl}${path}`);
    // On a phone images and report are two parts of the page.
    if (path.startsWith("/studies/") && size.width < 768) await page.getByRole("tab", { name: "report" }).click();
    await page.getByText(ready).filter({ visible: true }).first().waitFor();
    await look(page, path);
  }
  for (const page of opened.values()) await page.context().close();
}

describe("every page", { timeout: 540_000 }, () => {
  for (const [name, size] of Object.entries({ "on a desk": desktop, "on a phone": phone, "at 200 %": zoomed }))
    test(`has no serious finding of axe ${name}, and nothing beside the screen`, async () => {
      const found: string[] = [];
      await walk(size, async (page, path) => {
        for (const finding of await seriousFindings(page)) found.push(`${path}: ${finding}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        if (wide > 0) found.push(`${path}: ${wide} px wider than the screen`);
        for (const pair of await overlaps(page)) found.push(`${path}: ${pair}`);
      });
      assert.deepEqual(found, []);
    });
});

/** Words of the bar at the head of the page that stand on other words of it. */
function overlaps(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const parts = [
      ...document.querySelectorAll("header a, header p > span, header button, header summary, header nav a"),
    ]
      .filter((element) => element.checkVisibility())
      .map((element) => ({ element, box: element.getBoundingClientRect(), text: element.textContent?.trim() ?? "" }))
      .filter(({ box }) => box.width > 0);
    const found: string[] = [];
    for (const [i, one] of parts.entries())
      for (const other of parts.slice(i + 1)) {
        if (one.element.contains(other.element) || other.element.contains(one.element)) continue;
        const across = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
        const down = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
        if (across > 1 && down > 1) found.push(`"${one.text}" stands on "${other.text}"`);
      }
    return found;
  });
}
