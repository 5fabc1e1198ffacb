import { pathToFileURL } from "node:url";
import type { ScoreRow } from "./score-row.ts";

/** Measures the row in the file named on the command line and prints it as one JSON line; exits 1 when the target is missed. */
const file = process.argv[2];
if (!file) throw new Error("name the file of a row");
const row = ((await import(pathToFileURL(file).href)) as { default: ScoreRow }).default;
const { measured, met } = await row.measure().catch((error: unknown) => ({
  measured: `not measured: ${error instanceof Error ? error.message : error}`,
  met: false,
}));
process.stdout.write(`${JSON.stringify({ row: row.row, anchor: row.anchor, measured, target: row.target, met })}\n`);
process.exit(met ? 0 : 1);
