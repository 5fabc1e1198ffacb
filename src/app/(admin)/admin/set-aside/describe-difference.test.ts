import assert from "node:assert/strict";
import { test } from "node:test";
import { dictionaryTable } from "@overread/shared/dicom/dictionary-table";
import { describeDifference } from "./describe-difference.ts";

test("who decides about an image reads in what it differs as a sentence", () => {
  assert.equal(describeDifference(["AvailableTransferSyntaxUID"]), "The compression of the pixels differs.");
  assert.equal(describeDifference(["PixelData"]), "The pixels differ.");
  assert.equal(describeDifference(["PatientName", "PatientID"]), "The patient name and patient ID differ.");
  assert.equal(describeDifference(["00291010"]), "The private element (0029,1010) differs.");
  assert.equal(describeDifference(["FloatPixelData", "PixelData"]), "The pixels differ.");
  assert.match(describeDifference([]), /headers say the same/);
  assert.equal(
    describeDifference(["PatientName", "PatientSex", "StudyDate", "StudyTime", "Rows", "Columns", "Modality", "KVP"]),
    "The patient name, patient sex, study date, study time, rows, columns and 2 further attributes differ.",
  );
});

test("no keyword of the standard comes out as a keyword", () => {
  for (const word of dictionaryTable.split(/\s+/)) {
    const keyword = word.replace(/^[\dA-F]{4}:/, "").slice(6);
    if (!/^[A-Z][a-z]+[A-Z]/.test(keyword)) continue;
    assert.doesNotMatch(describeDifference([keyword]), /[a-z][A-Z]/, keyword);
  }
});
