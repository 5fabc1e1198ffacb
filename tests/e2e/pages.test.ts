import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright";
import {
  desktop,
  goTo,
  launchBrowser,
  newContext,
  phone,
  reload,
  seriousFindings,
  settles,
  signInPage,
} from "./support/browser.ts";
import { type BusyHouse, people, startBusyHouse } from "./support/busy-house.ts";
import { until } from "./support/stack.ts";

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
  const { cases, signedStudyId, readerId, invitation } = house;
  return [
    [null, "/sign-in", "Sign in"],
    [null, invitation, "petra.novak@lakeside.example"],
    [people.reader, "/worklist?list=all", "Urgent"],
    [people.reader, `/studies/${cases.stat}`, "Impression"],
    [people.reader, `/studies/${cases.refused}`, "refused"],
    [people.reader, `/studies/${cases.signed}`, "Normal chest CT."],
    [people.reader, "/account", "Credential file"],
    [people.lead, "/readers", "Ends soon"],
    [people.lead, `/readers/${readerId}`, "Credential file"],
    [people.lead, "/assignment", "Rehearsal"],
    [people.lead, "/board", "Fairness"],
    [people.lead, "/discrepancies", "Pneumothorax on the left."],
    [people.reader, "/discrepancies", "Pneumothorax on the left."],
    [people.lead, "/escalation", "What was sent"],
    [people.admin, "/worklist", "Urgent"],
    [people.admin, "/admin", "refused"],
    [people.admin, "/admin/facilities", "AE title"],
    [people.admin, "/admin/service-levels", "In force"],
    [people.admin, "/admin/users", "Petra Novak"],
    [people.admin, "/admin/identity", "Brook"],
    [people.admin, "/admin/set-aside", "Twice"],
    [people.admin, "/orders", "the names differ"],
    [people.admin, "/tech-check", "What the reader should know"],
    [people.admin, "/admin/audit", "Export CSV"],
    [people.admin, "/admin/damaged", "Every image is sound"],
    [people.admin, "/account", "Webhook of the organisation"],
    [people.operator, "/operator", "What everything else depends on"],
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
        : await (await newContext(browser, size)).newPage();
      opened.set(who, page);
    }
    assert.equal(await goTo(page, `${house.stack.baseUrl}${path}`), 200, `${path} answers`);
    // On a phone images and report are two parts of the page.
    if (path.startsWith("/studies/") && size.width < 768) await page.getByRole("tab", { name: "report" }).click();
    await page.getByText(ready).filter({ visible: true }).first().waitFor();
    await look(page, path);
  }
  for (const page of opened.values()) await page.context().close();
}

