import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import pg from "pg";
import type { Browser, BrowserContext, Page } from "playwright";
import { goTo, holds, launchBrowser, newContext, phone, reload, settles, signInPage } from "./support/browser.ts";
import { signIn } from "./support/portal.ts";
import { storescu, studyOnDisk } from "./support/scanner.ts";
import { type Stack, startStack, until } from "./support/stack.ts";
import { fitted, shown } from "./support/viewer-page.ts";

/** What people do between the great moments of a study: at the same time, in the wrong order, and away from the desk. */
const desk = { width: 1440, height: 900 };
const accounts = {
  solheim: "radiologist@nightshift.example",
  mensah: "radiologist2@nightshift.example",
  admin: "admin@lakeside.example",
  referrer: "referrer@lakeside.example",
};
const scans = (["Race^Rosa", "Away^Alan", "Third^Thea"] as const).map((name, at) =>
  studyOnDisk("chest-ct", {
    seed: `workday-${at}`,
    patient: { name, id: `DAY-${at}`, sex: "F", birthDate: "19610412" },
    slices: 10,
    matrix: 128,
    quick: true,
    referringPhysicianName: "Almeida^Rosa",
    ...(at === 0 ? { priority: "STAT" } : {}),
  }),
);
const prior = studyOnDisk("chest-ct", {
  seed: "workday-1",
  patient: { name: "Away^Alan", id: "DAY-1", sex: "F", birthDate: "19610412" },
  slices: 10,
  matrix: 128,
  quick: true,
  prior: true,
});
const [race, away, third] = scans as [(typeof scans)[0], (typeof scans)[0], (typeof scans)[0]];
const impression = "No nodule. No effusion.";

let stack: Stack;
let browser: Browser;
let database: pg.Client;
const problems: string[] = [];

async function enter(email: string, size = desk): Promise<{ page: Page; context: BrowserContext }> {
  const { page, context } = await signInPage(browser, stack.baseUrl, email, stack.demoPassword, size);
  page.on("pageerror", (error) => problems.push(String(error)));
  return { page, context };
}
const rowOf = (page: Page, scan: typeof race) =>
  page.locator(`[data-study-uid="${scan.study.studyInstanceUid}"]:visible`);
const caseIdOf = (page: Page) => new URL(page.url()).pathname.split("/").pop() ?? "";
/** Time passes at the portal, for the claim of one case. */
const lapse = (caseId: string, seconds = -1) =>
  database.query(
    "UPDATE reading_case SET claimed_until = clock_timestamp() + make_interval(secs => $2) WHERE id = $1::uuid",
    [caseId, seconds],
  );

before(async () => {
  stack = await startStack();
  browser = await launchBrowser();
  const settings = JSON.parse(readFileSync(path.join(stack.dataDir, "settings.json"), "utf8"));
  database = new pg.Client({ connectionString: settings.DATABASE_URL });
  await database.connect();
  await storescu(stack, prior.files, { called: "OVERREAD_PRIOR" });
  await storescu(
    stack,
    scans.flatMap((scan) => scan.files),
  );
  const reader = await signIn(stack.baseUrl, accounts.solheim, stack.demoPassword);
  await until("three cases to read, one with its prior", async () => {
    const { items } = await reader.query<{ items: { state: string; priorCount: number }[] }>("worklist.list", {});
    return items.filter((item) => item.state === "unread").length === 3 && items.some((item) => item.priorCount === 1);
  });
});
after(async () => {
  await browser?.close();
  await database?.end();
  await stack?.stop();
  for (const scan of [...scans, prior]) scan.remove();
});

