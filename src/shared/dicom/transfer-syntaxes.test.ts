import assert from "node:assert/strict";
import { test } from "node:test";
import { isVideo, TS, transferSyntaxes } from "./transfer-syntaxes.ts";
import { isUid } from "./uids.ts";

test("every transfer syntax stands once, and says nothing that contradicts itself", () => {
  const uids = Object.values(TS);
  assert.equal(new Set(uids).size, uids.length);
  for (const uid of uids) {
    const syntax = transferSyntaxes[uid];
    assert.ok(syntax && syntax.uid === uid && isUid(uid), uid);
    // Fragments hold compressed frames, but for the one syntax made for long native ones (PS3.5 A.4.11).
    if (syntax.encapsulated) assert.ok(syntax.codec !== null || uid === TS.encapsulatedUncompressed, syntax.name);
    // Around fragments everything is explicit little endian (PS3.5 A.4).
    if (syntax.encapsulated) assert.ok(!syntax.implicit && !syntax.bigEndian && !syntax.deflated, syntax.name);
    if (syntax.lossy) assert.ok(syntax.encapsulated, syntax.name);
    if (/(?<!near-)lossless/i.test(syntax.name)) assert.equal(syntax.lossy, false, syntax.name);
    if (syntax.mediaType) assert.ok(syntax.encapsulated, syntax.name);
    assert.equal(isVideo(uid), /MPEG|HEVC/.test(syntax.name), syntax.name);
  }
});
