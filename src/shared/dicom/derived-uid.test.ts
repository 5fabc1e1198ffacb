import assert from "node:assert/strict";
import { test } from "node:test";
import { DomainError } from "../errors.ts";
import { uidFromName } from "./derived-uid.ts";
import { implementationClassUid, implementationVersionName, isUid, newUid, parseUid, uidFromUuid } from "./uids.ts";

test("a UID made from a name is the same at every retry and differs by every part", () => {
  assert.equal(uidFromName("report-pdf", "42"), uidFromName("report-pdf", "42"));
  assert.notEqual(uidFromName("a", "b"), uidFromName("ab"));
  assert.notEqual(uidFromName("a", "b"), uidFromName("b", "a"));
  assert.match(uidFromName("x"), /^2\.25\.[1-9]\d{0,38}$/);
});

test("own UIDs are legal", () => {
  for (const uid of [newUid(), uidFromName("x"), implementationClassUid]) assert.ok(isUid(uid) && uid.length <= 44);
  assert.equal(uidFromUuid("f81d4fae-7dec-11d0-a765-00a0c91e6bf6"), "2.25.329800735698586629295641978511506172918");
  assert.ok(implementationVersionName.length <= 16);
});

test("a UID with leading zeros is kept, one that could leave its folder is refused", () => {
  assert.equal(parseUid("1.2.003\0"), "1.2.003");
  for (const bad of ["", "1..2", "../1", "1.2\n", ".1", "1.", "1.2\\1.3", "1".repeat(65), "1.2\0\0x"]) {
    assert.throws(
      () => parseUid(bad),
      (error) => error instanceof DomainError && error.code === "dicom.invalid-uid",
    );
  }
});
