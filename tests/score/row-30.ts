import { runTestFiles, type ScoreRow } from "./score-row.ts";

/** Bombs: deflated, gzip, forged ZIP sizes, lengths and parts without end, huge frames, deep nesting, at the process that takes them. */
const row: ScoreRow = {
  row: 30,
  anchor: "Orthanc 1.10.1: 0.54 MB deflated gave 1.6 GB peak RSS and 537 MB on the disk",
  target: "refused, or stored as received; peak RSS <= 400 MB, disk <= 2 x received",
  async measure() {
    const counts = await runTestFiles(["tests/integration/front-door-bombs.test.ts"], {
      OVERREAD_TEST_PEAK_MB: "400",
    });
    return { measured: counts, met: counts.failed === 0 && counts.skipped === 0 };
  },
};
export default row;
