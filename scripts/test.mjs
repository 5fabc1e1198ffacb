// `npm test`: every test, on a Postgres and a Redis of its own. Groups run one after the other, cheapest first; inside
// a group two files run in parallel. `npm test -- unit integration` runs some groups; `npm test --
// tests/e2e/viewer.test.ts` some files.
import { spawn } from "node:child_process";
import { globSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { bin, root } from "./lib/paths.mjs";
import { say } from "./lib/say.mjs";
import { startTestServices } from "./lib/test-services.mjs";

const groups = [
  { name: "unit", files: ["{src,edge-router,scripts}/**/*.test.{ts,mjs}"], concurrency: 2 },
  { name: "integration", files: ["tests/integration/**/*.test.ts"], concurrency: 2 },
  { name: "conformance", files: ["tests/conformance/**/*.test.ts"], concurrency: 2 },
  { name: "e2e", files: ["tests/e2e/**/*.test.ts"], concurrency: 1 },
];
const asked = process.argv.slice(2);
const services = await startTestServices();

/** For what files of one run make once for all of them. */
const shared = path.join(services.workDir, "..", `${path.basename(services.workDir)}-shared`);

const total = { passed: 0, failed: 0, skipped: 0 };
let broken = false;
function runGroup({ name, concurrency }, files) {
  return new Promise((resolve) => {
    const countsFile = path.join(services.workDir, `${name}.counts`);
    const args = [
      "--test",
      `--test-concurrency=${concurrency}`,
      "--test-timeout=1500000",
      "--test-reporter=spec",
      "--test-reporter-destination=stdout",
      `--test-reporter=${path.join(root, "scripts/lib/reporter.mjs")}`,
      `--test-reporter-destination=${countsFile}`,
      ...files,
    ];
    const env = { ...services.env, ...(files.length > 1 ? { OVERREAD_TEST_SHARED: shared } : {}) };
    const child = spawn(bin("node"), args, { cwd: root, env, stdio: ["ignore", "inherit", "inherit"] });
    child.on("exit", (code) => {
      const text = readFileSync(countsFile, "utf8");
      const line = text.split("\n").findLast((l) => l.startsWith("counts "));
      const counts = line ? JSON.parse(line.slice(7)) : { passed: 0, failed: 1, skipped: 0 };
      for (const key of Object.keys(total)) total[key] += counts[key];
      for (const l of text.split("\n"))
        if (l.startsWith("skipped:") || l.startsWith("FAILED:")) summary.push(`${name}: ${l}`);
      if (code !== 0 || !line || counts.passed === 0) broken = true;
      resolve();
    });
  });
}

// Whoever runs Postgres has to get through to what is in it.
mkdirSync(shared, { mode: 0o711 });
const summary = [];
const started = Date.now();
for (const group of groups) {
  const all = globSync(group.files, {
    cwd: root,
    exclude: (name) => name === "node_modules" || name === "generated",
  }).sort();
  const names = asked.filter((a) => groups.some((g) => g.name === a));
  const files =
    asked.length === 0 || names.includes(group.name)
      ? all
      : all.filter((file) => asked.some((a) => file === path.normalize(a)));
  if (files.length === 0) continue;
  say(`\n── ${group.name}: ${files.length} files`);
  await runGroup(group, files);
}
await services.dispose();
rmSync(shared, { recursive: true, force: true });
if (summary.length) say(`\n${summary.join("\n")}`);
say(`\n${Math.round((Date.now() - started) / 1000)} s`);
if (total.passed === 0) broken = true;
say(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(broken || total.failed > 0 ? 1 : 0);
