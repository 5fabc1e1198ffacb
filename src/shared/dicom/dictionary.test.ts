import assert from "node:assert/strict";
import { test } from "node:test";
import { code, dataSet } from "./build.ts";
import { stringOf } from "./dicom-json.ts";
import { dictionaryByKeyword, dictionaryByTag, tagOf } from "./dictionary.ts";

test("elements of the standard are found by tag, by keyword, and in any overlay group", () => {
  assert.deepEqual(dictionaryByKeyword("PatientName"), { tag: "00100010", vr: "PN", keyword: "PatientName" });
  assert.equal(dictionaryByTag("7FE00010")?.vr, "ox");
  assert.equal(dictionaryByTag("00280106")?.vr, "xs");
  assert.equal(dictionaryByTag("60023000")?.keyword, "OverlayData");
  assert.equal(dictionaryByTag("60013000"), undefined);
  assert.equal(dictionaryByTag("00091001"), undefined);
  assert.equal(tagOf("0010,0020"), "00100020");
  assert.throws(() => tagOf("PatientNam"), TypeError);
});

test("a data set is built by keywords with the VRs of the registry", () => {
  const built = dataSet({
    PatientName: "Doe^Jane",
    AccessionNumber: "",
    StudyID: undefined,
    SmallestImagePixelValue: -3,
    ConceptNameCodeSequence: [code("121070", "DCM", "Findings")],
  });
  assert.deepEqual(built["00080050"], { vr: "SH" });
  assert.equal("00200010" in built, false);
  assert.deepEqual(built["00280106"], { vr: "SS", Value: [-3] });
  const item = built["0040A043"];
  assert.ok(item && "Value" in item);
  assert.equal(stringOf(item.Value?.[0] as Parameters<typeof stringOf>[0], "CodeMeaning"), "Findings");
});
