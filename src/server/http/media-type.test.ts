import assert from "node:assert/strict";
import { test } from "node:test";
import { covers, parseAccept, parseMediaType } from "./media-type.ts";

test("a boundary is read quoted or not, with spaces and with signs in it", () => {
  for (const header of [
    'multipart/related; type="application/dicom"; boundary="a b=c"',
    'multipart/related;boundary="a b=c";type=application/dicom',
    'Multipart/Related; Boundary="a b=c" ; TYPE="application/dicom"; start=x',
  ]) {
    const parsed = parseMediaType(header);
    assert.equal(parsed?.type, "multipart/related");
    assert.equal(parsed?.parameters.boundary, "a b=c");
    assert.equal(parsed?.parameters.type, "application/dicom");
  }
  assert.equal(parseMediaType("multipart/related; boundary=----x'y_z")?.parameters.boundary, "----x'y_z");
  assert.equal(parseMediaType("nonsense"), undefined);
});

test("accepted types come by weight, commas inside quotes do not divide", () => {
  const entries = parseAccept(
    'image/png;q=0.5, multipart/related; type="application/octet-stream, x"; transfer-syntax=*, text/html;q=0',
  );
  assert.deepEqual(
    entries.map(({ type }) => type),
    ["multipart/related", "image/png"],
  );
  assert.equal(entries[0]?.parameters["transfer-syntax"], "*");
  assert.equal(parseAccept(undefined)[0]?.type, "*/*");
});

test("ranges cover what they should", () => {
  assert.ok(covers("*/*", "image/jpeg"));
  assert.ok(covers("image/*", "image/jpeg"));
  assert.ok(!covers("image/*", "application/dicom"));
  assert.ok(!covers("image/png", "image/jpeg"));
});
