import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** One row of the reliability scoreboard. `tests/score/row-<n>.ts` exports one as its default. */
export type ScoreRow = {
  row: number;
  /** What the best known system reaches. */
  anchor: string;
  /** What Overread promises. */
  target: string;
  /** Measures it; `measured` holds the figures, `met` whether they meet the target. */
  measure(): Promise<{ measured: unknown; met: boolean }>;
};

const root = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Runs test files as a row's measure, where the promise is already a test, and counts what they did. A file that ran nothing
 * counts as failed. The tests' own output goes to stderr, so that the row stays one line on stdout.
 * @param env settings by which a row asks more of a test than `npm test` does on a busy machine.
 */
export async function runTestFiles(
  files: string[],
  env: Record<string, string> = {},
): Promise<{ passed: number; failed: number; skipped: number }> {
  const work = mkdtempSync(path.join(os.tmpdir(), "overread-score-"));
  const countsFile = path.join(work, "counts");
  try {
    await new Promise<void>((resolve) => {
      spawn(
        process.execPath,
        [
          "--test",
          "--test-concurrency=1",
          "--test-timeout=600000",
          "--test-reporter=spec",
          "--test-reporter-destination=stderr",
          `--test-reporter=${path.join(root, "scripts/lib/reporter.mjs")}`,
          `--test-reporter-destination=${countsFile}`,
          ...files,
        ],
        { cwd: root, env: { ...process.env, ...env }, stdio: ["ignore", "ignore", "inherit"] },
      ).on("exit", () => resolve());
    });
    const line = readFileSync(countsFile, "utf8")
      .split("\n")
      .findLast((l) => l.startsWith("counts "));
    const counts = line ? JSON.parse(line.slice(7)) : { passed: 0, failed: 1, skipped: 0 };
    return counts.passed === 0 ? { ...counts, failed: counts.failed + 1 } : counts;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
