import assert from "node:assert/strict";
import { test } from "node:test";
import { examinationModalities, isDerived, isExamination, mayHavePictures } from "./modalities.ts";

test("what accompanies an examination does not name it", () => {
  assert.deepEqual(examinationModalities(["CT", "DOC", "SR"]), ["CT"]);
  assert.deepEqual(examinationModalities(["PT", "CT", "SEG", "OT"]), ["PT", "CT"]);
  assert.deepEqual(examinationModalities(["SR"]), ["SR"]);
});

test("a series of words has no pictures, one of other things may have some", () => {
  assert.deepEqual(["SR", "KO", "RTPLAN", "ECG"].map(mayHavePictures), [false, false, false, false]);
  assert.deepEqual(["CT", "OT", "SEG", "RTDOSE", "XX"].map(mayHavePictures), [true, true, true, true, true]);
  assert.deepEqual(["SEG", "RTDOSE", "OT"].map(isDerived), [true, true, false]);
  assert.equal(isExamination("OT"), false);
});
