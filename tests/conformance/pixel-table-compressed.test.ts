import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { drawPixels } from "@overread/shared/dicom/pixels/draw-pixels";
import { decodeFrame } from "#server/archive/picture/decode.ts";
import { inCells } from "#server/archive/picture/decoded-frame.ts";
import { dataSetOf } from "../archive.ts";
import { compressedCases } from "../factories/pixel-cases/compressed.ts";
import { caseDataSet, caseSize, compressedInstance } from "../factories/pixel-cases/instance.ts";
import { openImage } from "../support/open-image.ts";

let directory: string;
before(() => {
  directory = mkdtempSync(path.join(tmpdir(), "overread-pixel-streams-"));
});
after(() => rmSync(directory, { recursive: true, force: true }));

for (const { picture: each, transferSyntaxUid, stream } of compressedCases)
  test(each.name, async () => {
    const file = path.join(directory, "case.dcm");
    const part10 = compressedInstance(each, transferSyntaxUid, await stream());
    writeFileSync(file, part10);
    const image = await openImage(file, transferSyntaxUid, part10.length - dataSetOf(part10).length);
    assert.ok(image);
    const decoded = await decodeFrame(await image.frame(1), image.describe(1));
    const picture = drawPixels(decoded.bytes, decoded.description);
    const wanted = "grey" in each ? each.grey.map((level) => [level]) : "rgb" in each ? each.rgb : [];
    assert.equal(wanted.length, 8);
    for (const [bar, levels] of wanted.entries()) {
      const at = ((caseSize / 2) * caseSize + bar * 8 + 4) * picture.channels;
      const found = [...picture.data.subarray(at, at + picture.channels)];
      const off = Math.max(...levels.map((level, c) => Math.abs(level - (found[c] as number))));
      assert.ok(off <= (each.tolerance ?? 1), `bar ${bar}: ${found} in place of ${levels}`);
    }
    // Whoever takes no compression gets the cells that the header speaks of.
    if ("rgb" in each || each.name.includes("rubbish")) return;
    const native = caseDataSet(each)["7FE00010"] as { bytes: Uint8Array };
    assert.ok(Buffer.from(inCells(decoded, image.describe(1))).equals(native.bytes));
  });
