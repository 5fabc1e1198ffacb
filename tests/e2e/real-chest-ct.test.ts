import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import type { Browser } from "playwright";
import { noRealData, realBytes, realData, realFiles } from "../real-data.ts";
import { launchBrowser, signInPage } from "./support/browser.ts";
import { signIn } from "./support/portal.ts";
import { storescu } from "./support/scanner.ts";
import { type Stack, startStack, until } from "./support/stack.ts";

/** Real patients' studies (de-identified, public) through scanner, edge router, archive and viewer. */
const folder = realData();
let stack: Stack;
let browser: Browser;
const scratch = mkdtempSync(path.join(os.tmpdir(), "overread-real-ct-"));

before(async () => {
  if (!folder) return;
  stack = await startStack();
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  await stack?.stop();
  rmSync(scratch, { recursive: true, force: true });
});

function onDisk(prefix: string): { files: string[]; studyInstanceUid: string } {
  assert.ok(folder);
  const found = realFiles(folder).filter((file) => file.path.startsWith(prefix));
  const files = found.map((file, at) => {
    const target = path.join(scratch, `${prefix.replaceAll("/", "_")}${at}.dcm`);
    writeFileSync(target, realBytes(folder, file));
    return target;
  });
  return { files, studyInstanceUid: found[0]?.studyInstanceUID ?? "" };
}

type Item = {
  caseId: string;
  studyInstanceUid: string;
  state: string;
  priorCount: number;
  images: { received: number };
};

test("a real chest CT of 102 slices is on the worklist and on the screen", {
  skip: folder ? false : noRealData,
}, async () => {
  const { files, studyInstanceUid } = onDisk("dicom/ct/chest-lidc-0314/");
  assert.equal(files.length, 102);
  const { page, problems } = await signInPage(
    browser,
    stack.baseUrl,
    "radiologist@nightshift.example",
    stack.demoPassword,
  );
  await storescu(stack, files, { syntax: "-x=" });
  const row = page.locator(`[data-study-uid="${studyInstanceUid}"]`);
  await row.waitFor();
  await until("all 102 images", async () => ((await row.textContent()) ?? "").includes("102"));
  await row.click();
  await page.keyboard.press("Enter");
  const viewport = page.locator('[data-viewport="current"][data-quality="8"]');
  await viewport.waitFor();
  const seen = await until("anatomy, not an empty canvas", () =>
    viewport.evaluate((element) => {
      const canvas = element.querySelector("canvas");
      const context = canvas?.getContext("2d");
      if (!canvas || !context) return null;
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      const greys = new Set<number>();
      for (let i = 0; i < data.length; i += 4) greys.add(data[i] ?? 0);
      return greys.size > 50 ? greys.size : null;
    }),
  );
  assert.ok(seen > 50);
  assert.equal(await viewport.getAttribute("data-count"), "102");
  assert.deepEqual(problems, []);
});

test("a real study finds the same patient's earlier one as its prior", {
  skip: folder ? false : noRealData,
}, async () => {
  const earlier = onDisk("dicom/priors/ct-covid-A002304/19001231/");
  const later = onDisk("dicom/priors/ct-covid-A002304/19010112/");
  await storescu(stack, earlier.files, { syntax: "-x=", called: "OVERREAD_PRIOR" });
  await storescu(stack, later.files, { syntax: "-x=" });
  const radiologist = await signIn(stack.baseUrl, "radiologist@nightshift.example", stack.demoPassword);
  const item = await until("the prior beside the current study", async () => {
    const { items } = await radiologist.query<{ items: Item[] }>("worklist.list", { limit: 100 });
    assert.ok(!items.some((i) => i.studyInstanceUid === earlier.studyInstanceUid), "a prior is no case");
    return items.find((i) => i.studyInstanceUid === later.studyInstanceUid && i.priorCount === 1);
  });
  const opened = await radiologist.query<{ priors: { studyInstanceUid: string; reasons: string[] }[] }>("study.open", {
    caseId: item.caseId,
  });
  assert.deepEqual(
    opened.priors.map((prior) => prior.studyInstanceUid),
    [earlier.studyInstanceUid],
  );
  assert.ok((opened.priors[0]?.reasons.length ?? 0) > 0);
});
