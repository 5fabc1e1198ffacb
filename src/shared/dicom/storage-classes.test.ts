import assert from "node:assert/strict";
import { test } from "node:test";
import { kindOf, SOP } from "./sop-classes.ts";
import { isStorageClass } from "./storage-classes.ts";

test("every storage class is taken, private and future ones too", () => {
  for (const uid of [
    "1.2.840.10008.5.1.4.1.1.2",
    "1.2.840.10008.5.1.4.1.1.88.33",
    "1.2.840.10008.5.1.4.1.1.9999.7",
    "1.2.840.10008.5.1.4.34.7",
    "1.3.12.2.1107.5.9.1",
  ])
    assert.ok(isStorageClass(uid), uid);
});

test("other services are not mistaken for storage", () => {
  for (const uid of [
    SOP.verification,
    "1.2.840.10008.5.1.4.1.2.2.1",
    "1.2.840.10008.5.1.4.31",
    "1.2.840.10008.1.20.1",
    "1.2.840.10008.3.1.2.3.3",
    "1.2.840.10008.5.1.1.9",
    "1.2.840.10008.5.1.4.34.6.1",
    "1.2.840.10008.5.1.4.1.1.200.4",
    "",
  ])
    assert.equal(isStorageClass(uid), false, uid);
});

test("what the product knows by name as a picture, report or document can be stored", () => {
  for (const [name, uid] of Object.entries(SOP)) {
    const isObject = !["verification", "mediaStorageDirectory", "storageCommitmentPush"].includes(name);
    assert.equal(isStorageClass(uid), isObject, name);
    if (isObject) assert.notEqual(kindOf(uid), "private", name);
  }
});
