import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright";
import { run } from "../support/run.ts";
import { launchBrowser, phone, seriousFindings, signInPage } from "./support/browser.ts";
import { LocalPacs } from "./support/local-pacs.ts";
import { type PortalClient, PortalError, signIn } from "./support/portal.ts";
import { storescu, studyOnDisk } from "./support/scanner.ts";
import { type Stack, startStack, until } from "./support/stack.ts";
import { fitted } from "./support/viewer-page.ts";

/**
 * One study travels the whole way, with nothing left out: a scanner sends it, a remote radiologist reads it, the report is back at
 * the hospital and in front of the referring physician.
 */
let stack: Stack;
let browser: Browser;
let pacs: LocalPacs;
let admin: PortalClient;
const scratch = mkdtempSync(path.join(os.tmpdir(), "overread-one-study-"));
const patient = { name: "Lindqvist^Åsa", id: "LKS-4711", sex: "F" as const, birthDate: "19610304" };
const current = studyOnDisk("chest-ct", {
  seed: "one-study",
  patient,
  slices: 24,
  matrix: 256,
  referringPhysicianName: "Almeida^Rosa",
  accessionNumber: "ACC-4711",
  specificCharacterSet: "ISO_IR 100",
});
const prior = studyOnDisk("chest-ct", {
  seed: "one-study",
  patient,
  slices: 12,
  matrix: 256,
  prior: true,
  studyDate: new Date("2025-03-02T08:00:00Z"),
  specificCharacterSet: "ISO_IR 100",
});
const impression = "Solid nodule in the right upper lobe, larger than before. Recommend follow-up CT in three months.";

before(async () => {
  stack = await startStack();
  browser = await launchBrowser();
  pacs = await LocalPacs.create();
  admin = await signIn(stack.baseUrl, "admin@lakeside.example", stack.demoPassword);
  await admin.mutate("facility.update", {
    facilitySlug: "lakeside-main",
    localPacs: { aeTitle: pacs.aeTitle, host: "127.0.0.1", port: pacs.port },
  });
});
after(async () => {
  await browser?.close();
  await pacs?.close();
  await stack?.stop();
  current.remove();
  prior.remove();
  rmSync(scratch, { recursive: true, force: true });
});

/** Mean grey, share of non-black and number of distinct greys of what a viewport shows: an empty canvas has none of them. */
async function pixels(page: Page, testId: string) {
  return page.getByTestId(testId).evaluate((element) => {
    const canvas = element.querySelector("canvas");
    const context = canvas?.getContext("2d");
    if (!canvas || !context) return { mean: 0, lit: 0, greys: 0 };
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const seen = new Set<number>();
    let sum = 0;
    let lit = 0;
    for (let i = 0; i < data.length; i += 4) {
      const grey = data[i] ?? 0;
      seen.add(grey);
      sum += grey;
      if (grey > 8) lit++;
    }
    return { mean: sum / (data.length / 4), lit: lit / (data.length / 4), greys: seen.size };
  });
}

