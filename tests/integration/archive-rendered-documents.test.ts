import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { SOP } from "@overread/shared/dicom/sop-classes";
import type { WritableDataSet } from "@overread/shared/dicom/write";
import { type TestArchive, useTestArchive } from "../archive.ts";
import { type TinyWish, tinyInstance } from "../factories/tiny-instance.ts";

let archive: TestArchive;
before(async () => {
  archive = await useTestArchive();
});
after(() => archive.close());

const noPixels = Object.fromEntries(
  ["00280002", "00280004", "00280010", "00280011", "00280100", "00280101", "00280102", "00280103", "7FE00010"].map(
    (tag) => [tag, undefined],
  ),
);
const code = (meaning: string, value = "X1", scheme = "99TEST") => ({
  vr: "SQ",
  Value: [
    {
      "00080100": { vr: "SH", Value: [value] },
      "00080102": { vr: "SH", Value: [scheme] },
      "00080104": { vr: "LO", Value: [meaning] },
    },
  ],
});
function item(type: string, heading: string, more: WritableDataSet = {}, relation = "CONTAINS"): WritableDataSet {
  const plain = { "0040A010": { vr: "CS", Value: [relation] }, "0040A040": { vr: "CS", Value: [type] } };
  return { ...plain, "0040A043": code(heading), ...more };
}
const words = (value: string) => ({ "0040A160": { vr: "UT", Value: [value] } });
const children = (...items: WritableDataSet[]) => ({ "0040A730": { vr: "SQ", Value: items } });

async function stored(sopClass: string, elements: NonNullable<TinyWish["elements"]>): Promise<string> {
  const { study, series, instance, part10 } = tinyInstance({ sopClass, elements: { ...noPixels, ...elements } });
  const answer = await archive.stow([part10]);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return `/studies/${study}/series/${series}/instances/${instance}/rendered`;
}
const get = (path: string, accept: string, init: RequestInit = {}) =>
  archive.request(path, { ...init, headers: { accept } });

const hostile = `</p><script>alert("x")</script><img src=x onerror='a()'> & "so" on`;
const report = (more: NonNullable<TinyWish["elements"]> = {}) =>
  stored(SOP.comprehensiveSr, {
    "00100010": { vr: "PN", Value: [{ Alphabetic: "Rivers^<b>Alder" }] },
    "0040A043": code("Radiology report <1>"),
    "0040A491": { vr: "CS", Value: ["COMPLETE"] },
    "0040A493": { vr: "CS", Value: ["VERIFIED"] },
    ...children(
      item("CODE", "Language", { "0040A168": code("English") }, "HAS CONCEPT MOD"),
      item(
        "CONTAINER",
        "Findings",
        children(
          item("TEXT", "Finding", words(`${hostile}\r\nsecond line`)),
          item("CODE", "Laterality", { "0040A168": code("Left") }, "HAS CONCEPT MOD"),
          item("NUM", "Diameter", {
            "0040A300": {
              vr: "SQ",
              Value: [{ "0040A30A": { vr: "DS", Value: ["6.5"] }, "004008EA": code("millimeter", "mm", "UCUM") }],
            },
          }),
          item("NUM", "Volume", { "0040A300": { vr: "SQ", Value: [] } }),
        ),
      ),
      item("TEXT", "Impression", words("Benign.")),
    ),
    ...more,
  });

test("a structured report is rendered as a page of its own: whole, escaped, and with nothing that runs", async () => {
  const path = await report();
  for (const accept of ["text/html", "*/*", "text/*", "application/xml, text/html;q=0.5"]) {
    const response = await get(path, accept);
    assert.equal(response.status, 200, accept);
    assert.equal(response.headers.get("content-type"), "text/html; charset=utf-8", accept);
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
  }
  const response = await get(path, "text/html");
  const page = await response.text();
  for (const each of [
    "Findings",
    "Finding",
    "second line",
    "6.5 mm",
    "not measured",
    "Left",
    "Benign.",
    "English",
    "P-1",
  ])
    assert.ok(page.includes(each), each);
  assert.ok(page.includes("&lt;/p&gt;&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;"));
  assert.ok(page.includes("Radiology report &lt;1&gt;"));
  assert.doesNotMatch(page, /<(script|img|b|a|link|iframe|object|form)[\s>]/i);
  // Every element that is opened is closed, in its order.
  const open: string[] = [];
  for (const [, close, name] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*>/g)) {
    if (["meta"].includes(name!)) continue;
    if (close) assert.equal(open.pop(), name);
    else open.push(name!);
  }
  assert.deepEqual(open, []);
  const policy = response.headers.get("content-security-policy") ?? "";
  const style = /<style>([\s\S]*)<\/style>/.exec(page)?.[1] ?? "";
  const hash = createHash("sha256").update(style).digest("base64");
  assert.equal(
    policy,
    `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox`,
  );
  const head = await get(path, "text/html", { method: "HEAD" });
  assert.equal(head.headers.get("content-length"), String(Buffer.byteLength(page)));
});

