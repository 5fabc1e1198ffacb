import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import pg from "pg";
import type { Browser, BrowserContext, Page } from "playwright";
import { tinyInstance } from "../factories/tiny-instance.ts";
import { goTo, holds, launchBrowser, newContext, ready } from "./support/browser.ts";
import { signIn } from "./support/portal.ts";
import { storescu } from "./support/scanner.ts";
import { type Stack, startStack, until } from "./support/stack.ts";

/** A reader's day with everything going wrong: not one word is lost, and no clock and no lamp on the page lies. */
const solheim = "radiologist@nightshift.example";
const mensah = "radiologist2@nightshift.example";
const clockAheadMs = 30 * 60_000;
const scratch = mkdtempSync(path.join(os.tmpdir(), "overread-day-"));
const problems: string[] = [];
let stack: Stack;
let browser: Browser;
let context: BrowserContext;
let database: pg.Client;
let caseId: string;
let page: Page;
/** All that was typed, in order. */
let written = "";

before(async () => {
  stack = await startStack();
  browser = await launchBrowser();
  const settings = JSON.parse(readFileSync(path.join(stack.dataDir, "settings.json"), "utf8"));
  database = new pg.Client({ connectionString: settings.DATABASE_URL });
  await database.connect();
  const made = tinyInstance({
    elements: {
      "00100010": { vr: "PN", Value: [{ Alphabetic: "Day^Dora" }] },
      "00100020": { vr: "LO", Value: ["P-DAY"] },
    },
  });
  const file = path.join(scratch, `${made.instance}.dcm`);
  writeFileSync(file, made.part10);
  await storescu(stack, [file]);
  const reader = await signIn(stack.baseUrl, solheim, stack.demoPassword);
  caseId = await until("the case to read", async () => {
    const { items } = await reader.query<{ items: { caseId: string; state: string }[] }>("worklist.list", {});
    return items.find((item) => item.state === "unread")?.caseId;
  });
  context = await newContext(browser);
  await context.clock.install({ time: Date.now() + clockAheadMs });
});
after(async () => {
  await browser?.close();
  await database?.end();
  await stack?.stop();
  rmSync(scratch, { recursive: true, force: true });
});

const impression = () => page.getByLabel("Impression");
const saved = () => page.locator('[data-save-state="saved"]').waitFor();
const endSessions = () => database.query("UPDATE session SET revoked_at = now() WHERE revoked_at IS NULL");
/** The lease runs out at the portal, which alone decides. */
const lapse = () =>
  database.query("UPDATE reading_case SET claimed_until = clock_timestamp() WHERE id = $1::uuid", [caseId]);
const keptRows = () =>
  page.evaluate(async () => {
    const opened = indexedDB.open("overread-words");
    await new Promise((done) => {
      opened.onsuccess = done;
    });
    const all = opened.result.transaction("words").objectStore("words").getAll();
    await new Promise((done) => {
      all.onsuccess = done;
    });
    opened.result.close();
    return (all.result as Record<string, unknown>[]).map((row) =>
      Object.entries(row)
        .map(([key, value]) => {
          const bytes = value instanceof ArrayBuffer ? new Uint8Array(value) : value;
          return `${key}=${bytes instanceof Uint8Array ? String.fromCharCode(...bytes) : String(value)}`;
        })
        .join(" "),
    );
  });

async function enter(email: string): Promise<void> {
  page = await context.newPage();
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("dialog", (dialog) => void dialog.accept());
  await goTo(page, `${stack.baseUrl}/sign-in?to=${encodeURIComponent(`/studies/${caseId}`)}`);
  await page.fill('input[name="email"]', email);
  await page.fill('input[name="password"]', stack.demoPassword);
  await page.click('button[type="submit"]');
  await page.waitForURL(`**/studies/${caseId}`);
  await ready(page);
}
async function type(words: string): Promise<void> {
  written += words;
  await page.keyboard.type(words, { delay: 25 });
}
async function signInOverTheText(): Promise<void> {
  const dialog = page.getByRole("dialog", { name: "Sign in again" });
  await dialog.waitFor();
  await dialog.getByLabel("Password").fill(stack.demoPassword);
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "hidden" });
}
/** Until the page says of the claim what the portal knows (s): it ticks once a second. */
async function claimIsTrue(): Promise<void> {
  await until("a true claim clock", async () => {
    const text = (await page.locator("header, body").first().textContent()) ?? "";
    const [, hours = "0", minutes, seconds] = /Claim (?:(\d+):)?(\d+):(\d\d)/.exec(text) ?? [];
    const { rows } = await database.query<{ left: number }>(
      "SELECT extract(epoch FROM claimed_until - clock_timestamp())::float AS left FROM reading_case WHERE id = $1::uuid",
      [caseId],
    );
    const said = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
    return Math.abs(said - (rows[0]?.left ?? 0)) < 8;
  });
}