test("a CT sent by a scanner is read by a remote radiologist, and the report is back at the hospital and with the referring physician", async (t) => {
  const { page, problems, context } = await signInPage(
    browser,
    stack.baseUrl,
    "radiologist@nightshift.example",
    stack.demoPassword,
  );
  await page.waitForURL("**/worklist");
  const row = page.locator(`[data-study-uid="${current.study.studyInstanceUid}"]`);

  await t.test("the prior is archived and never becomes a case", async () => {
    await storescu(stack, prior.files, { called: "OVERREAD_PRIOR" });
    await until("the prior in the archive", async () => {
      const tech = await signIn(stack.baseUrl, "tech@lakeside.example", stack.demoPassword);
      const response = await tech.fetch(`/dicomweb/lakeside/studies/${prior.study.studyInstanceUid}/instances`);
      return response.status === 200 && ((await response.json()) as unknown[]).length === prior.files.length;
    });
    assert.equal(await page.locator(`[data-study-uid="${prior.study.studyInstanceUid}"]`).count(), 0);
  });

  await t.test("the case appears on the open worklist without reload", async () => {
    let reloads = 0;
    page.on("framenavigated", () => reloads++);
    await storescu(stack, current.files);
    await row.waitFor();
    const reader = await signIn(stack.baseUrl, "radiologist@nightshift.example", stack.demoPassword);
    type Item = { studyInstanceUid: string; state: string; priorCount: number; images: { received: number } };
    await until("every image counted and the prior attached", async () => {
      const { items } = await reader.query<{ items: Item[] }>("worklist.list", {});
      const item = items.find((each) => each.studyInstanceUid === current.study.studyInstanceUid);
      return item?.state === "unread" && item.priorCount === 1 && item.images.received === current.files.length;
    });
    for (const words of [/Unread/, /LINDQVIST|Lindqvist/, /Åsa|ÅSA/]) await row.filter({ hasText: words }).waitFor();
    assert.equal(reloads, 0);
    assert.deepEqual(await seriousFindings(page), []);
  });

  await t.test("Enter claims it and the image is on the screen, prior beside it", async () => {
    await row.click();
    await page.keyboard.press("Enter");
    await page.waitForURL("**/studies/**");
    await page.locator('[data-viewport="current"][data-quality="8"]').waitFor();
    const seen = await until("pixels of the current study", async () => {
      const p = await pixels(page, "viewport-current");
      return p.greys > 40 ? p : null;
    });
    assert.ok(seen.lit > 0.1 && seen.mean > 5, JSON.stringify(seen));
    assert.deepEqual(await seriousFindings(page), []);
  });

  await t.test("the prior comes beside it, and neither picture is squeezed", async () => {
    await page.getByTestId("viewport-current").hover();
    await page.keyboard.press("p");
    await page.locator('[data-viewport="prior"][data-quality="8"]').waitFor();
    await page
      .getByTestId("pane-label-prior")
      .filter({ hasText: /PRIOR.*2 Mar 2025/i })
      .waitFor();
    for (const side of ["current", "prior"] as const) await fitted(page, side);
    await page.keyboard.press("p");
    await page.getByTestId("viewport-prior").waitFor({ state: "detached" });
    await fitted(page, "current");
  });

  await t.test("the wheel moves through the stack", async () => {
    const viewport = page.getByTestId("viewport-current");
    const first = await viewport.getAttribute("data-index");
    await viewport.hover();
    await page.mouse.wheel(0, 120);
    await until("another slice", async () => (await viewport.getAttribute("data-index")) !== first);
  });

  await t.test("a length is measured and lands in the report as text", async () => {
    const box = await page.getByTestId("viewport-current").boundingBox();
    assert.ok(box);
    await page.getByTestId("viewport-current").hover();
    await page.keyboard.press("l");
    await page.mouse.move(box.x + box.width * 0.4, box.y + box.height * 0.5);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.5, { steps: 8 });
    await page.mouse.up();
    await page
      .getByRole("list", { name: "Measurements" })
      .getByText(/\d+(\.\d+)? mm/)
      .waitFor();
    await page.keyboard.press("k");
    await page.getByRole("list", { name: "Key images" }).getByRole("listitem").waitFor();
  });

  await t.test("signing without an impression is refused with what to do", async () => {
    await page
      .getByLabel("Findings", { exact: false })
      .first()
      .fill("Nodule 9 mm in the right upper lobe; 6 mm on 2 March 2025.");
    await page.getByLabel("Impression", { exact: false }).first().fill("");
    await page.locator('[data-save-state="saved"]').waitFor();
    await page.keyboard.press("Control+Enter");
    await page.getByText(/A report cannot be signed like this/).waitFor();
    const caseId = page.url().split("/").pop()?.split("?")[0] ?? "";
    const radiologist = await signIn(stack.baseUrl, "radiologist@nightshift.example", stack.demoPassword);
    const { version } = await radiologist.query<{ version: number }>("report.get", { caseId });
    const { claimToken } = await radiologist.mutate<{ claimToken: string }>("worklist.claim", { caseId });
    await assert.rejects(
      radiologist.mutate("report.sign", { caseId, claimToken, version, password: stack.demoPassword }),
      (error: PortalError) => error.appCode === "report.impression-missing",
    );
  });

  await t.test("a second radiologist sees who has it and cannot take it; the other hospital sees nothing", async () => {
    const second = await signIn(stack.baseUrl, "radiologist2@nightshift.example", stack.demoPassword);
    const { items } = await second.query<{
      items: { caseId: string; studyInstanceUid: string; can: { claim: boolean }; claimedBy: unknown }[];
    }>("worklist.list", {});
    const theirs = items.find((item) => item.studyInstanceUid === current.study.studyInstanceUid);
    assert.ok(theirs?.claimedBy);
    assert.equal(theirs.can.claim, false);
    await assert.rejects(
      second.mutate("worklist.claim", { caseId: theirs.caseId }),
      (error: PortalError) => error.appCode === "case.already-claimed",
    );

    const harbor = await signIn(stack.baseUrl, "admin@harbor.example", stack.demoPassword);
    assert.equal(
      (await harbor.fetch(`/dicomweb/lakeside/studies/${current.study.studyInstanceUid}/metadata`)).status,
      404,
    );
    // A site admin sees no images even of the own hospital.
    assert.equal(
      (await harbor.fetch(`/dicomweb/harbor/studies/${current.study.studyInstanceUid}/metadata`)).status,
      403,
    );
    await assert.rejects(harbor.query("report.get", { caseId: theirs.caseId }), PortalError);
    assert.deepEqual(
      (await harbor.query<{ items: unknown[] }>("worklist.list", {}).catch(() => ({ items: [] }))).items,
      [],
    );
  });

  await t.test("the report is signed with the password", async () => {
    await page.getByLabel("Impression", { exact: false }).first().fill(impression);
    await page.locator('[data-save-state="saved"]').waitFor();
    await page.keyboard.press("Control+Enter");
    const unseen = page.getByText(
      /^Not on your screen so far: \d+ of \d+ images of series 2\b.*This is kept with your signature\.$/,
    );
    await unseen.waitFor();
    // The images stay beside the signature: what is looked at now is no longer named.
    const left = async () => Number(/(\d+) of/.exec((await unseen.textContent()) ?? "")?.[1]);
    const before = await left();
    await page.getByTestId("viewport-current").hover();
    await page.mouse.wheel(0, 120);
    await until("one image less", async () => (await left()) < before);
    await page.locator('input[type="password"]').fill("not the password");
    await page.keyboard.press("Enter");
    await page
      .getByText(/password/i)
      .filter({ hasText: /wrong|not|match/i })
      .first()
      .waitFor();
    await page.locator('input[type="password"]').fill(stack.demoPassword);
    await page.keyboard.press("Enter");
    await page.getByText("Final report, version 1").waitFor();
  });
  const caseId = page.url().split("/").pop()?.split("?")[0] ?? "";
  const radiologist = await signIn(stack.baseUrl, "radiologist@nightshift.example", stack.demoPassword);
  type Versions = {
    state: string;
    versions: { version: number; reportVersionId: string; sha256: string; documents: { pdf: string; sr: string } }[];
  };

  await t.test("PDF and SR are in the archive and pass the outside validators", async () => {
    const report = await until("documents stored", async () => {
      const r = await radiologist.query<Versions>("report.get", { caseId });
      return r.versions[0]?.documents.pdf === "stored" && r.versions[0].documents.sr === "stored" ? r : null;
    });
    assert.equal(report.state, "final");

    const instances = (await (
      await radiologist.fetch(
        `/dicomweb/lakeside/studies/${current.study.studyInstanceUid}/instances?includefield=SOPClassUID&limit=500`,
      )
    ).json()) as Record<string, { Value: string[] }>[];
    const byClass = (uid: string) => instances.filter((i) => i["00080016"]?.Value[0] === uid);
    const [pdf] = byClass("1.2.840.10008.5.1.4.1.1.104.1");
    const [sr] = byClass("1.2.840.10008.5.1.4.1.1.88.11");
    assert.equal(byClass("1.2.840.10008.5.1.4.1.1.104.1").length, 1);
    assert.equal(byClass("1.2.840.10008.5.1.4.1.1.88.11").length, 1);
    const fetchObject = async (item: Record<string, { Value: string[] }> | undefined, name: string) => {
      const response = await radiologist.fetch(
        `/dicomweb/lakeside/studies/${current.study.studyInstanceUid}/series/${item?.["0020000E"]?.Value[0]}/instances/${item?.["00080018"]?.Value[0]}`,
        { headers: { accept: "application/dicom; transfer-syntax=*" } },
      );
      assert.equal(response.status, 200);
      const file = path.join(scratch, name);
      writeFileSync(file, Buffer.from(await response.arrayBuffer()));
      return file;
    };
    const pdfFile = await fetchObject(pdf, "report-pdf.dcm");
    const srFile = await fetchObject(sr, "report-sr.dcm");
    for (const file of [pdfFile, srFile]) {
      const judged = await run("dciodvfy", [file]);
      assert.doesNotMatch(judged.stderr + judged.stdout, /^Error/m, path.basename(file));
    }
    const compared = await run("dcentvfy", [pdfFile, srFile, current.files[0] ?? ""]);
    assert.equal(compared.code, 0, compared.stderr + compared.stdout);
    assert.doesNotMatch(compared.stderr + compared.stdout, /^.?Error/m);
    const dump = await run("dsrdump", ["+Pl", srFile]);
    assert.equal(dump.code, 0);
    assert.ok(dump.stdout.includes("right upper lobe"));

    const extracted = path.join(scratch, "extracted.pdf");
    assert.equal((await run("dcm2pdf", [pdfFile, extracted])).code, 0);
    const portalPdf = await radiologist.fetch(`/api/reports/${report.versions[0]?.reportVersionId}/pdf`);
    assert.equal(portalPdf.status, 200);
    assert.deepEqual(readFileSync(extracted), Buffer.from(await portalPdf.arrayBuffer()));
    const text = await run("pdftotext", ["-layout", extracted, "-"]);
    assert.match(text.stdout, /larger than before/);
    assert.match(text.stdout, /Åsa/i);
  });

  await t.test(
    "while the hospital's PACS is down the results wait and say so; when it answers it gets exactly one PDF and one SR",
    async () => {
      type Deliveries = { versions: { deliveries: { kind: string; state: string; lastReason: string | null }[] }[] };
      await until("the delivery saying why it waits", async () => {
        const r = await radiologist.query<Deliveries>("report.get", { caseId });
        return r.versions[0]?.deliveries.some((d) => d.state === "waiting" && d.lastReason);
      });
      await pacs.start();
      await until(
        "all results delivered",
        async () => {
          const r = await radiologist.query<Deliveries>("report.get", { caseId });
          const deliveries = r.versions[0]?.deliveries ?? [];
          return deliveries.length > 0 && deliveries.every((d) => d.state === "delivered");
        },
        { everyMs: 500 },
      );
      const classes: string[] = [];
      for (const file of pacs.received()) classes.push((await run("dcmdump", ["+P", "0008,0016", file])).stdout);
      assert.equal(classes.filter((c) => c.includes("EncapsulatedPDFStorage")).length, 1);
      assert.equal(classes.filter((c) => c.includes("BasicTextSRStorage")).length, 1);
    },
  );

  await t.test("the referring physician reads it on a phone, with the images one tap away", async () => {
    const {
      page: mobile,
      problems: mobileProblems,
      context: mobileContext,
    } = await signInPage(browser, stack.baseUrl, "referrer@lakeside.example", stack.demoPassword, phone);
    await mobile.waitForURL("**/reports");
    await mobile
      .getByText(/Lindqvist/i)
      .first()
      .click();
    await mobile.waitForURL("**/reports/**");
    await mobile.getByText("larger than before").first().waitFor();
    const overflow = await mobile.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    assert.deepEqual(await seriousFindings(mobile), []);
    assert.ok(overflow <= 1, `the page is ${overflow} px wider than the phone`);
    await mobile
      .getByRole("link", { name: /open images/i })
      .or(mobile.getByRole("button", { name: /open images/i }))
      .first()
      .click();
    await mobile.locator('[data-viewport="current"][data-quality="8"]').waitFor();
    await until("pixels on the phone", async () => (await pixels(mobile, "viewport-current")).greys > 40);
    // Back is the hand's first way on a phone: to the report, not past it.
    await mobile.goBack();
    await mobile.getByText("larger than before").first().waitFor();
    await mobile.goForward();
    await mobile.locator('[data-viewport="current"][data-quality="8"]').waitFor();
    await mobile.getByRole("button", { name: "Back to the report" }).click();
    await mobile.getByText("larger than before").first().waitFor();
    await mobile.getByRole("link", { name: "Back to all reports" }).click();
    await mobile.waitForURL("**/reports");
    assert.deepEqual(mobileProblems, []);
    await mobileContext.close();
  });

  await t.test("the admin sees the edge router online, and the audit trail verifies", async () => {
    await until("the edge router online", async () =>
      (await admin.query<{ online: boolean }[]>("edge.list")).some((edge) => edge.online),
    );
    const settings = JSON.parse(readFileSync(path.join(stack.dataDir, "settings.json"), "utf8"));
    const verified = await run(process.execPath, ["scripts/cli.mjs", "audit", "verify", "--json"], { env: settings });
    assert.equal(verified.code, 0, verified.stderr + verified.stdout);
  });

  assert.deepEqual(problems, [], "no script error on the radiologist's pages");
  await context.close();
});
