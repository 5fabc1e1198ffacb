import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { TS } from "@overread/shared/dicom/transfer-syntaxes";
import { part10Head } from "@overread/shared/dicom/write";
import { ingestPart10 } from "#server/archive/index.ts";
import { findToken } from "#server/auth/api-token.ts";
import type { TokenActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { confirmInstances } from "#server/domain/imaging/index.ts";
import { type TestArchive, useTestArchive } from "../archive.ts";
import { element, oddObjects, oddSopClassUid } from "../factories/odd-objects.ts";

let archive: TestArchive;
let sender: TokenActor;
before(async () => {
  archive = await useTestArchive();
  sender = (await findToken(archive.tokens.lakeside)) as TokenActor;
});
after(() => archive.close());

test("whatever the edge acknowledges the archive files, and confirms by the hash the edge asks for", async () => {
  for (const { name, dataSet, taken, transferSyntaxUid, sopInstanceUid } of oddObjects()) {
    const head = part10Head({ sopClassUid: oddSopClassUid, sopInstanceUid, transferSyntaxUid });
    const result = await ingestPart10(sender, Buffer.concat([head, dataSet]), { source: "stow" });
    assert.equal(result.outcome, taken ? "stored" : "refused", `${name}: ${"code" in result ? result.code : ""}`);
    if (!taken) {
      assert.ok("code" in result && /^dicom\./.test(result.code), name);
      continue;
    }
    const digest = { sopInstanceUid, dataSetSha256: createHash("sha256").update(dataSet).digest("hex") };
    const { held } = await withTenant(sender, (ctx) => confirmInstances(ctx, [digest]));
    assert.deepEqual(held, [digest], name);
  }
});

test("pixels of a private syntax are given back as they came and never drawn", async () => {
  const ge = oddObjects().find(({ transferSyntaxUid }) => transferSyntaxUid === TS.gePrivate)!;
  const head = part10Head({ ...ge, sopClassUid: oddSopClassUid });
  assert.equal((await archive.stow([Buffer.concat([head, ge.dataSet])])).status, 200);
  const at = `/studies/${ge.studyInstanceUid}/series/${ge.studyInstanceUid}.1/instances/${ge.sopInstanceUid}`;
  const picture = await archive.request(`${at}/rendered`, { headers: { accept: "image/png" } });
  assert.ok([406, 422].includes(picture.status), `${picture.status}`);
  const frame = (accept: string) => archive.request(`${at}/frames/1`, { headers: { accept } });
  const decoded = `multipart/related; type="application/octet-stream"; transfer-syntax=${TS.explicitLittleEndian}`;
  assert.equal((await frame(decoded)).status >= 400, true);
  const asStored = await frame(`multipart/related; type="application/octet-stream"; transfer-syntax=*`);
  assert.equal(asStored.status, 200);
  assert.match(await asStored.text(), /1\.2\.840\.113619\.5\.2/);
});

test("a file without a preamble, or without group 0002, is stored as one that a modality sends", async () => {
  const files = oddObjects().filter(({ name }) => /^(odd lengths|Papyrus|GE)/.test(name));
  for (const [index, file] of files.entries()) {
    const head = part10Head({ ...file, sopClassUid: oddSopClassUid });
    const bare = file.transferSyntaxUid === TS.explicitLittleEndian;
    const cut = [head.subarray(128), head.subarray(132), bare ? Buffer.alloc(0) : head.subarray(128)][index % 3]!;
    const { status } = await archive.stow([Buffer.concat([cut, file.dataSet])]);
    assert.equal(status, 200, `${index}: ${file.name}`);
  }
});

test("no name in a file becomes a name on the disk", async () => {
  const hostile = [
    "../../../tmp/x",
    "1.2/../3",
    "1.2\0.3",
    "1.2;touch /tmp/x",
    "$(id)",
    "1..2",
    ".1",
    "1.",
    "0".repeat(65),
    "1.2\\1.3/4",
  ];
  const pattern = oddObjects().find(({ name }) => name === "odd lengths")!;
  for (const uid of hostile) {
    const dataSet = Buffer.concat([element(0x00080018, "UI", uid), pattern.dataSet]);
    const head = part10Head({ ...pattern, sopClassUid: oddSopClassUid });
    const result = await ingestPart10(sender, Buffer.concat([head, dataSet]), { source: "stow" });
    // The first of two values is a UID: it is stored under that, which is harmless.
    if (uid.includes("\\")) assert.equal(result.outcome, "stored");
    else assert.deepEqual([result.outcome, "code" in result && result.code], ["refused", "dicom.invalid-uid"], uid);
  }
  assert.ok(!existsSync(path.join(tmpdir(), "x")), "nothing was written beside the store");
  // Our own names only: hashes, ids, and what is being written (host, process, number).
  for (const file of readdirSync(path.join(archive.storage, "objects"), { recursive: true, withFileTypes: true }))
    assert.match(file.name, /^[0-9a-z-]+(\.[0-9a-z]+)*$/i, file.name);
});
