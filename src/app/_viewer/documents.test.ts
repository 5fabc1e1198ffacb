import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attributes } from "@overread/shared/dicom/attributes";
import { documentContent, documentTitle } from "./documents.ts";

const value = (...values: unknown[]) => ({ Value: values });
const code = (words: string, codeValue = "x") => value({ "00080100": value(codeValue), "00080104": value(words) });
const item = (type: string, heading: string | null, more: Attributes = {}, relation = "CONTAINS"): Attributes => ({
  "0040A010": value(relation),
  "0040A040": value(type),
  ...(heading ? { "0040A043": code(heading) } : {}),
  ...more,
});

test("a structured report reads as its headings and words, in order and depth", () => {
  const report: Attributes = {
    "00080016": value("1.2.840.10008.5.1.4.1.1.88.33"),
    "0040A043": code("Radiology report"),
    "0040A730": value(
      item("CODE", "Language", { "0040A168": code("English") }, "HAS CONCEPT MOD"),
      item("PNAME", "Observer", { "0040A123": value({ Alphabetic: "Lee^Ann" }) }, "HAS OBS CONTEXT"),
      item("CONTAINER", "Findings", {
        "0040A730": value(
          item("TEXT", "Finding", { "0040A160": value("Nodule.") }),
          item("NUM", "Diameter", {
            "0040A300": value({ "0040A30A": value("6.5"), "004008EA": code("millimeter", "mm") }),
          }),
        ),
      }),
      item("CODE", "Impression", { "0040A168": code("Benign") }),
    ),
  };
  assert.equal(documentTitle(report), "Radiology report");
  assert.deepEqual(documentContent(report), {
    kind: "text",
    measurements: [],
    lines: [
      { depth: 0, heading: "Findings", value: null },
      { depth: 1, heading: "Finding", value: "Nodule." },
      { depth: 1, heading: "Diameter", value: "6.5 mm" },
      { depth: 0, heading: "Impression", value: "Benign" },
    ],
  });
});

test("a key object selection leads to its images, with their series from the evidence and in the order of the note", () => {
  const note: Attributes = {
    "00080016": value("1.2.840.10008.5.1.4.1.1.88.59"),
    "0040A043": code("Of Interest"),
    "0040A375": value({
      "00081115": value({
        "0020000E": value("1.2.3"),
        "00081199": value({ "00081155": value("1.2.3.1") }, { "00081155": value("1.2.3.2") }),
      }),
    }),
    "0040A730": value(
      item("TEXT", "Key Object Description", { "0040A160": value("For the tumour board") }),
      item("IMAGE", null, { "00081199": value({ "00081155": value("1.2.3.2"), "00081160": value("7") }) }),
      item("IMAGE", null, { "00081199": value({ "00081155": value("1.2.3.1") }) }),
      item("IMAGE", null, { "00081199": value({ "00081155": value("9.9.9") }) }),
    ),
  };
  const content = documentContent(note);
  assert.ok(content.kind === "images");
  assert.deepEqual(content.images, [
    { seriesInstanceUid: "1.2.3", sopInstanceUid: "1.2.3.2", frameNumber: 7 },
    { seriesInstanceUid: "1.2.3", sopInstanceUid: "1.2.3.1", frameNumber: 1 },
  ]);
  assert.deepEqual(
    content.lines.map((line) => line.value),
    ["Of Interest", "For the tumour board"],
  );
});

test("what can be neither read nor seen here is said to be so", () => {
  assert.deepEqual(documentContent({ "00080016": value("1.2.840.10008.5.1.4.1.1.66.4") }), { kind: "other" });
  assert.deepEqual(documentContent({ "00080016": value("1.2.840.10008.5.1.4.1.1.104.1") }), { kind: "pdf" });
});
