import assert from "node:assert/strict";
import test from "node:test";
import { deflateSync } from "node:zlib";
import { isActivePdf } from "./active-pdf.ts";

const pdf = (catalog: string, ...more: (string | Buffer)[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array(
    Buffer.concat([
      Buffer.from(`%PDF-1.7\n1 0 obj\n<< /Type /Catalog ${catalog} >>\nendobj\n`),
      ...more.map((each) => Buffer.from(each)),
      Buffer.from("trailer << /Root 1 0 R >>\n%%EOF\n"),
    ]),
  );
const objects = (words: string, parameters = ""): Buffer =>
  Buffer.concat([
    Buffer.from(`9 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode ${parameters} >>\nstream\r\n`),
    deflateSync(Buffer.from(`5 0 ${words}`)),
    Buffer.from("\nendstream\nendobj\n"),
  ]);

test("a document of pages is shown: links, destinations, pictures and packed objects do nothing by themselves", async () => {
  for (const quiet of [
    pdf("/Pages 2 0 R"),
    pdf("/Pages 2 0 R /OpenAction [3 0 R /FitH null]"),
    pdf("/Pages 2 0 R", objects("<< /Type /Page /Annots [7 0 R] >>")),
    pdf("/Pages 2 0 R", "4 0 obj\n<< /Filter /DCTDecode >>\nstream\nabc/AAx/JS\nendstream\nendobj\n"),
    pdf("/Names << /Dests 4 0 R >> /AcroForm << /Fields [] >>"),
  ])
    assert.equal(await isActivePdf(quiet), false, Buffer.from(quiet).toString("latin1"));
});

test("scripts, actions, files inside, media and foreign forms are found, however they are written", async () => {
  for (const active of [
    pdf("/OpenAction << /S /JavaScript /JS (app.alert(1)) >>"),
    pdf("/OpenAction 5 0 R"),
    pdf("/OpenAction<</S/GoTo/D[3 0 R/Fit]>>"),
    pdf("/AA << /WC 5 0 R >>"),
    pdf("/AA 5 0 R"),
    pdf("", "5 0 obj << /S /J#61vaScript /JS (x) >> endobj\n"),
    pdf("", "5 0 obj << /S /#4c#61unch /F (cmd.exe) >> endobj\n"),
    pdf("/Names << /EmbeddedFiles 5 0 R >>"),
    pdf("", "5 0 obj << /Type /EmbeddedFile >> stream\nx\nendstream endobj\n"),
    pdf("", "5 0 obj << /Subtype /RichMedia >> endobj\n"),
    pdf("/AcroForm << /XFA [(a) 5 0 R] >>"),
    pdf("", "5 0 obj << /S/SubmitForm /F (http://x) >> endobj\n"),
    pdf("", objects("<< /S /JavaScript /JS (x) >>")),
    pdf("", objects("<< /S /J#61vaScript >>")),
  ])
    assert.equal(await isActivePdf(active), true, Buffer.from(active).toString("latin1"));
});

test("what cannot be looked through is not shown: encrypted, packed by other means, packed without end", async () => {
  const strange = Buffer.from("9 0 obj << /Type /ObjStm /Filter /LZWDecode >> stream\nzzzz\nendstream endobj\n");
  for (const closed of [
    pdf("", "trailer << /Encrypt 5 0 R >>\n"),
    pdf("", strange),
    pdf("", objects("<< /S /Quiet >>", "/DecodeParms << /Predictor 12 >>")),
    pdf("", objects(" ".repeat(17 << 20))),
    pdf("", ...Array<Buffer>(4).fill(objects(" ".repeat(15 << 20)))),
    pdf("", ...Array<Buffer>(1001).fill(objects("<< /Type /Page >>"))),
  ])
    assert.equal(await isActivePdf(closed), true);
});
