import { runTestFiles, type ScoreRow } from "./score-row.ts";

/** Every procedure and route, every role, two tenants with foreign and same UIDs: nothing of the other is read; every table, every kind of organisation: nothing of the other is written. */
const row: ScoreRow = {
  row: 24,
  anchor: "partition and authorization tests of other archives",
  target: "0 foreign reads, 0 foreign writes; a route or table without a line fails",
  async measure() {
    const counts = await runTestFiles([
      "tests/integration/access-matrix.test.ts",
      "tests/integration/access-write-matrix.test.ts",
    ]);
    return { measured: counts, met: counts.failed === 0 && counts.skipped === 0 };
  },
};
export default row;
