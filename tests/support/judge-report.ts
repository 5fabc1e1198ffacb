import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import {
  buildBasicTextSr,
  buildKeyObjectSelection,
  encapsulatePdf,
  renderReportPdf,
  type SignedReport,
} from "#server/documents/index.ts";
import { run } from "./run.ts";

/** The objects of a report as files. */
type Files = { pdf: string; pdfObject: string; sr: string; kos: string | null };
/** Makes every object of a report and puts it into `dir`, to be handed to tools that are not ours. */
export async function written(dir: string, name: string, report: SignedReport): Promise<Files> {
  const file = (suffix: string, bytes: Buffer): string => {
    const target = path.join(dir, `${name}.${suffix}`);
    writeFileSync(target, bytes);
    return target;
  };
  const pdf = await renderReportPdf(report);
  const kos = buildKeyObjectSelection(report);
  return {
    pdf: file("pdf", pdf),
    pdfObject: file("pdf.dcm", encapsulatePdf(report, pdf)),
    sr: file("sr.dcm", buildBasicTextSr(report)),
    kos: kos && file("kos.dcm", kos),
  };
}

/** dicom3tools, DCMTK, qpdf and poppler find nothing wrong with the objects of a report. */
export async function judge(files: Files, report: SignedReport): Promise<void> {
  const objects = [files.pdfObject, files.sr, ...(files.kos ? [files.kos] : [])];
  for (const object of objects) {
    const { code, stderr, stdout } = await run("dciodvfy", [object]);
    assert.equal(code, 0, `${path.basename(object)}\n${stderr}`);
    assert.doesNotMatch(stderr + stdout, /^Error/m, `${path.basename(object)}\n${stderr}`);
  }
  const together = await run("dcentvfy", objects);
  assert.equal(together.code, 0, together.stderr);

  const extracted = `${files.pdf}.extracted`;
  assert.equal((await run("dcm2pdf", [files.pdfObject, extracted])).code, 0);
  assert.ok(readFileSync(extracted).equals(readFileSync(files.pdf)), "dcm2pdf gives the PDF byte for byte");

  for (const object of objects.slice(1)) assert.equal((await run("dsrdump", ["+Pt", object])).code, 0);
  const dump = (await run("dsrdump", ["+Pl", files.sr])).stdout;
  assert.match(dump, /VERIFIED|Verifying Observers/);
  const plain = report.sections.flatMap(({ text }) => /^[\w ,.:-]{12}/.exec(text)?.[0] ?? []);
  for (const words of plain) assert.ok(dump.includes(words), `"${words}" is in the tree`);

  assert.equal((await run("qpdf", ["--check", files.pdf])).code, 0);
  const json = (await run("qpdf", ["--json=1", "--json-key=objects", files.pdf])).stdout;
  assert.match(json, /"\/Type": "\/Catalog"/);
  assert.doesNotMatch(json, /"\/(JavaScript|JS|Launch|EmbeddedFiles?|OpenAction|AA|URI)"/);
  const fonts = (await run("pdffonts", [files.pdf])).stdout.split("\n").slice(2).filter(Boolean);
  assert.ok(fonts.length > 0);
  for (const font of fonts) assert.match(font, /\byes yes yes\b/, "embedded, a subset, with its text");
}
