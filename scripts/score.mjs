// `npm run score -- <row> …`: rows of the reliability scoreboard, each measured on a Postgres and a Redis of its own.
// Prints one JSON line per row, { row, anchor, measured, target, met }, and exits 0 when every requested row meets its
// target.
import { spawnSync } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import path from "node:path";
import { bin, root } from "./lib/paths.mjs";
import { say } from "./lib/say.mjs";
import { startTestServices } from "./lib/test-services.mjs";

const fileOf = (row) => path.join(root, "tests/score", `row-${row}.ts`);
const asked = process.argv.slice(2);
const known = globSync("tests/score/row-*.ts", { cwd: root })
  .map((file) => Number(/row-(\d+)\.ts$/.exec(file)?.[1]))
  .sort((a, b) => a - b);
const unknown = asked.filter((row) => !/^\d+$/.test(row) || !existsSync(fileOf(row)));
if (asked.length === 0 || unknown.length > 0) {
  say(`Rows: ${known.join(", ")}. For example: npm run score -- ${known[0] ?? 24}`);
  if (unknown.length > 0) say(`There is no row ${unknown.join(", ")}.`);
  process.exit(1);
}

const services = await startTestServices();
let missed = 0;
try {
  for (const row of asked) {
    const run = spawnSync(bin("node"), [path.join(root, "tests/score/measure-row.ts"), fileOf(row)], {
      cwd: root,
      env: services.env,
      stdio: ["ignore", "inherit", "inherit"],
    });
    if (run.status !== 0) missed++;
  }
} finally {
  await services.dispose();
}
process.exit(missed === 0 ? 0 : 1);