describe("a reader's day", () => {
  test("a clock half an hour ahead does not touch the claim", async () => {
    await enter(solheim);
    // Until the claim is there the field takes no letter.
    await until("a field to write in", () => impression().isEditable());
    await impression().click();
    await page.keyboard.press("Control+A");
    await type("No fracture of the left");
    await saved();
    await claimIsTrue();
    assert.equal(await page.getByText(/claim ran out|Claim ended/i).count(), 0);
  });

  test("the session ends in a pause and in mid-sentence: the sign-in comes to the words, and not one of them into the password field", async () => {
    await endSessions();
    await type(" wrist is seen");
    await signInOverTheText();
    await saved();
    await holds(impression(), written);
    await type(", nor is");
    await saved();
    // The page's clock goes by the letter: a machine that stands still in between makes no pause in the typing.
    await page.clock.pauseAt((await page.evaluate(() => Date.now())) + 60_000);
    const typeOn = async (words: string) => {
      for (const letter of words) {
        await type(letter);
        await page.clock.runFor(40);
      }
    };
    // Typing goes on over the refusal, whichever request of the page meets it first: the dialog waits for the end of the sentence.
    let refused = false;
    const answer = page.waitForResponse((each) => each.status() === 401);
    void answer.then(() => {
      refused = true;
    });
    // The clock has jumped by a minute: without a key since then the page takes her for gone, and has nothing to keep.
    await typeOn(" there");
    await endSessions();
    await typeOn(" a dislocation");
    while (!refused) await typeOn(" and");
    await typeOn(" the carpal bones are in line.");
    assert.equal(await page.getByRole("dialog", { name: "Sign in again" }).count(), 0, "in mid-sentence");
    await page.clock.resume();
    await signInOverTheText();
    await saved();
    await holds(impression(), written);
  });

  test("the line is cut for five minutes: nothing says Live, the words are kept, and go as soon as it is back", async () => {
    await context.setOffline(true);
    await page.locator('[data-live="reconnecting"]').waitFor();
    await type(" Written without a line.");
    await page.getByText("Not saved, kept here – retrying").waitFor();
    await page.clock.fastForward("05:00");
    assert.equal(await page.locator('[data-live="live"]').count(), 0);
    await holds(impression(), written);
    await context.setOffline(false);
    await page.locator('[data-live="live"]').waitFor();
    await saved();
    await claimIsTrue();
    await until("nothing kept that is saved", async () => (await keptRows()).length === 0);
  });

  test("the tab dies in mid-sentence: what lies on the disk tells nobody anything, and the words are offered to their author alone", async () => {
    await context.setOffline(true);
    await impression().focus();
    await page.keyboard.press("Control+End");
    await type(" The tab died in the mid");
    let rows: string[] = [];
    const lastRows = (what: string, right: (before: string) => boolean) =>
      until(what, async () => {
        const before = rows.join();
        rows = await keptRows();
        return rows.length === 1 && right(before);
      });
    await lastRows("the words written to the disk", (before) => rows.join() === before);
    const allButOne = rows.join();
    await type("d");
    await lastRows("the last letter written too", () => rows.join() !== allButOne);
    for (const word of ["fracture", "tab died", "Dora", "P-DAY", caseId])
      assert.ok(!rows.join().includes(word), `${word} can be read`);
    const session = await context.newCDPSession(page);
    const crashed = page.waitForEvent("crash");
    void session.send("Page.crash").catch(() => {});
    await crashed;
    await page.close();
    await context.setOffline(false);
    await lapse();
    // Somebody else, on the same machine, with the same browser.
    await context.clearCookies();
    await enter(mensah);
    await page.getByRole("button", { name: "Take over" }).waitFor();
    await page.getByText("Live", { exact: true }).waitFor();
    assert.equal(await page.getByText(/Words not saved/).count(), 0);
    assert.equal((await keptRows()).length, 1, "and they are not taken from their author");
    await page.close();
    await lapse();
    await context.clearCookies();

    await enter(solheim);
    const offer = page.getByRole("region", { name: "Words that were not saved" });
    await offer.waitFor();
    await offer.filter({ hasText: /Words not saved at .*The tab died in the midd/ }).waitFor();
    // Nothing by itself.
    await holds(impression(), written.replace(" The tab died in the midd", ""));
    await offer.getByRole("button", { name: "Restore", exact: true }).click();
    await holds(impression(), written);
    await impression().focus();
    await page.keyboard.press("Control+End");
    await type("le.");
    await saved();
    await until("nothing kept that is saved", async () => (await keptRows()).length === 0);
  });

  test("a claim that lapsed is taken again after the sign-in, when the session is gone too", async () => {
    // The page takes a claim again that it sees lapsed while somebody types; here the save is to be what hears of it first.
    const heard = page.locator('[data-save-state="locked"], [data-save-state="saved"]');
    do {
      await lapse();
      await type(" Written under a claim that had lapsed.");
      await heard.waitFor();
    } while ((await heard.getAttribute("data-save-state")) !== "locked");
    await endSessions();
    // Whoever asks first meets the ended session: this click, or the page by itself, which then stands before the button.
    const claim = page.getByRole("button", { name: "Claim", exact: true });
    await claim.click({ timeout: 5_000 }).catch(() => undefined);
    await signInOverTheText();
    await until("the claim", async () => {
      if (await page.locator('[data-save-state="saved"]').count()) return true;
      await claim.click({ timeout: 500 }).catch(() => undefined);
      return false;
    });
    await saved();
    await claimIsTrue();
    await holds(impression(), written);
  });

  test("what is signed is every word that was typed", async () => {
    await page.keyboard.press("Control+Enter");
    await page.getByLabel(/^Password of/).fill(stack.demoPassword);
    await page.keyboard.press("Enter");
    await page.getByText("Final report, version 1").waitFor();
    const reader = await signIn(stack.baseUrl, solheim, stack.demoPassword);
    const { versions } = await reader.query<{ versions: { sections: { key: string; text: string }[] }[] }>(
      "report.get",
      {
        caseId,
      },
    );
    assert.equal(versions[0]?.sections.find(({ key }) => key === "impression")?.text, written);
    await until("nothing kept that is signed", async () => (await keptRows()).length === 0);
    assert.deepEqual(problems, []);
  });
});