describe("every page", () => {
  // At 200 % a page shows what it shows on a phone or on a desk: axe need not read it a third time.
  for (const [name, size, also] of [
    ["on a desk", desktop, zoomed],
    ["on a phone", phone, null],
  ] as const)
    test(`has no serious finding of axe ${name}, and nothing beside the screen${also ? ", nor at 200 %" : ""}`, async () => {
      const found: string[] = [];
      const inPlace = async (page: Page, path: string) => {
        // Typefaces and what the portal still answers move things once more.
        let beside: string[] = [];
        const looked = async () => {
          beside = await outOfPlace(page);
          return beside.length === 0;
        };
        await until("everything in its place", looked, { deadlineMs: 15_000 }).catch(() =>
          found.push(...beside.map((what) => `${path}: ${what}`)),
        );
      };
      await walk(size, async (page, path) => {
        for (const finding of await seriousFindings(page)) found.push(`${path}: ${finding}`);
        await inPlace(page, path);
        if (!also) return;
        await page.setViewportSize(also);
        await inPlace(page, `${path} at 200 %`);
        await page.setViewportSize(size);
      });
      assert.deepEqual(found, []);
    });

  test("names of every script of the PDF are readable on a machine without a typeface for them", async () => {
    const { page, context } = await enter(people.reader);
    await page.waitForFunction(() => [...document.fonts].some(({ family }) => family.includes("Noto Sans KR")));
    for (const [family, letters] of [
      ["Noto Sans KR Variable", "홍길동"],
      ["Noto Sans JP Variable", "やまだ"],
      ["Noto Sans SC Variable", "王小东"],
      ["Noto Sans Arabic Variable", "قباني"],
      ["Noto Sans Hebrew Variable", "שרון"],
      ["Noto Sans Thai Variable", "นาย"],
      ["Noto Sans Variable", "Διονυσιος Люк"],
    ] as const) {
      const faces = await page.evaluate(
        async ([family, letters]) => {
          const listed = [...document.fonts].some((face) => face.family.replaceAll('"', "") === family);
          return listed ? (await document.fonts.load(`16px "${family}"`, letters)).map(({ status }) => status) : null;
        },
        [family, letters] as const,
      );
      assert.ok(faces && faces.length > 0 && faces.every((status) => status === "loaded"), `${family}: ${faces}`);
      const stack = await page.evaluate(() => getComputedStyle(document.body).fontFamily);
      assert.ok(stack.includes(family), `${family} is in the page's list of typefaces`);
    }
    await context.close();
  });

  test("a row tells the patient ID and both dates at every width, and the due time says its day", async () => {
    const { page, context } = await enter(people.reader);
    await goTo(page, `${house.stack.baseUrl}/worklist?list=all`);
    const row = page.locator(`[data-case-id="${house.cases.refused}"]`);
    for (const width of [1920, 1600, 1366, 1280, 1024, 800, 683, 390]) {
      await page.setViewportSize({ width, height: 800 });
      for (const text of ["HOUSE-refused", "14 Mar 2026", "Not checked", /^\d{1,2} [A-Z][a-z]{2}, \d\d:\d\d$/])
        await row.getByText(text).filter({ visible: true }).first().waitFor();
    }
    await context.close();
  });

  test("a row says since when the site has not answered, and nothing of it is cut from a small desk to a large one", async () => {
    const { page, context } = await enter(people.reader);
    await goTo(page, `${house.stack.baseUrl}/worklist?list=all`);
    const row = page.locator(`[data-case-id="${house.cases.stat}"]`);
    for (const width of [2560, 1920, 1600, 1366, 390]) {
      await page.setViewportSize({ width, height: 800 });
      const question = row.getByTitle(/^The site was asked, no answer yet\. Asked /).filter({ visible: true });
      await question.getByText(/^\d+ (min|h)$/).waitFor();
      assert.equal(await question.count(), 1, `once at ${width}`);
      if (width < 1366) continue;
      // One line is as wide as its text, or ends in "…".
      await settles(
        `nothing cut at ${width}`,
        () =>
          row.evaluate((element) =>
            [...element.querySelectorAll("*")]
              .filter((each) => each.scrollWidth > each.clientWidth + 1 && !each.classList.contains("sr-only"))
              .filter((each) => getComputedStyle(each).textOverflow === "ellipsis")
              .map(({ textContent }) => textContent),
          ),
        (cut) => cut.length === 0,
      );
    }
    await context.close();
  });

  test("at 200 % the image keeps near half of the screen, whatever is said above it, and the patient stays in sight", async () => {
    const { page, context } = await enter(people.reader, zoomed);
    for (const caseId of [house.cases.korean, house.cases.refused]) {
      await goTo(page, `${house.stack.baseUrl}/studies/${caseId}`);
      const viewport = page.getByTestId("viewport-current");
      await viewport.waitFor();
      await settles(
        "an image near half of the screen, whole, below the patient",
        async () => {
          await viewport.evaluate((element) => element.scrollIntoView({ block: "end" }));
          const patient = await page.getByRole("region", { name: "Patient" }).boundingBox();
          return { image: await viewport.boundingBox(), patient };
        },
        ({ image, patient }) =>
          image !== null &&
          patient !== null &&
          image.height > zoomed.height * 0.45 &&
          image.width > zoomed.width * 0.6 &&
          image.y >= patient.y + patient.height - 1 &&
          patient.y >= 0 &&
          image.y + image.height <= zoomed.height + 1,
      );
    }
    await page.getByRole("link", { name: "Back to the worklist" }).click();
    await context.close();
  });

  test("a notice covers neither the head of a report nor an image", async () => {
    const { page, context } = await enter(people.reader);
    await goTo(page, `${house.stack.baseUrl}/studies/${house.cases.signed}`);
    await page.getByRole("button", { name: "Addendum" }).click();
    await page.locator("#addendum-text").fill("And by letter.");
    await page.getByLabel("Password").fill(house.stack.demoPassword);
    await page.getByRole("button", { name: "Sign the addendum" }).click();
    const notice = page.getByRole("list", { name: "Notices" }).getByRole("listitem");
    // The hand on it keeps it.
    await notice.first().hover();
    const spoken = {
      head: page.locator("article header").first(),
      image: page.getByTestId("viewport-current"),
      buttons: page.getByRole("button", { name: "Next case" }),
    };
    await settles(
      "a notice apart from everything else",
      async () => {
        const box = await notice.first().boundingBox();
        const covered: string[] = [];
        for (const [name, part] of Object.entries(spoken)) {
          const other = await part.boundingBox();
          const apart =
            box &&
            other &&
            (box.x >= other.x + other.width ||
              other.x >= box.x + box.width ||
              box.y >= other.y + other.height ||
              other.y >= box.y + box.height);
          if (!apart) covered.push(name);
        }
        return covered;
      },
      (covered) => covered.length === 0,
    );
    await context.close();
  });

  test("a list is filtered, widened by hand, kept in the rail with its count, watched, deleted and brought back", async () => {
    const { page, context } = await enter(people.reader);
    await goTo(page, `${house.stack.baseUrl}/worklist?list=all`);
    const rows = page.locator("[data-case-id]");
    await page.getByRole("button", { name: "Filter, order and columns" }).click();
    const dialog = page.locator("dialog[open]");
    await dialog.getByLabel("STAT", { exact: true }).check();
    assert.deepEqual(await seriousFindings(page), []);
    await dialog.getByRole("button", { name: "Show", exact: true }).click();
    await page.locator(`[data-case-id="${house.cases.refused}"]`).waitFor({ state: "detached" });
    const shown = await settles(
      "the rows",
      () => rows.count(),
      (count) => count > 0,
    );
    // Kept as it is shown: with the width that a hand gave a column.
    const edge = page.locator('[data-edge="exam"]');
    const before = await edge.boundingBox();
    assert.ok(before);
    const y = before.y + before.height / 2;
    await page.mouse.move(before.x + 6, y);
    await page.mouse.down();
    await page.mouse.move(before.x + 46, y, { steps: 5 });
    await page.mouse.up();
    await page.waitForURL(/exam%22%2C%22width/);
    await settles(
      "the edge where the hand left it",
      async () => (await edge.boundingBox())?.x ?? 0,
      (x) => Math.abs(x - before.x - 40) < 3,
    );
    await reload(page);
    await settles(
      "the edge there after a reload",
      async () => (await edge.boundingBox())?.x ?? 0,
      (x) => Math.abs(x - before.x - 40) < 3,
    );
    await page.getByRole("button", { name: "Filter, order and columns" }).click();
    await dialog.getByLabel("Name").fill("What cannot wait");
    await dialog.getByRole("button", { name: "Save", exact: true }).click();
    const kept = page.getByRole("navigation", { name: "Lists" }).getByRole("button", { name: /What cannot wait/ });
    await kept.getByText(String(shown), { exact: true }).waitFor();
    await page.getByRole("button", { name: "Tell me of each new case here" }).click();
    await page.getByRole("button", { name: "Tell me no more of new cases here" }).waitFor();
    await page.getByRole("button", { name: "Filter, order and columns" }).click();
    await dialog.getByRole("button", { name: "Delete" }).click();
    await kept.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Undo" }).click();
    await kept.and(page.locator('[aria-current="true"]')).waitFor();
    await page.getByRole("button", { name: "Tell me no more of new cases here" }).waitFor();
    assert.equal(await rows.count(), shown);
    await context.close();
  });

  test("a skip asks for a reason, of a STAT for words, and stands in the row after a reload", async () => {
    const { page, context } = await enter(people.reader);
    await goTo(page, `${house.stack.baseUrl}/worklist`);
    const stat = page.locator(`[data-case-id="${house.cases.stat}"]`);
    await stat.click();
    await page.keyboard.press("s");
    const dialog = page.locator("dialog[open]");
    const leave = dialog.getByRole("button", { name: "Leave for later" });
    await leave.and(page.locator(":disabled")).waitFor();
    await dialog.locator("input:focus").waitFor();
    assert.equal(await dialog.getByText("Not my field").count(), 0);
    await page.keyboard.type("Called away to a stroke.");
    await page.keyboard.press("Enter");
    await stat.getByText(/^Skipped until /).waitFor();
    const other = page.locator(`[data-case-id="${house.cases.korean}"]`);
    await other.click();
    await page.keyboard.press("s");
    await dialog.getByText("Not my field").waitFor();
    await page.keyboard.press("2");
    await other.getByText(/^Skipped until /).waitFor();
    await reload(page);
    for (const row of [stat, other]) await row.getByText(/^Skipped until /).waitFor();
    await other.click();
    await page.getByLabel("Selected case").getByText("Waiting for priors or history").waitFor();
    await context.close();
  });
});

/** Signs somebody in at one size. */
const enter = (who: string, size = desktop) =>
  signInPage(browser, house.stack.baseUrl, who, house.stack.demoPassword, size);

/** What lies beside the screen, or on something else. */
async function outOfPlace(page: Page): Promise<string[]> {
  const found = await overlaps(page);
  const { wide, hidden } = await page.evaluate(() => {
    const here = document.querySelector('nav[aria-label="Places"] [aria-current]');
    const box = here?.checkVisibility() ? here.getBoundingClientRect() : null;
    return {
      wide: document.documentElement.scrollWidth - window.innerWidth,
      hidden: box !== null && (box.left < 0 || box.right > window.innerWidth),
    };
  });
  if (wide > 0) found.push(`${wide} px wider than the screen`);
  if (hidden) found.push("its name in the bar lies beside the screen");
  return found;
}

/** Words of the bar at the head of the page that stand on other words of it. */
function overlaps(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const bar = document.querySelector('header:has(nav[aria-label="Places"])');
    const parts = [...(bar?.querySelectorAll("a, p > span, button, summary") ?? [])]
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
