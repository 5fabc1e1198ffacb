// Closing counts for `npm test`: node's own spec output for people, plus one line per file of machine-readable counts.
import { inspect } from "node:util";

/** What a failed test said, short enough to stand in the closing lines: a file that fails whole says it nowhere else near the end. */
function saying(error) {
  const cause = error?.cause ?? error;
  return inspect(cause, { breakLength: Number.POSITIVE_INFINITY })
    .replaceAll(/\s*\n\s*/g, " | ")
    .slice(0, 1200);
}

export default async function* counts(source) {
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  for await (const event of source) {
    if (event.type !== "test:pass" && event.type !== "test:fail") continue;
    if (event.data.details?.type === "suite") continue;
    if (event.data.skip !== undefined) {
      skipped++;
      yield `skipped: ${event.data.name} — ${event.data.skip}\n`;
    } else if (event.type === "test:fail") {
      failed++;
      const { name, file = "", line = "", details } = event.data;
      yield `FAILED: ${name} (${file}:${line}): ${saying(details?.error)}\n`;
    } else passed++;
  }
  yield `counts ${JSON.stringify({ passed, failed, skipped })}\n`;
}
