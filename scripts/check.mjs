// `npm run check`: format, lint, types, import rules, unused code, version floors, unit tests.
import { spawnSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { dicomLiterals, dicomLiteralsWork } from "./lib/dicom-literals.mjs";
import { importRules, importRulesWork } from "./lib/import-rules.mjs";
import { namedFiles, namedFilesWork } from "./lib/named-files.mjs";
import { bin, root } from "./lib/paths.mjs";
import { say } from "./lib/say.mjs";
import { tableOwners, tableOwnersWork } from "./lib/table-owners.mjs";

let failures = 0;
function gate(name, check) {
  const started = Date.now();
  const problem = check();
  if (problem) failures++;
  say(`${problem ? "✖" : "✔"} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  if (problem) say(problem);
}
function command(name, args) {
  const run = spawnSync(bin(name), args, { cwd: root, maxBuffer: 64 << 20 });
  return run.status === 0 ? null : `${run.stdout}${run.stderr}`.slice(-8000);
}

function versionFloors() {
  const floors = JSON.parse(readFileSync(path.join(root, "scripts/version-floors.json"), "utf8"));
  const parts = (v) => v.split(/[.-]/).map(Number);
  const below = (a, b) => {
    const [x, y] = [parts(a), parts(b)];
    for (let i = 0; i < 3; i++) if (x[i] !== y[i]) return x[i] < y[i];
    return false;
  };
  const faults = [];
  const lock = JSON.parse(readFileSync(path.join(root, "package-lock.json"), "utf8"));
  for (const [name, { floor, why }] of Object.entries(floors)) {
    const installed = Object.entries(lock.packages).filter(([key]) => key.endsWith(`node_modules/${name}`));
    if (installed.length === 0) faults.push(`  ${name} is not installed; take it off the list`);
    for (const [key, { version }] of installed)
      if (below(version, floor)) faults.push(`  ${key} is ${version}, below ${floor} (${why})`);
  }
  return faults.join("\n") || null;
}

const impureCalls = /\b(Date\.now|performance\.|Math\.random|process\.|globalThis|fetch\(|setTimeout|new Date\(\))/;

/** Rules of this repository that no linter knows. */
function repositoryRules() {
  const faults = [];
  for (const file of globSync("{src,edge-router,tests,scripts}/**/*.{ts,tsx,mjs}", {
    cwd: root,
    exclude: (n) => n === "node_modules" || n === "generated",
  })) {
    const text = readFileSync(path.join(root, file), "utf8");
    if (/\b(it|test|describe)\.only\(/.test(text)) faults.push(`  ${file}: a test runs alone (.only)`);
    if (/\/(work|root)\/[a-z]/.test(text) && !file.includes("check.mjs"))
      faults.push(`  ${file}: a path of one machine`);
    if (/domain\/assignment\/engine\/(?!.*\.test\.ts$)/.test(file) && impureCalls.test(text))
      faults.push(`  ${file}: the engine asks a clock, chance or the process; all it may know stands in its snapshot`);
  }
  for (const file of globSync("edge-router/package.json", { cwd: root })) {
    const { dependencies = {} } = JSON.parse(readFileSync(path.join(root, file), "utf8"));
    for (const name of ["next", "react", "prisma", "@prisma/client"])
      if (dependencies[name]) faults.push(`  ${file} depends on ${name}`);
  }
  return faults.join("\n") || null;
}

mkdirSync(path.join(root, ".test"), { recursive: true });
gate("format and lint", () => command("biome", ["ci", "--colors=off", "--error-on-warnings", "."]));
gate("types", () => command("tsc", ["--noEmit", "-p", "."]));
gate("import rules", importRules);
gate("import rules report violations", importRulesWork);
gate("who writes which table", tableOwners);
gate("table owners report violations", tableOwnersWork);
gate("unused code", () => (existsSync(path.join(root, "knip.json")) ? command("knip", ["--no-progress"]) : null));
gate("version floors", versionFloors);
gate("repository rules", repositoryRules);
gate("tags by keyword", dicomLiterals);
gate("tags by keyword report violations", dicomLiteralsWork);
gate("comments name files that exist", namedFiles);
gate("missing files are reported", namedFilesWork);
gate("breaks fit the code", () => {
  const run = spawnSync(bin("node"), ["scripts/mutate.mjs", "--stale"], { cwd: root });
  return run.status === 0 ? null : `${run.stdout}${run.stderr}`;
});
gate("unit tests", () => {
  const files = globSync("{src,edge-router,scripts}/**/*.test.{ts,mjs}", {
    cwd: root,
    exclude: (n) => n === "node_modules" || n === "generated",
  });
  const run = spawnSync(
    bin("node"),
    ["--disable-warning=ExperimentalWarning", "--test", "--test-reporter=dot", ...files],
    { cwd: root, maxBuffer: 64 << 20 },
  );
  return run.status === 0 && files.length > 0 ? null : `${run.stdout}${run.stderr}`.slice(-6000);
});
process.exit(failures ? 1 : 0);
