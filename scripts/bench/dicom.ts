import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import type { WritableDataSet } from "@overread/shared/dicom/build";
import { personNameOf } from "@overread/shared/dicom/dicom-json";
import { readDataSet } from "@overread/shared/dicom/part10";
import { headOf } from "@overread/shared/dicom/part10-head";
import { Tag } from "@overread/shared/dicom/tags";
import { TS } from "@overread/shared/dicom/transfer-syntaxes";
import { encodePart10 } from "@overread/shared/dicom/write";
import dcmjs from "dcmjs";
import dicomParser from "dicom-parser";
import { makeStudy } from "#server/demo/modality-simulator/index.ts";
import { noRealData, realBytes, realData, realFiles } from "#tests/real-data.ts";
import { say } from "../lib/say.mjs";
import { median } from "./ground.ts";

const { DicomMessage } = dcmjs.data;
type File = { name: string; bytes: Buffer };
type Way = { name: string; run(file: File): unknown };

/**
 * Our reader, writer and character sets beside dcmjs and dicom-parser: processor time per object, alternating, and,
 * with real files (`OVERREAD_TEST_DATA`), how many files each can read. dicom-parser only records positions and decodes
 * nothing.
 */
export async function bench(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { rounds: { type: "string", default: "5" } } });
  // dcmjs writes a line for each odd VR.
  console.warn = () => {};
  dcmjs.log.setLevel("silent");
  const slices = [...makeStudy("chest-ct", { slices: 40, quick: true }).files()].map((file, at) => ({
    name: `slice ${at}`,
    bytes: file.part10,
  }));
  const rounds = Number(values.rounds);
  await compare("reading a CT slice", slices, rounds, [
    { name: "ours", run: ({ bytes }) => read(bytes) },
    { name: "dcmjs", run: ({ bytes }) => DicomMessage.readFile(arrayBufferOf(bytes)) },
    { name: "dicom-parser", run: ({ bytes }) => dicomParser.parseDicom(bytes) },
  ]);
  const sets = new Map<string, { ours: WritableDataSet; theirs: { write(): ArrayBuffer } }>();
  for (const { name, bytes } of slices) {
    const { dataset } = await read(bytes);
    sets.set(name, { ours: dataset as WritableDataSet, theirs: withoutPixels(bytes) });
  }
  await compare("writing a header of a CT slice", slices, rounds, [
    {
      name: "ours",
      run: ({ name }) => encodePart10({ dataset: sets.get(name)!.ours, transferSyntaxUid: TS.explicitLittleEndian }),
    },
    { name: "dcmjs", run: ({ name }) => sets.get(name)!.theirs.write() },
  ]);
  await whatIsRead();
  say(`Load of the machine: ${loadavg()[0]?.toFixed(1)}.`);
}

async function read(bytes: Buffer) {
  const { transferSyntaxUid, dataSetOffset } = headOf(bytes);
  return readDataSet(bytes, transferSyntaxUid, dataSetOffset);
}

function withoutPixels(bytes: Buffer): { write(): ArrayBuffer } {
  const file = DicomMessage.readFile(arrayBufferOf(bytes));
  delete file.dict[Tag.PixelData];
  return file;
}

const arrayBufferOf = (bytes: Buffer): ArrayBuffer =>
  bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;

/** Each variant over all files, alternating, so that other load affects all alike. */
async function compare(what: string, files: File[], rounds: number, ways: Way[]): Promise<void> {
  const spent = new Map<string, number[]>(ways.map(({ name }) => [name, []]));
  for (let round = -1; round < rounds; round++)
    for (const way of ways) {
      const before = process.cpuUsage();
      for (const file of files) await way.run(file);
      const { user, system } = process.cpuUsage(before);
      // The first round warms up.
      if (round >= 0) spent.get(way.name)!.push((user + system) / files.length);
    }
  const own = median(spent.get("ours")!);
  say(`${what}, µs of processor time:`);
  for (const { name } of ways) {
    const each = median(spent.get(name)!);
    say(`  ${name.padEnd(14)} ${each.toFixed(0).padStart(6)}   ${(each / own).toFixed(1)}× ours`);
  }
}

/** Over real files: which are read, which are accepted although truncated, and whose names are decoded correctly. */
async function whatIsRead(): Promise<void> {
  const folder = realData();
  if (!folder) {
    say(`Not compared over real files: ${noRealData}.`);
    return;
  }
  const counts = { files: 0, ours: 0, dcmjs: 0, "dicom-parser": 0 };
  const cut = { files: 0, ours: 0, dcmjs: 0, "dicom-parser": 0 };
  const names = { files: 0, dcmjs: 0, wrong: [] as string[] };
  for (const file of realFiles(folder)) {
    const bytes = realBytes(folder, file);
    const readers: [keyof typeof counts, (bytes: Buffer) => unknown][] = [
      ["ours", read],
      ["dcmjs", (each) => DicomMessage.readFile(arrayBufferOf(each))],
      ["dicom-parser", (each) => dicomParser.parseDicom(each)],
    ];
    counts.files++;
    // A sender that stopped in the middle: nobody may accept that as an object.
    const half = bytes.subarray(0, bytes.length - Math.min(1000, bytes.length >> 1));
    cut.files++;
    for (const [reader, run] of readers) {
      if (await works(() => run(bytes))) counts[reader]++;
      if (await works(() => run(half))) cut[reader]++;
    }
    const own = await read(bytes).catch(() => null);
    const writing = own && personNameOf(own.dataset, "PatientName");
    if (!writing || own.characterSets.length === 0) continue;
    names.files++;
    try {
      const theirs = (DicomMessage.readFile(arrayBufferOf(bytes)).dict[Tag.PatientName]?.Value?.[0] ?? {}) as Record<
        string,
        string
      >;
      const same = ["alphabetic", "ideographic", "phonetic"].every(
        (group) =>
          (writing[group as keyof typeof writing] ?? "") ===
          (theirs[`${group[0]!.toUpperCase()}${group.slice(1)}`] ?? "").trim(),
      );
      if (same) names.dcmjs++;
      else names.wrong.push(file.path);
    } catch {
      names.wrong.push(file.path);
    }
  }
  const row = (what: string, c: typeof counts) =>
    say(`${what}: of ${c.files} files ours ${c.ours}, dcmjs ${c.dcmjs}, dicom-parser ${c["dicom-parser"]}.`);
  row("Read", counts);
  row("Taken for whole when the last 1,000 bytes are missing", cut);
  say(
    `Patient names that dcmjs reads as we do: ${names.dcmjs} of ${names.files}. Others: ${names.wrong.join(", ") || "none"}`,
  );
}

async function works(run: () => unknown): Promise<boolean> {
  try {
    await run();
    return true;
  } catch {
    return false;
  }
}
