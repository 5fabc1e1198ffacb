import { runTestFiles, type ScoreRow } from "./score-row.ts";

/** Subrequest headers, RSC and prefetch headers, data routes, encoded addresses, server actions: without a session nothing is told. */
const row: ScoreRow = {
  row: 26,
  anchor: "Next.js CVEs (CVE-2025-29927 and after)",
  target: "0 requests reach data without a session",
  async measure() {
    const counts = await runTestFiles(["tests/e2e/without-session.test.ts"]);
    return { measured: counts, met: counts.failed === 0 && counts.skipped === 0 };
  },
};
export default row;
