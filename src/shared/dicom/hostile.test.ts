import assert from "node:assert/strict";
import { open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { mutated } from "../../../tests/factories/mutants.ts";
import { makeStudy } from "../../server/demo/modality-simulator/index.ts";
import { randomFrom } from "../../server/demo/modality-simulator/random.ts";
import { DomainError } from "../errors.ts";
import { code, dataSet } from "./build.ts";
import { readDataSet, readInstance } from "./part10.ts";
import { TS } from "./transfer-syntaxes.ts";
import { encodeDataSet, encodePart10, nativeSyntaxes } from "./write.ts";

/** Reading may fail, but only in the ways we have a word for, and soon. @returns whether it was read. */
async function survives(read: () => Promise<unknown>): Promise<boolean> {
  // The processor's time, which says of the reader what the clock of a busy machine does not.
  const start = process.cpuUsage();
  try {
    await read();
    return true;
  } catch (error) {
    assert.ok(error instanceof DomainError, String((error as Error).stack));
    return false;
  } finally {
    const { user, system } = process.cpuUsage(start);
    assert.ok(user + system < 2_000_000, "it took longer than two seconds");
  }
}

function smallFile(transferSyntaxUid: string): Buffer {
  const [file] = [...makeStudy("chest-ct", { matrix: 32, slices: 1, transferSyntaxUid }).files()];
  assert.ok(file);
  return file.part10;
}

test("no truncation of a file is taken for a whole one", async () => {
  const path = join(tmpdir(), `overread-cut-${process.pid}.dcm`);
  for (const transferSyntaxUid of [TS.explicitLittleEndian, TS.implicitLittleEndian, TS.rleLossless]) {
    const whole = smallFile(transferSyntaxUid);
    const handle = await open(path, "w+");
    try {
      await handle.write(whole);
      // The size is what is cut: every length of the head, then steps through the pixels.
      for (let size = whole.length - 1; size > 0; size -= size > whole.length - 64 || size < 2600 ? 1 : 37) {
        await handle.truncate(size);
        const read = await survives(async () => {
          const header = await readInstance({ handle, sizeBytes: size });
          // Cut exactly before the pixels, a header is a whole data set without an image.
          assert.equal(header.pixel, null);
        });
        if (read) assert.ok(size < whole.length - 32 * 32);
      }
    } finally {
      await handle.close();
      await rm(path, { force: true });
    }
  }
});

test("two thousand mutants are read or refused, never worse", async () => {
  const random = randomFrom("mutants");
  const nested = dataSet({
    SOPInstanceUID: "1.2",
    PatientName: "Yamada^Tarou=山田^太郎",
    AnatomicRegionSequence: [
      { ...code("1", "SCT", "Chest"), ...dataSet({ AnatomicRegionModifierSequence: [code("2", "SCT", "x")] }) },
    ],
    PixelSpacing: [1, 1],
    Rows: 2,
    Columns: 2,
    BitsAllocated: 8,
    NumberOfFrames: 3,
    PixelData: { vr: "OB", fragments: [new Uint8Array(8), new Uint8Array(6), new Uint8Array(10)] },
  });
  const seeds = [
    ...nativeSyntaxes.map((uid) => ({
      uid,
      bytes: encodeDataSet({ ...nested, "7FE00010": { vr: "OW", bytes: new Uint8Array(12) } }, uid),
    })),
    {
      uid: TS.jpegBaseline,
      bytes: encodeDataSet(nested, TS.jpegBaseline, { specificCharacterSet: "\\ISO 2022 IR 87" }),
    },
  ];
  let read = 0;
  for (let round = 0; round < 2000; round++) {
    const seed = seeds[round % seeds.length];
    assert.ok(seed);
    const mutant = mutated(seed.bytes, random);
    if (await survives(() => readDataSet(mutant, seed.uid))) read++;
  }
  assert.ok(read > 20 && read < 1980, `${read} read`);
});

test("a file that claims the largest image there is costs no memory for it", async () => {
  const bytes = encodePart10({
    dataset: dataSet({
      SOPClassUID: "1.2.840.10008.5.1.4.1.1.7",
      SOPInstanceUID: "1.2",
      StudyInstanceUID: "1.3",
      SeriesInstanceUID: "1.4",
      Rows: 65535,
      Columns: 65535,
      NumberOfFrames: 2147483647,
      SamplesPerPixel: 3,
      BitsAllocated: 16,
      PixelData: new Uint8Array(16),
    }),
    transferSyntaxUid: TS.explicitLittleEndian,
  });
  const path = join(tmpdir(), `overread-large-${process.pid}.dcm`);
  const handle = await open(path, "w+");
  try {
    await handle.write(bytes);
    const { pixel } = await readInstance({ handle, sizeBytes: bytes.length });
    assert.ok(pixel?.kind === "native");
    assert.equal(pixel.frames, 0);
  } finally {
    await handle.close();
    await rm(path, { force: true });
  }
});
