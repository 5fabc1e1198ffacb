// Closing counts for `npm test`: node's own spec output for people, plus one line per file of machine-readable counts.
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
      yield `FAILED: ${event.data.name} (${event.data.file ?? ""}:${event.data.line ?? ""})\n`;
    } else passed++;
  }
  yield `counts ${JSON.stringify({ passed, failed, skipped })}\n`;
}
