import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { AxeBuilder } from "@axe-core/playwright";
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from "playwright";
import { patienceMs } from "../../support/patience.ts";
import { until } from "./stack.ts";

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((file) =>
  existsSync(file),
);

/** A real Chromium with software WebGL, closed to everything but the portal. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--use-angle=swiftshader",
      "--enable-unsafe-swiftshader",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

export const desktop = { width: 1600, height: 900 };
export const phone = { width: 390, height: 844 };

/**
 * A window of its own. Everything that is waited for in it is waited for with patience.
 */
export async function newContext(browser: Browser, viewport = desktop): Promise<BrowserContext> {
  const phoneLike = viewport.width < 500;
  const context = await browser.newContext({ viewport, hasTouch: phoneLike, isMobile: phoneLike });
  context.setDefaultTimeout(patienceMs);
  return context;
}

/** Until the page's code runs: what is pressed before that is lost. */
export const ready = (page: Page): Promise<void> => page.locator("html[data-ready]").waitFor({ state: "attached" });

/** Opens an address of the portal, and waits until the page hears. @returns the status of the page; null: it was open already. */
export async function goTo(page: Page, address: string): Promise<number | null> {
  const answer = await page.goto(address);
  await ready(page);
  return answer?.status() ?? null;
}

export async function reload(page: Page): Promise<void> {
  await page.reload();
  await ready(page);
}

/** Waits until a field holds exactly this. */
export async function holds(field: Locator, text: string): Promise<void> {
  let seen = "";
  await until("the words in the field", async () => {
    seen = await field.inputValue();
    return seen === text;
  }).catch((error: unknown) => assert.equal(seen, text, String(error)));
}

/** Waits until what is measured on a page is as it should be; fails with the last measure. */
export async function settles<T>(what: string, measure: () => Promise<T>, right: (seen: T) => boolean): Promise<T> {
  let seen: T | undefined;
  await until(what, async () => {
    seen = await measure();
    return right(seen);
  }).catch((error: unknown) => assert.fail(`${String(error)}: ${JSON.stringify(seen)}`));
  return seen as T;
}

/** Signs in through the page, as a person does. */
export async function signInPage(
  browser: Browser,
  baseUrl: string,
  email: string,
  password: string,
  viewport = desktop,
): Promise<{ context: BrowserContext; page: Page; problems: string[] }> {
  const context = await newContext(browser, viewport);
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  await goTo(page, `${baseUrl}/sign-in`);
  await page.fill('input[name="email"]', email);
  await page.fill('input[name="password"]', password);
  await page.click('button[type="submit"]');
  await page.waitForURL((url) => !url.pathname.startsWith("/sign-in"));
  await ready(page);
  return { context, page, problems };
}

/** What axe calls serious or critical on the page as it stands; empty is what a page has to be. */
export async function seriousFindings(page: Page): Promise<string[]> {
  // What is just fading in has the contrast of neither before nor after.
  await page.waitForFunction(() =>
    document.getAnimations().every((each) => {
      const endless = each.effect?.getComputedTiming().iterations === Number.POSITIVE_INFINITY;
      return endless || each.playState !== "running";
    }),
  );
  const { violations } = await new AxeBuilder({ page }).options({ resultTypes: ["violations"] }).analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
}