describe("a working day", () => {
  let solheim: { page: Page; context: BrowserContext };
  let signedCase = "";

  test("of two radiologists who take the same case at once one reads it, and the other is told by whom, without reload", async () => {
    solheim = await enter(accounts.solheim);
    const mensah = await enter(accounts.mensah);
    const both = [solheim.page, mensah.page];
    for (const page of both) await rowOf(page, race).click();
    let loads = 0;
    for (const page of both) page.on("load", () => loads++);
    // What the other is told stands there for seconds only.
    const told = Promise.any(both.map((page) => page.getByText(/ claimed this case .*Next: CT/).textContent()));
    await Promise.all(both.map((page) => page.keyboard.press("Enter")));
    const words = await told;
    const winner = await until("one of them reading", () => both.find((page) => page.url().includes("/studies/")));
    const loser = winner === solheim.page ? mensah.page : solheim.page;
    const first = winner === solheim.page ? "Dr Ingrid Solheim" : "Dr Kwame Mensah";
    assert.ok(words?.includes(`${first} claimed this case`), words ?? "");
    assert.ok(loser.url().includes("/worklist"));
    await loser.keyboard.press("2");
    await rowOf(loser, race).getByText(first).waitFor();
    // Whoever looks all the same sees who reads it, and cannot write.
    await rowOf(loser, race).dblclick();
    await loser.getByText(new RegExp(`${first} is reading this case until`)).waitFor();
    assert.equal(await loser.getByLabel("Impression").count(), 0);
    assert.equal(loads, 0, "nobody's page was loaded again");
    await shown(winner, "current");
    await winner.getByRole("link", { name: "Back to the worklist" }).click();
    await loser.getByText("Nobody has this case.").waitFor();
    await mensah.context.close();
    if (winner === mensah.page) await solheim.page.getByRole("link", { name: "Back to the worklist" }).click();
    await solheim.page.waitForURL("**/worklist**");
  });

  test("a list is in the address and survives a reload; a name somebody looks for is not", async () => {
    const { page } = solheim;
    await rowOf(page, away).waitFor();
    await page.keyboard.press("3");
    await page.waitForURL("**/worklist?list=stat");
    await reload(page);
    await rowOf(page, race).waitFor();
    await rowOf(page, away).waitFor({ state: "detached" });
    await page.keyboard.press("2");
    await rowOf(page, away).waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("away dAy-1");
    await rowOf(page, race).waitFor({ state: "detached" });
    await rowOf(page, away).waitFor();
    assert.doesNotMatch(page.url(), /away/i);
    await page.keyboard.press("Escape");
    await rowOf(page, race).waitFor();
  });

  test("a reader whose claim runs out while away is told so, and finds the text kept", async () => {
    const { page } = solheim;
    await rowOf(page, away).dblclick();
    await page.waitForURL("**/studies/**");
    await page.getByLabel("Impression").fill(impression);
    await page.locator('[data-save-state="saved"]').waitFor();
    // From now on claims are short, and the line renews none. The page is to take one: it lost its own with the connection.
    await page.route("**/api/trpc/worklist.renew*", (route) => route.abort());
    await page.route("**/api/trpc/worklist.claim*", async (route) => {
      const answer = await route.fetch();
      const text = await answer.text();
      const { caseId } = route.request().postDataJSON() as { caseId?: string; 0?: { caseId: string } };
      await lapse(caseId ?? route.request().postDataJSON()[0].caseId, 6);
      const soon = new Date(Date.now() + 6_000).toISOString();
      await route.fulfill({ response: answer, body: text.replace(/("claimedUntil":)"[^"]+"/, `$1"${soon}"`) });
    });
    await page.context().setOffline(true);
    await page.locator('[data-live="reconnecting"]').first().waitFor({ state: "attached" });
    await lapse(caseIdOf(page));
    await page.keyboard.press("Shift");
    await page.context().setOffline(false);
    await page.getByText("Your claim ran out. Your text is kept here").waitFor();
    await page.getByText("Claim ended").waitFor();
    assert.equal(await page.getByLabel("Impression").inputValue(), impression);
    await page.getByRole("button", { name: /^Sign/ }).waitFor({ state: "detached" });
    await page.unrouteAll({ behavior: "wait" });
    await page.getByRole("button", { name: "Claim", exact: true }).click();
    await page.getByRole("button", { name: /^Sign/ }).waitFor();
    await holds(page.getByLabel("Impression"), impression);
  });

  test("what may not be a key image says why: a slice of the prior does not go with this report", async () => {
    const { page } = solheim;
    await shown(page, "current");
    await page.getByTestId("viewport-current").hover();
    await page.keyboard.press("p");
    await shown(page, "prior");
    for (const side of ["current", "prior"] as const) await fitted(page, side);
    const zoom = (side: string) => page.locator(`[data-side="${side}"]`).getByText(/^Zoom/).textContent();
    await until(
      "both pictures whole, and so of one size",
      async () => (await zoom("current")) === (await zoom("prior")),
    );
    await page.keyboard.press("Space");
    await page.keyboard.press("k");
    await page.getByText(/Not added: key images come from the study being read/).waitFor();
    assert.equal(await page.getByRole("list", { name: "Key images" }).count(), 0);
    await page.keyboard.press("Space");
    await page.keyboard.press("k");
    await page.getByRole("list", { name: "Key images" }).getByRole("listitem").waitFor();
    await page.keyboard.press("p");
    await page.getByTestId("viewport-prior").waitFor({ state: "detached" });
  });

  test("an angle is measured, and one key brings back the picture as it was opened", async () => {
    const { page } = solheim;
    await fitted(page, "current");
    const box = await page.getByTestId("viewport-current").boundingBox();
    assert.ok(box);
    const at = (x: number, y: number) => [box.x + box.width * x, box.y + box.height * y] as const;
    const words = () => page.getByTestId("window-current").textContent();
    const opened = await words();
    await page.keyboard.press("a");
    await page.mouse.move(...at(0.3, 0.5));
    await page.mouse.down();
    await page.mouse.move(...at(0.5, 0.5), { steps: 6 });
    await page.mouse.up();
    await page.mouse.move(...at(0.5, 0.3), { steps: 6 });
    await page.mouse.click(...at(0.5, 0.3));
    await page
      .getByRole("list", { name: "Measurements" })
      .getByText(/^(90|89\.\d|90\.\d)° \(series \d+, image \d+\)$/)
      .waitFor();
    await page.keyboard.press("Delete");
    await page.keyboard.press("3");
    await until("the preset", async () => (await words()) !== opened);
    await page.keyboard.press("r");
    await until("the window it opened with", async () => (await words()) === opened);
  });

  test("what is measured and how it is looked at is there again in another browser, and gone where it was removed", async () => {
    const { page } = solheim;
    const caseId = caseIdOf(page);
    const kept = async () => {
      type Document = { measurements: unknown[]; presentations: { window: { width: number } | null }[] };
      const { rows } = await database.query<{ document: Document }>(
        "SELECT m.document FROM case_markup m JOIN user_account u ON u.id = m.author_id WHERE m.case_id = $1::uuid AND u.email = $2",
        [caseId, accounts.solheim],
      );
      const { measurements = [], presentations = [] } = rows[0]?.document ?? {};
      return `${measurements.length} drawn, bone: ${presentations.some(({ window }) => window?.width === 1800)}`;
    };
    await fitted(page, "current");
    const box = await page.getByTestId("viewport-current").boundingBox();
    assert.ok(box);
    await page.keyboard.press("v");
    await page.mouse.move(box.x + box.width * 0.4, box.y + box.height * 0.4);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.5, { steps: 6 });
    await page.mouse.up();
    const chipOn = (where: Page) =>
      where.getByRole("list", { name: "Measurements" }).getByText(/^mean .* HU.*\(series \d+, image \d+\)$/);
    await page.keyboard.press("3");
    await until("both kept", async () => (await kept()) === "1 drawn, bone: true");
    const said = await chipOn(page).textContent();

    const other = await enter(accounts.solheim);
    await goTo(other.page, `${stack.baseUrl}/studies/${caseId}`);
    await shown(other.page, "current");
    await chipOn(other.page).waitFor();
    await until(
      "the same values, once the image is here",
      async () => (await chipOn(other.page).textContent()) === said,
    );
    await other.page.getByTestId("window-current").getByText("W 1800 L 400").waitFor();
    await other.page.getByRole("button", { name: `Remove ${said}` }).click();
    await until("gone", async () => (await kept()).startsWith("0 drawn"));
    await other.context.close();
    await page.keyboard.press("Delete");
    await page.keyboard.press("r");
    await until("nothing kept", async () => (await kept()) === "0 drawn, bone: false");
  });

  test("the text is one key from the images and they are one key from it, out of the full screen too", async () => {
    const { page } = solheim;
    const image = page.getByTestId("image-number-current");
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute("name") ?? "");
    await page.keyboard.press("Escape");
    await page.keyboard.press("e");
    await until("the cursor where it was last", async () => (await focused()) === "impression");
    await page.keyboard.press("Escape");
    const before = await image.textContent();
    await page.keyboard.press("ArrowDown");
    await until("the next image", async () => (await image.textContent()) !== before);
    await page.keyboard.press("f");
    await page.waitForFunction(() => document.fullscreenElement !== null);
    await page.keyboard.press("e");
    await until("the cursor in the text", async () => (await focused()) === "impression");
    await page.waitForFunction(() => document.fullscreenElement === null);
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    const keys = page.getByRole("complementary", { name: "Keys of the viewer" });
    for (const does of ["Write the report", "Sign", "Next case"]) await keys.getByText(does).first().waitFor();
    await page.keyboard.press("?");
  });

  test("a signature under a claim that has lapsed is refused in words, and succeeds once the case is claimed again", async () => {
    const { page } = solheim;
    signedCase = caseIdOf(page);
    await page.locator('[data-save-state="saved"]').waitFor();
    // Not claimed again by the page itself, which hears of everything that happens to its case.
    await page.route(/\/api\/trpc\/worklist\.(claim|renew)/, (route) => route.abort());
    await lapse(signedCase);
    await page.keyboard.press("Control+Enter");
    await page.getByLabel(/^Password of/).fill(stack.demoPassword);
    await page.keyboard.press("Enter");
    await page.getByText("Your claim ran out. Your text is kept here; claim the case again to go on.").waitFor();
    const reader = await signIn(stack.baseUrl, accounts.solheim, stack.demoPassword);
    const { state, draft } = await reader.query<{ state: string; draft: unknown }>("report.get", {
      caseId: signedCase,
    });
    assert.notEqual(state, "final");
    assert.ok(draft);
    await page.unrouteAll({ behavior: "wait" });
    await page.getByRole("button", { name: "Claim", exact: true }).click();
    await page.getByLabel(/^Password of/).fill(stack.demoPassword);
    await page.keyboard.press("Enter");
    await page.getByText("Final report, version 1").waitFor();
    await page.getByText(impression).waitFor();
  });

  test("an addendum is a second version above the first, signed with the password", async () => {
    const { page } = solheim;
    await page.getByRole("button", { name: "Addendum" }).click();
    await page.locator("#addendum-text:focus").waitFor();
    await page.keyboard.type("Discussed by telephone at 03:12.");
    await page.getByLabel("Password").fill("not the password");
    await page.getByRole("button", { name: "Sign the addendum" }).click();
    await page.getByText("That is not your password. Nothing was signed.").waitFor();
    await page.getByLabel("Password").fill(stack.demoPassword);
    await page.getByRole("button", { name: "Sign the addendum" }).click();
    await page.getByText("Addendum, version 2").waitFor();
    await page.getByText("Discussed by telephone at 03:12.", { exact: true }).first().waitFor();
    await page.getByText("Final report, version 1").waitFor();
  });

  test("the report in the study is read beside the images: its pages, its text, its key images", async () => {
    const { page } = solheim;
    const tray = page.getByRole("navigation", { name: "Series" });
    const document = page.getByTestId("document");
    await tray
      .getByRole("button", { name: /Radiology report.*PDF/ })
      .first()
      .click();
    const pages = document.getByTitle("Pages of the document");
    await pages.waitFor();
    await until("its pages", async () => (await pages.getAttribute("src"))?.startsWith("blob:"));
    await settles(
      "side by side",
      async () => [await page.getByTestId("viewport-current").boundingBox(), await document.boundingBox()],
      ([image, beside]) => image != null && beside != null && image.x + image.width <= beside.x + 1,
    );
    await tray
      .getByRole("button", { name: /structured.*Text/ })
      .first()
      .click();
    await document.getByText(impression).waitFor();
    await tray
      .getByRole("button", { name: /Key images/ })
      .first()
      .click();
    await document.getByRole("button", { name: "No. 1 of 1" }).click();
    await shown(page, "current");
    await page.keyboard.press("Escape");
    await document.waitFor({ state: "detached" });
  });

  test("the next case is one key away after signing, and is claimed already", async () => {
    const { page } = solheim;
    await page.keyboard.press("n");
    await page.waitForURL((url) => url.pathname.startsWith("/studies/") && !url.pathname.endsWith(signedCase));
    await page.getByText(/^Claim \d+:\d\d$/).waitFor();
    await page.getByLabel("Impression").waitFor();
    await shown(page, "current");
  });

  test("signing out ends the session for good: the old cookie opens nothing, and the browser keeps no images", async () => {
    const { page, context } = solheim;
    await page.getByRole("link", { name: "Back to the worklist" }).click();
    await page.waitForURL("**/worklist**");
    const cookies = await context.cookies();
    const other = await context.newPage();
    await goTo(other, `${stack.baseUrl}/worklist`);
    // Windows hear of the end at once, also this one; the answer is what empties the cache, so this one waits for it.
    let emptied = "";
    await page.route("**/api/auth/signout", async (route) => {
      const response = await route.fetch();
      emptied = response.headers()["clear-site-data"] ?? "";
      await other.waitForURL("**/sign-in**");
      await route.fulfill({ response });
    });
    const answer = page.waitForResponse("**/api/auth/signout");
    await page.getByRole("banner").locator("summary:not([aria-label])").click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await answer;
    assert.match(emptied, /"cache"/);
    await page.waitForURL("**/sign-in");
    await other.waitForURL("**/sign-in**");
    await page.goBack();
    await page.waitForURL("**/sign-in**");
    const stolen = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
    const call = (to: string, init: RequestInit = {}) =>
      fetch(`${stack.baseUrl}${to}`, { ...init, redirect: "manual", headers: { ...init.headers, cookie: stolen } });
    const json = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
    assert.equal((await call("/api/trpc/worklist.list", json)).status, 401);
    assert.equal((await call("/dicomweb/lakeside/studies")).status, 401);
    assert.match((await call("/worklist")).headers.get("location") ?? "", /^\/sign-in|\/sign-in\?/);
    await context.close();
  });

  test("a site administrator saves a facility and adds somebody, who sets a password by the link", async () => {
    const { page, context } = await enter(accounts.admin, phone);
    await goTo(page, `${stack.baseUrl}/admin/facilities`);
    const form = page.getByRole("form", { name: "Lakeside Main Campus" });
    await form.getByLabel("AE title", { exact: true }).fill("NORTHPACS");
    await form.getByLabel("Port").fill("99999");
    await form.getByRole("button", { name: "Save" }).click();
    await form.getByText("For the PACS give AE title, host and port, or none of them.").waitFor();
    await form.getByLabel("Port").fill("10411");
    await form.getByRole("button", { name: "Save" }).click();
    await page
      .getByText("Settings version 2")
      .or(form.getByText("Saved", { exact: true }))
      .first()
      .waitFor();
    await reload(page);
    await holds(form.getByLabel("AE title", { exact: true }), "NORTHPACS");
    await holds(form.getByLabel("Port"), "10411");

    await goTo(page, `${stack.baseUrl}/admin/users`);
    await page.getByRole("button", { name: "Add somebody" }).click();
    await page.getByLabel("Name as on letters").fill("Petra Novak");
    await page.getByLabel("E-mail").fill("petra.novak@lakeside.example");
    await page.getByLabel("Technologist").check();
    await page.getByRole("button", { name: "Add", exact: true }).click();
    const first = page.locator("dialog[open] .font-mono");
    await first.waitFor();
    const link = (await first.textContent())?.trim() ?? "";
    const password = "harmonica gravel tuesday kiosk";
    const guest = await newContext(browser, desk);
    const invited = await guest.newPage();
    await goTo(invited, link);
    await invited.getByText("petra.novak@lakeside.example").waitFor();
    await invited.getByLabel("New password").fill(password);
    await invited.getByLabel("The same once more").fill(password);
    await invited.getByRole("button", { name: "Set the password" }).click();
    await invited.getByText("Your password is set.").waitFor();
    await guest.close();
    await page.getByRole("button", { name: "Done" }).click();
    await page.getByText("petra.novak@lakeside.example").waitFor();
    await page.waitForFunction(() => document.documentElement.scrollWidth <= window.innerWidth);
    await signIn(stack.baseUrl, "petra.novak@lakeside.example", password);
    await page
      .getByRole("row")
      .filter({ hasText: "Petra Novak" })
      .getByRole("button", { name: "Close account" })
      .click();
    await page.getByRole("button", { name: "Close the account" }).click();
    await page.getByRole("row").filter({ hasText: "Petra Novak" }).getByText("Closed").waitFor();
    await assert.rejects(signIn(stack.baseUrl, "petra.novak@lakeside.example", password));
    await context.close();
  });

  test("the audit trail leaves as a file that a spreadsheet reads, without a name in its own name", async () => {
    const { page, context } = await enter(accounts.admin);
    await goTo(page, `${stack.baseUrl}/admin/audit`);
    await page.getByText("signed an addendum").first().waitFor();
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Export CSV" }).click();
    const file = await download;
    assert.match(file.suggestedFilename(), /^audit-lakeside-\d{4}-\d\d-\d\d\.csv$/);
    const text = readFileSync((await file.path()) ?? "", "utf8");
    assert.match(text.split("\r\n")[0] ?? "", /^\uFEFFNo\.,Time \(UTC\),Who,/);
    assert.match(text, /Dr Ingrid Solheim,user,report\.sign,success/);
    await context.close();
  });

  test("a revoked edge router is out within seconds, and the administrator sees it", async () => {
    const { page, context } = await enter(accounts.admin);
    const card = page.locator("[data-edge-id]").first();
    await card.getByText("Online").waitFor();
    const edgeId = await card.getAttribute("data-edge-id");
    await card.getByRole("button", { name: "Revoke" }).click();
    await page.getByRole("button", { name: "Revoke this edge router" }).click();
    await card.getByText("Revoked", { exact: true }).waitFor();
    assert.equal(await card.getByRole("button", { name: "Revoke" }).count(), 0);
    // A token that was just believed is believed for seconds more; then all it asks for is refused.
    await until("the edge router hearing that it is revoked", () =>
      stack.log("edge").includes("the portal has revoked this edge"),
    );
    // What it takes from now on stays on its own disk.
    const late = studyOnDisk("chest-xr", { seed: "late", patient: { ...third.study.patient, id: "LATE" } });
    await storescu(stack, late.files);
    const admin = await signIn(stack.baseUrl, accounts.admin, stack.demoPassword);
    type Edges = { edgeId: string; online: boolean; revokedAt: string | null }[];
    const edge = (await admin.query<Edges>("edge.list")).find((each) => each.edgeId === edgeId);
    assert.ok(edge?.revokedAt);
    assert.equal(edge.online, false);
    const reader = await signIn(stack.baseUrl, accounts.solheim, stack.demoPassword);
    const { items } = await reader.query<{ items: { studyInstanceUid: string }[] }>("worklist.list", {});
    assert.ok(!items.some((item) => item.studyInstanceUid === late.study.studyInstanceUid));
    late.remove();
    await context.close();
  });

  test("nothing threw", () => {
    assert.deepEqual(problems, []);
  });
});
