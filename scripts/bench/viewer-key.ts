import { launchBrowser, signInPage } from "#tests/e2e/support/browser.ts";
import { signIn } from "#tests/e2e/support/portal.ts";
import { storescu, studyOnDisk } from "#tests/e2e/support/scanner.ts";
import { startStack, until } from "#tests/e2e/support/stack.ts";
import { say } from "../lib/say.mjs";
import { loadavg, median } from "./ground.ts";

const solheim = "radiologist@nightshift.example";

/** From Enter on the list to the first image on the screen, in Chromium: the next case fetched ahead by the browser, and not, in turn. */
export async function keyToImage(rounds: number): Promise<void> {
  const stack = await startStack();
  const browser = await launchBrowser();
  try {
    const reader = await signIn(stack.baseUrl, solheim, stack.demoPassword);
    const studies = 2 * (rounds + 1);
    for (let n = 0; n < studies; n++) {
      const patient = { name: `Bench^${n}`, id: `BENCH-${n}`, sex: "F", birthDate: "19610412" } as const;
      const { files, remove } = studyOnDisk("chest-ct", { seed: `${n}`, patient, slices: 24, quick: true });
      await storescu(stack, files);
      remove();
    }
    await until(
      "the cases",
      async () => {
        const { items } = await reader.query<{ items: { state: string }[] }>("worklist.list", {});
        return items.filter(({ state }) => state === "unread").length >= studies;
      },
      { deadlineMs: 600_000 },
    );
    const { page } = await signInPage(browser, stack.baseUrl, solheim, stack.demoPassword);
    await page.addInitScript(() => {
      let pressed = 0;
      document.addEventListener("keydown", ({ timeStamp }) => (pressed = timeStamp), { capture: true });
      window.addEventListener("FIRST_IMAGE", () =>
        document.documentElement.setAttribute("data-waited", `${performance.now() - pressed}`),
      );
    });
    const times: Record<"ahead" | "not", number[]> = { ahead: [], not: [] };
    for (let round = 0; round <= rounds; round++)
      for (const way of round % 2 ? (["ahead", "not"] as const) : (["not", "ahead"] as const)) {
        if (way === "not") await page.route(/worklist\.ahead/, (route) => route.abort());
        else await page.unrouteAll();
        const fetched =
          way === "ahead"
            ? page.waitForResponse((each) => /\/frames\/1$/.test(each.url()) && isAhead(each.request().headers()))
            : null;
        await page.goto(`${stack.baseUrl}/worklist`);
        const frame = fetched && (await fetched);
        await frame?.finished();
        // As long as the other way has waited, so that both find the viewer's code here.
        if (!frame) await page.waitForTimeout(4000);
        const next = await reader.query<{ caseId: string }>("worklist.next");
        await page.locator(`[data-case-id="${next.caseId}"]:visible`).click();
        await page.waitForTimeout(1000);
        await page.keyboard.press("Enter");
        await page.locator("html[data-waited]").waitFor({ state: "attached" });
        const waited = Number(await page.locator("html").getAttribute("data-waited"));
        if (round > 0) times[way].push(waited);
      }
    const [ahead, not] = [median(times.ahead), median(times.not)];
    say(
      `from Enter to the first image: ${ahead.toFixed(0)} ms fetched ahead, ${not.toFixed(0)} ms not (${(not / ahead).toFixed(2)}×; median of ${rounds})`,
    );
    say(`load ${loadavg()[0]?.toFixed(1)}`);
  } finally {
    await browser.close();
    await stack.stop();
  }
}

const isAhead = (headers: Record<string, string>): boolean => headers["overread-ahead"] === "1";
