import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { SOP } from "@overread/shared/dicom/sop-classes";
import { dataSetOf, partsOf, type TestArchive, useTestArchive } from "../archive.ts";
import { type Tiny, type TinyWish, tinyInstance } from "../factories/tiny-instance.ts";

/**
 * A file that is a program, a page or a PDF as well as DICOM, and documents that lie about their type or hold what a reader would
 * run: kept byte for byte in the data set, given out with a zero preamble, a type of ours, nosniff, and to save, never to open.
 */
let archive: TestArchive;
before(async () => {
  archive = await useTestArchive();
});
after(() => archive.close());

const preambles: Record<string, Buffer> = {
  PE: Buffer.from("MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff", "latin1"),
  ELF: Buffer.from("\x7fELF\x02\x01\x01\0", "latin1"),
  HTML: Buffer.from("<!doctype html><script>alert(1)</script><!--"),
  PDF: Buffer.from("%PDF-1.7\n1 0 obj<</Type/Catalog/OpenAction 2 0 R>>endobj\n"),
  script: Buffer.from("#!/bin/sh\nid\nexit\n"),
};
const noPixels = Object.fromEntries(
  ["00280002", "00280004", "00280010", "00280011", "00280100", "00280101", "00280102", "00280103", "7FE00010"].map(
    (tag) => [tag, undefined],
  ),
);
const placeOf = ({ study, series, instance }: Tiny): string =>
  `/studies/${study}/series/${series}/instances/${instance}`;

/** What a browser would need to be told to make something of an answer by itself. */
function assertInert(response: Response, what: string): void {
  assert.equal(response.headers.get("x-content-type-options"), "nosniff", what);
  assert.doesNotMatch(response.headers.get("content-type") ?? "", /html|xml|svg|javascript|msdownload/i, what);
  const policy = response.headers.get("content-security-policy") ?? "";
  const disposition = response.headers.get("content-disposition") ?? "";
  assert.ok(/sandbox|default-src 'none'/.test(policy) && /frame-ancestors 'none'/.test(policy), `${what}: ${policy}`);
  if (/pdf|octet-stream/.test(response.headers.get("content-type") ?? ""))
    assert.match(disposition, /^attachment/, what);
}

function* filesBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const at = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(at);
    else yield at;
  }
}

test("a file whose preamble is a program, a page or a PDF is given out with a zero preamble, its data set as it came", async () => {
  for (const [kind, preamble] of Object.entries(preambles)) {
    const made = tinyInstance();
    const file = Buffer.from(made.part10);
    preamble.copy(file, 0, 0, 128);
    assert.equal((await archive.stow([file])).status, 200, kind);
    for (const accept of [
      'multipart/related; type="application/dicom"; transfer-syntax=*',
      "application/dicom; transfer-syntax=*",
    ]) {
      const response = await archive.request(placeOf(made), { headers: { accept } });
      if (response.status === 406) continue;
      assert.equal(response.status, 200, `${kind} as ${accept}`);
      assertInert(response, kind);
      const body = response.headers.get("content-type")?.startsWith("multipart")
        ? (await partsOf(response))[0]!.body
        : Buffer.from(await response.arrayBuffer());
      assert.ok(
        body.subarray(0, 128).every((byte) => byte === 0),
        kind,
      );
      assert.equal(body.toString("latin1", 128, 132), "DICM");
      assert.ok(dataSetOf(body).equals(dataSetOf(file)), kind);
    }
  }
  const kept = [...filesBelow(path.join(archive.storage, "objects"))].map((file) => readFileSync(file));
  assert.equal(kept.length, Object.keys(preambles).length);
  for (const bytes of kept) assert.ok(bytes.subarray(0, 128).every((byte) => byte === 0));
});

const active = `%PDF-1.7
1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert(1))>>/AA<</WC 5 0 R>>/Names<</EmbeddedFiles 6 0 R>>/AcroForm<</XFA 7 0 R>>>>endobj
8 0 obj<</S/Launch/F(cmd.exe)>>endobj 9 0 obj<</Subtype/RichMedia>>endobj
trailer<</Root 1 0 R>>
%%EOF
`;
const documents: [name: string, mime: string, bytes: Buffer][] = [
  ["an active PDF", "application/pdf", Buffer.from(active)],
  ["an active PDF called a page", "text/html", Buffer.from(active)],
  ["a page called a PDF", "application/pdf", Buffer.from("<!doctype html><script>alert(1)</script>")],
  ["a page", "text/html", Buffer.from("<html><body onload=alert(1)>")],
  ["a drawing with a script", "image/svg+xml", Buffer.from("<svg xmlns='http://www.w3.org/2000/svg' onload='a()'/>")],
  ["a program", "application/x-msdownload", preambles.PE!],
  ["a type that would break a header", "text/html\r\nSet-Cookie: a=b", Buffer.from("<script>1</script>")],
];

test("a document keeps its bytes and loses its word on its own type: never a page, never inline, whatever is asked for", async () => {
  for (const [name, mime, document] of documents)
    for (const filler of [0, 80_000]) {
      const bytes = Buffer.concat([document, Buffer.alloc(filler + ((document.length + filler) % 2), 0x20)]);
      const wish: TinyWish = {
        sopClass: SOP.encapsulatedPdf,
        elements: {
          ...noPixels,
          "00080060": { vr: "CS", Value: ["DOC"] },
          "00420011": { vr: "OB", bytes },
          "00420012": { vr: "LO", Value: [mime] },
        },
      };
      const made = tinyInstance(wish);
      const { status } = await archive.stow([made.part10]);
      if (/[\r\n]/.test(mime) && status !== 200) continue;
      assert.equal(status, 200, name);
      for (const at of ["", "/bulkdata/00420011", "/rendered", "/metadata", "/thumbnail"])
        for (const accept of [
          "*/*",
          mime.replace(/[\r\n].*/s, ""),
          "application/pdf",
          "text/html",
          "application/octet-stream",
        ]) {
          const response = await archive.request(`${placeOf(made)}${at}`, { headers: { accept } });
          const told = Buffer.from(await response.arrayBuffer());
          const what = `${name}, ${at || "whole"} as ${accept}: ${response.status}`;
          assert.ok(response.status < 500, what);
          assertInert(response, what);
          if (at === "/bulkdata/00420011" && response.status === 200) assert.ok(told.equals(bytes), what);
        }
    }
});
