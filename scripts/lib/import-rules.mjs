// Checks the program against the import rules (`.dependency-cruiser.cjs`), and each rule against forbidden imports.
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { knownCycles, layers } from "./layers.cjs";
import { bin, root } from "./paths.mjs";

/** Runs dependency-cruiser. Too few modules are a fault: that is how a broken set-up looks. */
function cruise() {
  const run = spawnSync(bin("depcruise"), ["src", "edge-router", "--output-type", "json"], {
    cwd: root,
    maxBuffer: 256 << 20,
  });
  let report;
  try {
    report = JSON.parse(run.stdout);
  } catch {
    return { fault: `dependency-cruiser gave no report:\n${run.stderr}` };
  }
  if (report.summary.totalCruised < 60)
    return { fault: `Only ${report.summary.totalCruised} modules were cruised: the rules checked next to nothing.` };
  return { report };
}

/** Violations, one per line; null when there are none. */
export function importRules() {
  const { fault, report } = cruise();
  if (fault) return fault;
  const { violations } = report.summary;
  const unresolved = report.modules.flatMap((m) =>
    m.dependencies
      .filter((d) => d.couldNotResolve && !d.module.endsWith(".css"))
      .map((d) => `  ${m.source} → ${d.module} cannot be resolved`),
  );
  const violated = violations
    .filter((v) => v.rule.severity === "error")
    .map((v) => `  ${v.rule.name}: ${v.from} → ${v.to}`);
  const fixed = knownCycles
    .filter((_, index) => !violations.some((v) => v.rule.name === `known-cycle-${index}`))
    .map((files) => `  the cycle of ${files.join(", ")} is gone: take it off the list in scripts/lib/layers.cjs`);
  return [...violated, ...unresolved, ...fixed, ...withoutLayer()].join("\n") || null;
}

/** A module without a layer would be subject to no rule. */
function withoutLayer() {
  const placed = new Set(layers.flat());
  return readdirSync(path.join(root, "src/server"))
    .filter((name) => !name.endsWith(".test.ts") && !placed.has(name))
    .map((name) => `  src/server/${name} is in no layer: add it in scripts/lib/layers.cjs`);
}

/** A file for each way of violating the rules, with the rules that have to report it. */
const probes = [
  {
    file: "edge-router/src/probe.ts",
    text: 'import "../../src/server/db/clients.ts";',
    rules: ["edge-is-independent"],
  },
  {
    file: "src/server/domain/probe.ts",
    text: 'import "node:http";\nimport "bullmq";',
    rules: ["domain-has-no-transport", "queue-is-confined"],
  },
  {
    file: "src/server/domain/assignment/engine/probe.ts",
    text: 'import "#server/db/clients.ts";',
    rules: ["assignment-engine-is-pure"],
  },
  {
    file: "src/server/domain/assignment/engine/probe-disk.ts",
    text: 'import "node:fs";',
    rules: ["assignment-engine-is-pure"],
  },
  {
    file: "src/server/domain/audit/probe-store.ts",
    text: 'import "../../storage/file/file-store.ts";',
    rules: ["stores-have-one-entry-point"],
  },
  {
    file: "src/server/domain/audit/probe.ts",
    text: 'import type { DraftAuthorship } from "../reporting/shapes.ts";\nexport type Probe = DraftAuthorship;',
    rules: ["modules-have-entry-points"],
  },
  {
    file: "src/workers/probe.ts",
    text: 'import "../server/domain/audit/append.ts";\nimport "../server/archive/scrub.ts";',
    rules: ["modules-have-entry-points-outside", "other-modules-have-entry-points"],
  },
  {
    file: "src/server/fhir/probe.ts",
    text: 'import "../dicomweb/index.ts";',
    rules: ["protocols-are-independent"],
  },
  // One upward import from each layer, types included.
  { file: "src/server/db/probe.ts", text: 'import "../jobs/catalog.ts";', rules: ["no-upward-imports"] },
  { file: "src/server/jobs/probe.ts", text: 'import "../domain/audit/index.ts";', rules: ["no-upward-imports"] },
  { file: "src/server/auth/probe.ts", text: 'import "../archive/index.ts";', rules: ["no-upward-imports"] },
  { file: "src/server/documents/probe.ts", text: 'import "../trpc/root.ts";', rules: ["no-upward-imports"] },
  {
    file: "src/server/http/probe.ts",
    text: 'import type { DicomwebRoute } from "../dicomweb/index.ts";\nexport type Probe = DicomwebRoute;',
    rules: ["no-upward-imports"],
  },
  // A cycle of types only.
  {
    file: "src/server/live/probe.ts",
    text: 'import type { B } from "./probe-b.ts";\nexport type A = B | null;',
    rules: [],
  },
  {
    file: "src/server/live/probe-b.ts",
    text: 'import type { A } from "./probe.ts";\nexport type B = A[];',
    rules: ["no-cycles"],
  },
];

/** Tests the rules: every forbidden example has to be reported, each by its own rule. */
export function importRulesWork() {
  const at = (file) => path.join(root, file);
  try {
    for (const { file, text } of probes) writeFileSync(at(file), `${text}\n`);
    const { fault, report } = cruise();
    if (fault) return fault;
    const missed = probes.flatMap(({ file, rules }) =>
      rules
        .filter((rule) => !report.summary.violations.some((v) => v.rule.name === rule && v.from === file))
        .map((rule) => `  ${rule} lets ${file} through`),
    );
    return missed.join("\n") || null;
  } finally {
    for (const { file } of probes) rmSync(at(file), { force: true });
  }
}
