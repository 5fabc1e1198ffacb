// `npm run mutate [-- <part> …]`: breaks the product on purpose, one line at a time, in a copy, and checks that the
// named test fails. A break that no test notices is a survivor. `--stale` only checks that every break still matches
// the code.
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { mutations } from "../tests/mutations/index.mjs";
import { bin, root } from "./lib/paths.mjs";
import { say } from "./lib/say.mjs";
import { startTestServices } from "./lib/test-services.mjs";

const runTimeoutMs = 180_000;

/** Why a mutation cannot be applied, as text, or null. */
function fault({ file, from, to, test, red }) {
  const source = path.join(root, file);
  if (!existsSync(source)) return `${file} is not there`;
  const times = readFileSync(source, "utf8").split(from).length - 1;
  if (times !== 1) return `"${from}" stands ${times} times in ${file}`;
  if (from === to) return "it changes nothing";
  if (!existsSync(path.join(root, test))) return `${test} is not there`;
  if (!red) return "it names no test";
  return null;
}

/**
 * A copy to apply mutations in: our own files are copied, packages are linked, the workspace's own packages are its
 * own.
 */
function copyInto(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(path.join(folder, "node_modules"), { recursive: true });
  for (const name of ["src", "edge-router", "tests", "scripts", "prisma", "public", "build-stubs"])
    cpSync(path.join(root, name), path.join(folder, name), {
      recursive: true,
      filter: (source) => path.basename(source) !== "node_modules",
    });
  for (const name of readdirSync(root, { withFileTypes: true }))
    if (name.isFile()) cpSync(path.join(root, name.name), path.join(folder, name.name));
  for (const name of readdirSync(path.join(root, "node_modules")))
    if (name !== "@overread")
      symlinkSync(path.join(root, "node_modules", name), path.join(folder, "node_modules", name));
  mkdirSync(path.join(folder, "node_modules/@overread"));
  symlinkSync("../../edge-router", path.join(folder, "node_modules/@overread/edge-router"));
  symlinkSync("../../src/shared", path.join(folder, "node_modules/@overread/shared"));
}

/**
 * Runs one test of one file in the copy. @returns {Promise<"green" | "red" | "not run" | "hung">} of the named test.
 */
function runTest(folder, { test, red }, env) {
  return new Promise((resolve) => {
    const args = ["--test", `--test-timeout=${runTimeoutMs}`, "--test-reporter=tap"];
    const child = spawn(bin("node"), [...args, `--test-name-pattern=${pattern(red)}`, test], {
      cwd: folder,
      env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    let out = "";
    child.stdout.on("data", (chunk) => {
      out += chunk;
    });
    child.stderr.resume();
    const timer = setTimeout(() => {
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        // it ended in this moment
      }
    }, runTimeoutMs + 10_000);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (signal) return resolve("hung");
      const lines = out.split("\n").filter((line) => /^\s*(not )?ok \d+ - /.test(line));
      const named = lines.filter((line) => line.replace(/\\#/g, "#").includes(red) && !/# SKIP/.test(line));
      if (named.some((line) => /^\s*not ok/.test(line))) return resolve("red");
      // A file that does not run at all counts as noticed, but not by the named test.
      resolve(named.length > 0 && code === 0 ? "green" : "not run");
    });
  });
}

const pattern = (name) => `/^${name.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&")}/`;

const asked = process.argv.slice(2).filter((each) => !each.startsWith("--"));
const parts = [...new Set(mutations.map(({ part }) => part))];
const unknown = asked.filter((part) => !parts.includes(part));
if (unknown.length > 0) {
  say(`There is no part ${unknown.join(", ")}. Parts: ${parts.join(", ")}.`);
  process.exit(1);
}
const chosen = mutations.filter(({ part }) => asked.length === 0 || asked.includes(part));
const stale = chosen.flatMap((each) => {
  const words = fault(each);
  return words ? [`  ${each.part}: ${each.what}: ${words}`] : [];
});
if (stale.length > 0) {
  say(`These breaks no longer fit the code:\n${stale.join("\n")}`);
  process.exit(1);
}
if (process.argv.includes("--stale")) process.exit(0);

const services = await startTestServices();
const folder = path.join(services.workDir, "copy");
copyInto(folder);
const survivors = [];
const sound = new Map();
for (const each of chosen) {
  const started = Date.now();
  const key = `${each.test}\n${each.red}`;
  // A test that fails or is skipped by itself detects nothing.
  if (!sound.has(key)) sound.set(key, await runTest(folder, each, services.env));
  const before = sound.get(key);
  let after = "not run";
  if (before === "green") {
    const file = path.join(folder, each.file);
    const source = readFileSync(file, "utf8");
    writeFileSync(
      file,
      source.replace(each.from, () => each.to),
    );
    after = await runTest(folder, each, services.env);
    writeFileSync(file, source);
  }
  const noticed = before === "green" && (after === "red" || after === "hung");
  if (!noticed) survivors.push(each);
  const why = noticed
    ? ""
    : before === "green"
      ? ` SURVIVED: ${each.test} (${after})`
      : ` UNSOUND: ${each.test} is ${before} before the break`;
  say(`${noticed ? "✔" : "✖"} ${each.part}: ${each.what} (${((Date.now() - started) / 1000).toFixed(1)} s)${why}`);
}
await services.dispose();
say(`${chosen.length} breaks, ${chosen.length - survivors.length} noticed, ${survivors.length} survivors`);
process.exit(survivors.length === 0 ? 0 : 1);
