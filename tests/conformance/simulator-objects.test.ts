import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { TS } from "@overread/shared/dicom/transfer-syntaxes";
import { nativeSyntaxes } from "@overread/shared/dicom/write";
import { demoStudies, makeStudy, type SimulatedFile, studyKinds } from "#server/demo/modality-simulator/index.ts";

const run = promisify(execFile);

async function installed(program: string): Promise<boolean> {
  try {
    await run("which", [program]);
    return true;
  } catch {
    return false;
  }
}

const tools = (await installed("dciodvfy")) && (await installed("dcmdump"));
if (!tools && process.env.CI === "true") throw new Error("dicom3tools and dcmtk are missing");
const skip = tools ? false : "dciodvfy or dcmdump is not installed";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "overread-objects-"));
});
after(() => rm(folder, { recursive: true, force: true }));

async function onDisk({ part10 }: SimulatedFile): Promise<string> {
  const path = join(folder, "object.dcm");
  await writeFile(path, part10);
  return path;
}

/** What dciodvfy complains of; it writes to the standard error and exits with 1 when there is any. */
async function errorsIn(path: string): Promise<string[]> {
  const { stdout, stderr } = await run("dciodvfy", [path]).catch((error: { stdout: string; stderr: string }) => error);
  return `${stdout}\n${stderr}`.split("\n").filter((line) => line.startsWith("Error"));
}

for (const kind of studyKinds) {
  for (const prior of [false, true]) {
    test(`dciodvfy finds no error in a simulated ${kind}${prior ? " prior" : ""}`, { skip }, async () => {
      for (const file of makeStudy(kind, { matrix: 64, slices: 2, prior, priority: "STAT" }).files()) {
        assert.deepEqual(await errorsIn(await onDisk(file)), []);
      }
    });
  }
}

test("dcmdump reads every transfer syntax the simulator writes", { skip }, async () => {
  for (const transferSyntaxUid of [...nativeSyntaxes, TS.rleLossless]) {
    const [file] = [...makeStudy("head-ct", { matrix: 64, slices: 1, transferSyntaxUid }).files()];
    assert.ok(file);
    const { stdout } = await run("dcmdump", ["+P", "StudyInstanceUID", "+P", "PixelData", await onDisk(file)]);
    assert.match(stdout, /UI \[2\.25\.\d+\]/, transferSyntaxUid);
    assert.match(stdout, /PixelData/, transferSyntaxUid);
  }
});

test("dcmtk understands the demo's names in those character sets that it can convert", { skip }, async () => {
  for (const study of demoStudies(new Date("2026-04-01T10:00:00Z"))) {
    // Its usual build has no converter for ISO 2022 IR 87.
    if (study.patient.name.startsWith("Yamada") || study.isPrior) continue;
    const file = study.files().next().value as SimulatedFile;
    const { stdout } = await run("dcmdump", ["+U8", "+P", "PatientName", await onDisk(file)]);
    assert.equal(/PN \[(.*?) *\]/.exec(stdout)?.[1], study.patient.name);
  }
});
