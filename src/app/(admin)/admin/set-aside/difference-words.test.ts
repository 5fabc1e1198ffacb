import assert from "node:assert/strict";
import { test } from "node:test";
import { dictionaryTable } from "../../../../shared/dicom/dictionary-table.ts";
import { differenceInWords } from "./difference-words.ts";

test("who decides about an image reads in what it differs as a sentence", () => {
  assert.equal(differenceInWords(["AvailableTransferSyntaxUID"]), "The compression of the pixels differs.");
  assert.equal(differenceInWords(["PixelData"]), "The pixels differ.");
  assert.equal(differenceInWords(["PatientName", "PatientID"]), "The patient name and patient ID differ.");
  assert.equal(differenceInWords(["00291010"]), "The private element (0029,1010) differs.");
  assert.equal(differenceInWords(["FloatPixelData", "PixelData"]), "The pixels differ.");
  assert.match(differenceInWords([]), /headers say the same/);
  assert.equal(
    differenceInWords(["PatientName", "PatientSex", "StudyDate", "StudyTime", "Rows", "Columns", "Modality", "KVP"]),
    "The patient name, patient sex, study date, study time, rows, columns and 2 further attributes differ.",
  );
});

test("no keyword of the standard comes out as a keyword", () => {
  for (const word of dictionaryTable.split(/\s+/)) {
    const keyword = word.replace(/^[\dA-F]{4}:/, "").slice(6);
    if (!/^[A-Z][a-z]+[A-Z]/.test(keyword)) continue;
    assert.doesNotMatch(differenceInWords([keyword]), /[a-z][A-Z]/, keyword);
  }
});
