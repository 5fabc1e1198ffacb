// Who may import whom: `.dependency-cruiser.cjs`, held against the program, and proved by imports that are forbidden.
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { knownCircles, storeys } from "./house.cjs";
import { bin, root } from "./paths.mjs";

/** Cruises; cruising nothing is a fault, for that is how a broken set-up looks. */
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
    return { fault: `Only ${report.summary.totalCruised} modules were cruised: the rules saw next to nothing.` };
  return { report };
}

/** What is wrong, a line each; null when all is well. */
export function importRules() {
  const { fault, report } = cruise();
  if (fault) return fault;
  const { violations } = report.summary;
  const unresolved = report.modules.flatMap((m) =>
    m.dependencies
      .filter((d) => d.couldNotResolve && !d.module.endsWith(".css"))
      .map((d) => `  ${m.source} → ${d.module} cannot be resolved`),
  );
  const breaches = violations
    .filter((v) => v.rule.severity === "error")
    .map((v) => `  ${v.rule.name}: ${v.from} → ${v.to}`);
  const mended = knownCircles
    .filter((_, index) => !violations.some((v) => v.rule.name === `known-circle-${index}`))
    .map((files) => `  the circle of ${files.join(", ")} is gone: take it off the list in scripts/lib/house.cjs`);
  return [...breaches, ...unresolved, ...mended, ...withoutStorey()].join("\n") || null;
}

/** A room that stands on no storey would be under no rule. */
function withoutStorey() {
  const placed = new Set(storeys.flat());
  return readdirSync(path.join(root, "src/server"))
    .filter((name) => !name.endsWith(".test.ts") && !placed.has(name))
    .map((name) => `  src/server/${name} stands on no storey: give it one in scripts/lib/house.cjs`);
}

/** A file for each way of breaking the rules, with the rules that have to report it. */
const probes = [
  { file: "edge-router/src/probe.ts", text: 'import "../../src/server/db/clients.ts";', rules: ["edge-stands-alone"] },
  {
    file: "src/server/domain/probe.ts",
    text: 'import "node:http";\nimport "bullmq";',
    rules: ["domain-has-no-transport", "queue-stays-aside"],
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
    rules: ["stores-have-one-door"],
  },
  {
    file: "src/server/domain/audit/probe.ts",
    text: 'import type { DraftAuthorship } from "../reporting/shapes.ts";\nexport type Probe = DraftAuthorship;',
    rules: ["rooms-have-doors"],
  },
  {
    file: "src/workers/probe.ts",
    text: 'import "../server/domain/audit/append.ts";\nimport "../server/archive/scrub.ts";',
    rules: ["rooms-have-doors-outside", "other-rooms-have-doors"],
  },
  {
    file: "src/server/fhir/probe.ts",
    text: 'import "../dicomweb/index.ts";',
    rules: ["protocols-stand-alone"],
  },
  // One arrow up from each storey, types included.
  { file: "src/server/db/probe.ts", text: 'import "../jobs/catalog.ts";', rules: ["no-arrow-back-up"] },
  { file: "src/server/jobs/probe.ts", text: 'import "../domain/audit/index.ts";', rules: ["no-arrow-back-up"] },
  { file: "src/server/auth/probe.ts", text: 'import "../archive/index.ts";', rules: ["no-arrow-back-up"] },
  { file: "src/server/documents/probe.ts", text: 'import "../trpc/root.ts";', rules: ["no-arrow-back-up"] },
  {
    file: "src/server/http/probe.ts",
    text: 'import type { DicomwebRoute } from "../dicomweb/index.ts";\nexport type Probe = DicomwebRoute;',
    rules: ["no-arrow-back-up"],
  },
  // A circle of types alone.
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

/** The rules must bite: every forbidden example has to be reported, each by its own rule. */
export function importRulesBite() {
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
