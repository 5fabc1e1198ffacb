import { DataSetStream } from "@overread/shared/dicom/data-set-stream";
import { identityOf } from "@overread/shared/dicom/identity";
import { readDataSet } from "@overread/shared/dicom/part10";
import { DomainError } from "@overread/shared/errors";
import { randomFrom } from "#server/demo/modality-simulator/random.ts";
import { mutated } from "../factories/mutants.ts";
import { oddObjects } from "../factories/odd-objects.ts";
import type { ScoreRow } from "./score-row.ts";

const mutants = 20_000;
const longestMs = 2_000;

type Verdict = { told: string; ms: number };

async function timed(read: () => Promise<string>): Promise<Verdict> {
  const start = performance.now();
  try {
    return { told: await read(), ms: performance.now() - start };
  } catch (error) {
    return {
      told: error instanceof DomainError ? error.code : `crash ${String(error)}`,
      ms: performance.now() - start,
    };
  }
}

const atEdge = (bytes: Buffer, syntax: string, step: number): Promise<Verdict> =>
  timed(async () => {
    const stream = new DataSetStream(syntax);
    for (let at = 0; at < bytes.length; at += step) stream.push(bytes.subarray(at, at + step));
    return (await stream.finish()).sopInstanceUid;
  });
const atArchive = (bytes: Buffer, syntax: string): Promise<Verdict> =>
  timed(async () => identityOf((await readDataSet(bytes, syntax)).dataset).sopInstanceUid);

/** Malformed data sets: every truncation and 20,000 mutants, at the edge (in pieces) and in the archive's reader. */
const row: ScoreRow = {
  row: 31,
  anchor: "dcmjs accepts values that are cut off; Orthanc acknowledges what it then cannot read",
  target: "0 crashes, 0 hangs over 2 s, 0 cut-off pixels taken for whole, edge and archive agree about each",
  async measure() {
    const random = randomFrom("score-31");
    const seeds = oddObjects().filter(({ taken, dataSet }) => taken && dataSet.length < 5_000);
    const seen = { mutants: 0, truncations: 0, crashes: 0, hangs: 0, disagreements: 0, cutTakenAsWhole: 0 };
    const judge = async (bytes: Buffer, syntax: string, step: number): Promise<string> => {
      const [edge, archive] = [await atEdge(bytes, syntax, step), await atArchive(bytes, syntax)];
      for (const { told, ms } of [edge, archive]) {
        if (told.startsWith("crash")) seen.crashes++;
        if (ms > longestMs) seen.hangs++;
      }
      const taken = ({ told }: Verdict): boolean => !told.startsWith("dicom.") && !told.startsWith("crash");
      if (taken(edge) !== taken(archive) || (taken(edge) && edge.told !== archive.told)) seen.disagreements++;
      return edge.told;
    };
    for (; seen.mutants < mutants; seen.mutants++) {
      const seed = seeds[seen.mutants % seeds.length]!;
      await judge(mutated(seed.dataSet, random), seed.transferSyntaxUid, 1 + (seen.mutants % 61));
    }
    for (const { dataSet, transferSyntaxUid } of seeds) {
      for (let size = 1; size < dataSet.length; size += size > dataSet.length - 40 ? 1 : 7, seen.truncations++) {
        const told = await judge(dataSet.subarray(0, size), transferSyntaxUid, 64);
        // Inside the last 32 bytes of pixels, before zeros or padding, nothing may pass for whole.
        const tail = dataSet.subarray(size);
        const insidePixels = tail.length <= 32 && tail.some((byte) => byte !== 0) && tail.every((b) => b === tail[0]);
        if (insidePixels && !told.startsWith("dicom.")) seen.cutTakenAsWhole++;
      }
    }
    const met = seen.crashes + seen.hangs + seen.disagreements + seen.cutTakenAsWhole === 0;
    return { measured: seen, met };
  },
};
export default row;
