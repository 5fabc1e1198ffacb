import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { drawPixels } from "@overread/shared/dicom/pixels/draw-pixels";
import { TS } from "@overread/shared/dicom/transfer-syntaxes";
import { dataSetOf } from "../archive.ts";
import { pixelCases } from "../factories/pixel-cases/index.ts";
import { caseInstance, caseSize, frameOfCase } from "../factories/pixel-cases/instance.ts";
import { openImage } from "../support/open-image.ts";

let directory: string;
before(() => {
  directory = mkdtempSync(path.join(tmpdir(), "overread-pixel-table-"));
});
after(() => rmSync(directory, { recursive: true, force: true }));

for (const each of pixelCases)
  test(each.name, async () => {
    const file = path.join(directory, "case.dcm");
    const part10 = caseInstance(each);
    writeFileSync(file, part10);
    const image = await openImage(file, TS.explicitLittleEndian, part10.length - dataSetOf(part10).length);
    assert.ok(image);
    const n = frameOfCase(each);
    const description = image.describe(n);
    if ("refused" in each) {
      assert.match(description.refusal ?? "drawn", each.refused);
      return;
    }
    const picture = drawPixels(await image.frame(n), description, each.asked);
    const wanted: (readonly number[])[] = "grey" in each ? each.grey.map((level) => [level]) : [...each.rgb];
    assert.equal(picture.channels, wanted[0]?.length);
    for (const [bar, levels] of wanted.entries()) {
      // In the middle of the bar and of the picture.
      const at = ((caseSize / 2) * caseSize + bar * 8 + 4) * picture.channels;
      const found = [...picture.data.subarray(at, at + picture.channels)];
      const off = Math.max(...levels.map((level, c) => Math.abs(level - (found[c] as number))));
      assert.ok(off <= (each.tolerance ?? 1), `bar ${bar}: ${found} in place of ${levels}`);
    }
  });

test("the table has at least 150 cases, each with a name of its own", () => {
  assert.equal(new Set(pixelCases.map(({ name }) => name)).size, pixelCases.length);
  assert.ok(pixelCases.length >= 150, String(pixelCases.length));
});
