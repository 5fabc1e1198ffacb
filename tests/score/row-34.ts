import { runTestFiles, type ScoreRow } from "./score-row.ts";

/** Preambles that are programs or pages, documents that lie about their type, PDFs with scripts, actions and files inside. */
const row: ScoreRow = {
  row: 34,
  anchor: "Microsoft's server zeroes the preamble",
  target:
    "zero preamble, fixed type, nosniff, to save only; an active PDF is kept byte for byte and never opened in a page",
  async measure() {
    const counts = await runTestFiles([
      "tests/integration/archive-hostile-content.test.ts",
      // What the viewer frames, and what it does not.
      "src/shared/active-pdf.test.ts",
    ]);
    return { measured: counts, met: counts.failed === 0 && counts.skipped === 0 };
  },
};
export default row;
