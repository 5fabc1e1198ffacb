import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page, Request } from "playwright";
import type { SimulatedStudy } from "#server/demo/modality-simulator/index.ts";
import { patienceMs } from "../support/patience.ts";
import { goTo, launchBrowser, signInPage } from "./support/browser.ts";
import { signIn } from "./support/portal.ts";
import { storescu, studyOnDisk } from "./support/scanner.ts";
import { type Stack, startStack, until } from "./support/stack.ts";

/** The next case is in the browser before its reader opens it: from the list, and while he reads another one. */
const solheim = "radiologist@nightshift.example";
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

async function unread(patientId: string): Promise<SimulatedStudy> {
  const patient = { name: `Ahead^${patientId}`, id: patientId, sex: "F", birthDate: "19610412" } as const;
  const { study, files, remove } = studyOnDisk("chest-ct", { seed: patientId, patient, slices: 6, quick: true });
  await storescu(stack, files);
  remove();
  const reader = await signIn(stack.baseUrl, solheim, stack.demoPassword);
  await until("the case to read", async () => {
    const { items } = await reader.query<{ items: { studyInstanceUid: string; state: string }[] }>("worklist.list", {});
    return items.some((item) => item.studyInstanceUid === study.studyInstanceUid && item.state === "unread");
  });
  return study;
}
/** What the page asks the archive for: metadata of series, and frames. */
const images = /\/dicomweb\/.*(\/metadata|\/frames\/1)$/;
const isAhead = (request: Request) => request.headers()["overread-ahead"] === "1";
const framesAhead = (page: Page) =>
  page.waitForResponse((response) => /\/frames\/1$/.test(response.url()) && isAhead(response.request()), {
    timeout: patienceMs,
  });
const studyIn = (address: string) => /\/studies\/([\d.]+)\//.exec(address)?.[1];

test("what the viewer shows first of the next case is here before it is opened, and marked as fetched ahead", async () => {
  const both = new Set([await unread("A-1"), await unread("A-2")].map(({ studyInstanceUid }) => studyInstanceUid));
  const { page, problems } = await signInPage(browser, stack.baseUrl, solheim, stack.demoPassword);
  await page.addInitScript(() =>
    window.addEventListener("FIRST_IMAGE", () => document.body.setAttribute("data-first-image", "")),
  );
  const opened: string[] = [];
  let ahead = framesAhead(page);
  await goTo(page, `${stack.baseUrl}/worklist`);
  for (const where of ["from the list", "from the case before"]) {
    const fetched = await ahead;
    await fetched.finished();
    const study = studyIn(fetched.url());
    assert.ok(study && both.has(study) && !opened.includes(study), where);
    const asked: Request[] = [];
    const note = (request: Request) => {
      if (images.test(request.url()) && studyIn(request.url()) === study) asked.push(request);
    };
    page.on("request", note);
    ahead = framesAhead(page);
    await page.evaluate(() => document.body.removeAttribute("data-first-image"));
    if (where !== "from the list") await page.getByRole("link", { name: "Back to the worklist" }).click();
    await page.locator(`[data-study-uid="${study}"]:visible`).click();
    await page.keyboard.press("Enter");
    await page.locator("body[data-first-image]").waitFor();
    page.off("request", note);
    assert.ok(!asked.some(isAhead), `${where}: what is opened is opened, not fetched ahead`);
    const first = fetched.url();
    assert.ok(!asked.some((request) => request.url() === first), `${where}: the first image was here`);
    assert.ok(
      !asked.some((request) => request.url() === `${first.split("/instances/")[0]}/metadata`),
      `${where}: so was its series`,
    );
    opened.push(study);
  }
  // Nothing is left that could come next.
  ahead.catch(() => {});
  assert.deepEqual(problems, []);
});