test("the page of a report that says what language it is in says so of the report's words, and other reports' pages of none", async () => {
  const language = (tag: string) => ({
    ...item("CODE", "", { "0040A168": code("German", tag, "RFC5646") }, "HAS CONCEPT MOD"),
    "0040A043": code("Language of Content Item and Descendants", "121049", "DCM"),
  });
  const pageOf = async (...content: WritableDataSet[]) =>
    (await get(await report(children(...content)), "text/html")).text();
  const impression = item("TEXT", "Impression", words("Kein Befund."));
  assert.match(await pageOf(language("de"), impression), /<main lang="de">/);
  assert.match(await pageOf(impression), /<main>/);
  assert.match(await pageOf(language('"><b>'), impression), /<main>/);
});

test("a structured report is had as plain text, and as nothing that it is not", async () => {
  const path = await report();
  const response = await get(path, "text/plain");
  assert.equal(response.headers.get("content-type"), "text/plain; charset=utf-8");
  const lines = (await response.text()).split("\n");
  assert.equal(lines[0], "Radiology report <1>");
  for (const line of ["Patient ID: P-1", "Findings", "  second line", "  Laterality: Left", "  Diameter: 6.5 mm"])
    assert.ok(lines.includes(line), `${line} in ${lines.join("\n")}`);
  for (const accept of ["image/jpeg", "application/pdf", "text/xml", "text/rtf"])
    assert.equal((await get(path, accept)).status, 406, accept);
  const frame = await get(path.replace("/rendered", "/frames/1/rendered"), "text/html");
  assert.equal(frame.status, 406);
});

test("a report that is not finished, not verified, too deep, or holds what cannot be shown says so", async () => {
  let deep = item("TEXT", "Deepest", words("at the bottom"));
  for (let depth = 0; depth < 35; depth++) deep = item("CONTAINER", `Level ${depth}`, children(deep));
  const path = await report({
    "0040A491": { vr: "CS", Value: ["PARTIAL"] },
    "0040A493": { vr: "CS", Value: ["UNVERIFIED"] },
    "0040A496": { vr: "CS", Value: ["PRELIMINARY"] },
    ...children(deep, item("SCOORD", "Outline"), item("TEXT", "Long", words("long ".repeat(40_000)))),
  });
  for (const accept of ["text/html", "text/plain"]) {
    const text = await (await get(path, accept)).text();
    for (const each of [
      /not complete/,
      /preliminary/,
      /Nobody has verified/,
      /longer or deeper/,
      /Outline.*not shown here/,
    ])
      assert.match(text, each, accept);
    assert.match(text, /Long.*(long long|too long to be shown)/, accept);
  }
});

test("an encapsulated PDF is rendered as the PDF it is, small or large, and only when it is one", async () => {
  for (const size of [101, 500_001]) {
    const pdf = Buffer.concat([Buffer.from("%PDF-1.7\n"), Buffer.alloc(size - 9, "x")]);
    const path = await stored(SOP.encapsulatedPdf, {
      "00420011": { vr: "OB", bytes: Buffer.concat([pdf, Buffer.of(0)]) },
      "00420012": { vr: "LO", Value: ["application/pdf"] },
      "00420015": { vr: "UL", Value: [size] },
    });
    for (const accept of ["application/pdf", "*/*"]) {
      const response = await get(path, accept);
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("content-type"), "application/pdf");
      assert.match(response.headers.get("content-disposition") ?? "", /^attachment/);
      assert.ok(Buffer.from(await response.arrayBuffer()).equals(pdf), String(size));
    }
    for (const accept of ["image/jpeg", "text/html"]) assert.equal((await get(path, accept)).status, 406, accept);
  }
  const page = Buffer.from("<!doctype html><script>alert(1)</script>".padEnd(100));
  const liar = await stored(SOP.encapsulatedPdf, { "00420011": { vr: "OB", bytes: page } });
  const response = await get(liar, "*/*");
  const { error } = (await response.json()) as { error: { code: string; details: { reason: string } } };
  assert.deepEqual([response.status, error.details.reason], [406, "The document in this object is no PDF."]);
});

test("a picture is not had as words", async () => {
  const { study, series, instance, part10 } = tinyInstance();
  await archive.stow([part10]);
  const path = `/studies/${study}/series/${series}/instances/${instance}/rendered`;
  for (const accept of ["text/html", "text/plain", "application/pdf", "image/jp2"])
    assert.equal((await get(path, accept)).status, 406, accept);
});
