import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";

/** One DICOM file of the data set, as its manifest describes it; null is absent or empty. */
export type RealFile = {
  path: string;
  kind: string;
  sopClassUID: string | null;
  transferSyntaxUID: string | null;
  modality: string | null;
  rows: number | null;
  columns: number | null;
  frames: number | null;
  sha256: string;
  studyInstanceUID: string | null;
  seriesInstanceUID: string | null;
  sopInstanceUID: string | null;
  specificCharacterSet: string | null;
  patientID: string | null;
  studyDate: string | null;
  opens?: { dcmdump: boolean; pydicom: boolean; pixels: boolean | null };
};

/**
 * The folder of real test data: `OVERREAD_TEST_DATA`, else `../shared/data` beside the repository.
 *
 * @returns `null` where there is none; tests then skip with that reason. With `CI=true` missing data is a failure.
 */
export function realData(): string | null {
  const folder = process.env.OVERREAD_TEST_DATA ?? resolve(import.meta.dirname, "../../shared/data");
  if (existsSync(join(folder, "manifest.json"))) return folder;
  if (process.env.CI === "true") throw new Error("the real test data are missing: set OVERREAD_TEST_DATA");
  return null;
}

/** Why a test without data is skipped. */
export const noRealData = "no real test data (set OVERREAD_TEST_DATA)";

/** The DICOM files of the manifest. */
export function realFiles(folder: string): RealFile[] {
  const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as RealFile[];
  return manifest.filter(({ kind }) => kind === "dicom");
}

/** The bytes of a file as the modality wrote it, unzipped where the data set holds it zipped. */
export function realBytes(folder: string, { path }: Pick<RealFile, "path">): Buffer {
  const stored = readFileSync(join(folder, path));
  return path.endsWith(".gz") ? gunzipSync(stored) : stored;
}
