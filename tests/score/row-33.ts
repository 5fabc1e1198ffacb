import { runTestFiles, type ScoreRow } from "./score-row.ts";

/** Hostile UIDs and names: paths, NUL, shell text, 70 digits, leading zeros, at the edge and in the archive. */
const row: ScoreRow = {
  row: 33,
  anchor: "Orthanc acknowledges the UID ../../../../tmp/… and keeps it under a name of its own",
  target: "refused with a status, 0 files outside the spool and the object store",
  async measure() {
    const counts = await runTestFiles([
      "tests/conformance/edge-receive.test.ts",
      "tests/integration/archive-odd-objects.test.ts",
    ]);
    return { measured: counts, met: counts.failed === 0 && counts.skipped === 0 };
  },
};
export default row;
