import assert from "node:assert/strict";
import { test } from "node:test";
import { formatMoment as inDocuments } from "@overread/shared/dicom/dates";
import { formatMoment } from "../../src/app/_ui/format.ts";

test("a moment on a screen reads as in the PDF: same zone, same words", () => {
  for (const zone of ["UTC", "America/Chicago", "Europe/Berlin", "Asia/Kolkata", "Asia/Tokyo"])
    for (const at of [Date.UTC(2026, 10, 26, 12, 40, 9), Date.UTC(2026, 6, 1, 0, 5), Date.UTC(2026, 0, 1, 23, 59)])
      assert.equal(formatMoment(at, zone), inDocuments(new Date(at), zone));
});
