import { runTestFiles, type ScoreRow } from "./score-row.ts";

/** Edge admission: unknown AE titles and addresses, wrong keys, replayed and revoked enrolments, at the edge and at the portal. */
const row: ScoreRow = {
  row: 36,
  anchor: "under 1 % of the DICOM servers on the Internet check who calls",
  target: "all refused and audited; a revocation takes effect within 60 s",
  async measure() {
    const counts = await runTestFiles([
      "tests/integration/platform-edge.test.ts",
      "tests/conformance/edge-portal.test.ts",
      "tests/conformance/edge-receive.test.ts",
    ]);
    return { measured: counts, met: counts.failed === 0 && counts.skipped === 0 };
  },
};
export default row;
