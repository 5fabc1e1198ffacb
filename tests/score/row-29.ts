import { runTestFiles, type ScoreRow } from "./score-row.ts";

/** Hostile DIMSE peers: endless fragments, 4 GiB PDU, garbage, slow bytes, idle and silent connections by the hundred. */
const row: ScoreRow = {
  row: 29,
  anchor: "dcmjs-dimse grows by 460 MB for 400 MB sent",
  target: "RSS <= 300 MB, the port answers throughout",
  async measure() {
    const counts = await runTestFiles(["tests/conformance/edge-hostile.test.ts"]);
    return { measured: counts, met: counts.failed === 0 && counts.skipped === 0 };
  },
};
export default row;
