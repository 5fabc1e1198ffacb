import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { TS, transferSyntaxes } from "@overread/shared/dicom/transfer-syntaxes";
import { type TestArchive, useTestArchive } from "../archive.ts";
import { tinyInstance } from "../factories/tiny-instance.ts";

let archive: TestArchive;
before(async () => {
  archive = await useTestArchive();
});
after(() => archive.close());

const us = (value: number) => ({ vr: "US", Value: [value] });
type Looks = { samples?: 1 | 3; bits?: number };

/** Asks for the picture and for the uncompressed frame of what has this one frame. */
async function asked(transferSyntaxUid: string, frame: Uint8Array, { samples = 1, bits = 8 }: Looks = {}) {
  const allocated = bits > 8 ? 16 : 8;
  const { study, series, instance, part10 } = tinyInstance({
    transferSyntaxUid,
    elements: {
      "00280002": us(samples),
      "00280004": { vr: "CS", Value: [samples === 3 ? "RGB" : "MONOCHROME2"] },
      ...(samples === 3 ? { "00280006": us(0) } : {}),
      "00280100": us(allocated),
      "00280101": us(bits),
      "00280102": us(bits - 1),
      "7FE00010": { vr: "OB", fragments: [new Uint8Array(0), frame] },
    },
  });
  assert.equal((await archive.stow([part10])).status, 200);
  const at = `/studies/${study}/series/${series}/instances/${instance}`;
  const answers = [];
  for (const [path, accept] of [
    [`${at}/rendered`, "image/png"],
    [`${at}/frames/1`, `application/octet-stream; transfer-syntax=${TS.explicitLittleEndian}`],
  ] as const) {
    const response = await archive.request(path, { headers: { accept } });
    const { error } = (await response.json()) as { error: { code: string; details?: { reason?: string } } };
    answers.push({ path, status: response.status, code: error.code, reason: error.details?.reason ?? "" });
  }
  const asStored = await archive.request(at, { headers: { accept: "application/dicom; transfer-syntax=*" } });
  assert.equal(asStored.status, 200, "what cannot be drawn can still be had");
  return answers;
}

test("what no decoder here can read, or is no such stream at all, is refused in a sentence, whatever its syntax", async () => {
  const nonsense = new Uint8Array(200).map((_, i) => (i * 37) & 0xff);
  const syntaxes = Object.entries(transferSyntaxes).filter(([, { encapsulated }]) => encapsulated);
  assert.ok(syntaxes.length > 25);
  for (const [uid, { name }] of syntaxes) {
    // Its pixels are not compressed: any bytes are a picture.
    if (uid === TS.encapsulatedUncompressed) continue;
    for (const { path, status, code, reason } of await asked(uid, nonsense)) {
      assert.deepEqual([status, code], [406, "dicom.cannot-render"], `${name} ${path}`);
      assert.match(
        reason,
        /^(There is no decoder here for |The compressed image is damaged)[^{}<>]*\.$/,
        `${name} ${path}`,
      );
    }
  }
});

/** The beginning of a JPEG: as far as its frame header, and a scan of nothing. */
function jpegOf(marker: number, precision: number, components: 1 | 3): Uint8Array {
  const parts = Array.from({ length: components }, (_, i) => [i + 1, 0x11, 0]).flat();
  const header = [0xff, marker, 0, 8 + parts.length, precision, 0, 4, 0, 4, components, ...parts];
  const scan = [
    0xff,
    0xda,
    0,
    6 + 2 * components,
    components,
    ...parts.filter((_, i) => i % 3 === 0).flatMap((id) => [id, 0]),
  ];
  return Uint8Array.of(0xff, 0xd8, ...header, ...scan, 0, 63, 0, 0, 0xff, 0xd9);
}

test("JPEG in colour of more than 8 bits is refused by its name, lossy and lossless", async () => {
  for (const [syntax, stream, words] of [
    [TS.jpegExtended, jpegOf(0xc1, 12, 3), /JPEG of 12 bits in colour/],
    [TS.jpegProgressive, jpegOf(0xc2, 12, 3), /JPEG of 12 bits in colour/],
    [TS.jpegLosslessSv1, jpegOf(0xc3, 12, 3), /Lossless JPEG in colour of more than 8 bits|damaged/],
  ] as const)
    for (const { path, status, reason } of await asked(syntax, stream, { samples: 3, bits: 12 })) {
      assert.equal(status, 406, path);
      assert.match(reason, words, path);
    }
});
