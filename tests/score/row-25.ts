import { runTestFiles, type ScoreRow } from "./score-row.ts";

/** Row 24 with every check of the application switched off: the database alone keeps the tenants apart, also on shared connections. */
const row: ScoreRow = {
  row: 25,
  anchor: "row-level security, forced, under an application role that owns nothing",
  target: "0 foreign rows by the database alone; 200 interleaved requests on 5 connections: 0 bleed",
  async measure() {
    const counts = await runTestFiles([
      "tests/integration/access-database-alone.test.ts",
      // Walks every procedure and route without the policies.
      "tests/integration/access-policies-off.test.ts",
    ]);
    return { measured: counts, met: counts.failed === 0 && counts.skipped === 0 };
  },
};
export default row;
