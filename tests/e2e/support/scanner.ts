import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import {
  makeStudy,
  type SimulatedStudy,
  type StudyKind,
  type StudyOptions,
} from "#server/demo/modality-simulator/index.ts";
import { run } from "../../support/run.ts";
import type { Stack } from "./stack.ts";

/** A study as files on a scanner's disk. */
export function studyOnDisk(
  kind: StudyKind,
  options: StudyOptions,
): { study: SimulatedStudy; files: string[]; sopInstanceUids: string[]; remove(): void } {
  const folder = mkdtempSync(path.join(os.tmpdir(), "overread-scanner-"));
  const study = makeStudy(kind, options);
  const files: string[] = [];
  const sopInstanceUids: string[] = [];
  for (const file of study.files()) {
    const target = path.join(folder, `${file.sopInstanceUid}.dcm`);
    writeFileSync(target, file.part10);
    files.push(target);
    sopInstanceUids.push(file.sopInstanceUid);
  }
  return { study, files, sopInstanceUids, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Sends files with DCMTK's storescu, in whatever transfer syntax they are. Throws when one was not accepted. */
export async function storescu(
  stack: Stack,
  files: string[],
  { called = stack.edgeAet, calling = "CT_SCANNER", syntax = "-xs" } = {},
): Promise<void> {
  const { code, stdout, stderr } = await run("storescu", [
    "-v",
    "-R",
    syntax,
    "-aet",
    calling,
    "-aec",
    called,
    "127.0.0.1",
    String(stack.dimsePort),
    ...files,
  ]);
  const accepted = `${stdout}${stderr}`.match(/Received Store Response \(Success\)/g)?.length ?? 0;
  if (code !== 0 || accepted !== files.length)
    throw new Error(`storescu: exit ${code}, ${accepted} of ${files.length} accepted\n${stderr.slice(-2000)}`);
}
