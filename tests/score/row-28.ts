import { runTestFiles, type ScoreRow } from "./score-row.ts";

/** A patient, a report and a password made of words that occur nowhere else, through every feature of the running processes. */
const row: ScoreRow = {
  row: 28,
  anchor: "BullMQ's documentation warns that job data lies in Redis in plain text",
  target: "0 hits in logs, Redis, job data, metrics, error answers and files; a planted one is found in each",
  async measure() {
    const counts = await runTestFiles(["tests/integration/canaries.test.ts"]);
    return { measured: counts, met: counts.failed === 0 && counts.skipped === 0 };
  },
};
export default row;
