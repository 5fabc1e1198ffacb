import { runTestFiles, type ScoreRow } from "./score-row.ts";

const rounds = 1_000;

/** Every access leaves its event, and nobody changes, removes, moves or cuts off one without being found. */
const row: ScoreRow = {
  row: 27,
  anchor: "PS3.15 A.5; asserted per call elsewhere",
  target: `an event for every access; ${rounds} of ${rounds} edits, deletes, swaps and tail cuts found`,
  async measure() {
    process.env.OVERREAD_TAMPER_ROUNDS = String(rounds);
    const counts = await runTestFiles([
      "tests/integration/access-own-tenant.test.ts",
      "tests/integration/platform-audit.test.ts",
      "tests/integration/audit-anchors.test.ts",
      "tests/integration/audit-tamper.test.ts",
      "tests/integration/audit-reads.test.ts",
    ]);
    return { measured: { ...counts, rounds }, met: counts.failed === 0 && counts.skipped === 0 };
  },
};
export default row;
