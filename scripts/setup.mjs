// Prepares a clone for running: packages, generated code, system programs, production build. Plain JavaScript for the
// machine's own Node (20 or newer); everything after it runs on the Node from the packages.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { bin, digestOf, root } from "./lib/paths.mjs";
import { giveUp, step } from "./lib/say.mjs";
import { ensureSystemPackages } from "./lib/system-packages.mjs";

const wants = new Set(process.argv.slice(2));
const [major] = process.versions.node.split(".").map(Number);
if (major < 20) giveUp(`This is Node ${process.versions.node}.`, "Install Node 20 or newer.");

/** Runs `work` unless its last successful run had the same digest. */
async function once(markFile, digest, title, work) {
  if (existsSync(markFile) && readFileSync(markFile, "utf8") === digest) return;
  rmSync(markFile, { force: true });
  await step(title, work);
  mkdirSync(path.dirname(markFile), { recursive: true });
  writeFileSync(markFile, digest);
}

function run(command, args, { env = {}, timeoutMs = 600_000, remedy } = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
    timeout: timeoutMs,
    maxBuffer: 64 << 20,
  });
  if (result.status === 0) return;
  process.stderr.write(`\n${result.stdout?.toString().slice(-6000)}\n${result.stderr?.toString().slice(-6000)}\n`);
  giveUp(
    result.error?.code === "ETIMEDOUT"
      ? `${path.basename(command)} took longer than ${timeoutMs / 1000} s.`
      : `${path.basename(command)} ${args[0]} failed.`,
    remedy,
  );
}

const lock = createHash("sha256")
  .update(readFileSync(path.join(root, "package-lock.json")))
  .digest("hex");
await once(path.join(root, "node_modules", ".overread-packages"), lock, "Installing packages", () =>
  // Not `npm ci`: it refuses a lock file without a platform's optional package, which is what a mirror without that
  // package produces.
  run("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"], {
    remedy: "Check that the npm registry can be reached, then run this again.",
  }),
);
if (!existsSync(bin("node")))
  giveUp("The packages are there, but the Node they bring is not.", "Delete node_modules and run this again.");

await once(
  path.join(root, "src/server/db/generated", ".overread-schema"),
  digestOf("prisma", "prisma.config.ts"),
  "Generating the database client",
  () =>
    // Prisma wants to download an engine that code generation does not use.
    run(bin("node"), [path.join(root, "node_modules/prisma/build/index.js"), "generate"], {
      env: { PRISMA_SCHEMA_ENGINE_BINARY: "/bin/true", PRISMA_HIDE_UPDATE_MESSAGE: "1" },
    }),
);

if (!wants.has("--packages-only")) {
  ensureSystemPackages(wants.has("--test") ? "test" : "start");
  if (process.env.npm_lifecycle_event !== "predev") {
    const inputs = [
      "src/app",
      "src/server",
      "src/shared",
      "public",
      "build-stubs",
      "next.config.mjs",
      "postcss.config.mjs",
      "package-lock.json",
      "tsconfig.json",
    ];
    await once(path.join(root, ".next", ".overread-build"), digestOf(...inputs), "Building the portal", () =>
      run(bin("node"), [path.join(root, "node_modules/next/dist/bin/next"), "build"], {
        env: { NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" },
        timeoutMs: 600_000,
        remedy: "The messages above say what does not build.",
      }),
    );
  }
}
