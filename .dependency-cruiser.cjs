/** Which module may import which. `npm run check` fails on a violation, and when nothing was cruised. */
const rule = (name, from, to, comment) => ({ name, severity: "error", comment, from, to });

const { inServer, knownCycles, protocols, layers } = require("./scripts/lib/layers.cjs");
const inKnownCycle = `^(${knownCycles.flat().join("|") || "none"})$`;
module.exports = {
  forbidden: [
    rule(
      "no-cycles",
      { pathNot: inKnownCycle },
      { circular: true },
      "Modules in a cycle are one module; type-only imports count.",
    ),
    ...knownCycles.map((files, index) => ({
      name: `known-cycle-${index}`,
      severity: "info",
      comment: "Known, to be fixed.",
      from: { path: `^(${files.join("|")})$` },
      to: { circular: true },
    })),
    ...layers
      .slice(0, -1)
      .map((modules, index) =>
        rule(
          "no-upward-imports",
          { path: inServer(modules), pathNot: "\\.test\\.ts$" },
          { path: inServer(layers.slice(index + 1).flat()) },
          "A module imports its own layer and lower ones.",
        ),
      ),
    rule(
      "modules-have-entry-points",
      { path: "^src/server/domain/([^/]+)/" },
      {
        path: "^src/server/domain/[^/]+/",
        // The engine is a room with a door of its own: who fills its snapshot needs its words, and comes before the verbs of assignment.
        pathNot: ["^src/server/domain/$1/", "^src/server/domain/([^/]+|assignment/engine)/index\\.ts$"],
      },
      "A domain module is imported through its index.ts.",
    ),
    rule(
      "modules-have-entry-points-outside",
      { path: "^src/", pathNot: "^src/server/domain/[^/]+/" },
      { path: "^src/server/domain/[^/]+/", pathNot: "^src/server/domain/[^/]+/index\\.ts$" },
      "The same from outside the domain.",
    ),
    rule(
      "other-modules-have-entry-points",
      { path: `^src/(?:server/([^/]+)/|(?:app|workers)/)` },
      {
        path: `^src/server/(archive|audit|backup|documents|${protocols})/`,
        pathNot: ["^src/server/$1/", "^src/server/(?:[^/]+)/index\\.ts$", "^src/server/trpc/"],
      },
      "These modules, and each protocol, are imported through index.ts.",
    ),
    rule(
      "protocols-are-independent",
      { path: `^src/server/(${protocols})/`, pathNot: "\\.test\\.ts$" },
      { path: `^src/server/(${protocols})/`, pathNot: "^src/server/$1/" },
      "What two protocols need belongs to a lower layer.",
    ),
    rule(
      "shared-imports-nothing-above",
      { path: "^src/shared/", pathNot: "\\.test\\.ts$" },
      { path: "^(src/(app|server|workers)|edge-router)/" },
      "Shared imports no other workspace. (Its tests read the simulator's images.)",
    ),
    rule(
      "shared-uses-few-packages",
      { path: "^src/shared/", pathNot: "\\.test\\.ts$" },
      { path: "node_modules", pathNot: "node_modules/(zod|dcmjs|dicom-parser|dicom-character-set|pako|@types)" },
      "Shared uses zod and DICOM parsers only.",
    ),
    rule(
      "edge-is-independent",
      { path: "^edge-router/" },
      {
        path: "(^src/(app|server|workers)/|node_modules/(next|react|react-dom|@prisma|prisma|@trpc|bullmq)/)",
        reachable: true,
      },
      "The program at the hospital contains nothing of the portal.",
    ),
    rule(
      "edge-has-no-cycles",
      { path: "^edge-router/" },
      { circular: true },
      "No import cycles at the edge; type-only imports count.",
    ),
    rule(
      "dimse-knows-no-spool",
      { path: "^edge-router/src/dimse/" },
      { path: "^edge-router/src/(spool|upload|returns|control)/" },
      "The network layer defines the interface it needs.",
    ),
    rule(
      "spool-has-interfaces",
      { path: "^edge-router/src/", pathNot: "^edge-router/src/(spool/|run\\.ts|status\\.ts)|\\.test\\.ts$" },
      { path: "^edge-router/src/spool/", pathNot: "^edge-router/src/spool/(faces|disk-fault)\\.ts$" },
      "Other modules use the interfaces made for them.",
    ),
    rule(
      "server-imports-no-process",
      { path: "^src/server/" },
      { path: "^src/(app|workers)/" },
      "Processes import the server, never the reverse.",
    ),
    rule(
      "domain-has-no-transport",
      { path: "^src/server/domain/" },
      {
        path: "(^src/server/(trpc|http|front-door|dicomweb|edge-api|fhir|events|downloads|storage|archive|documents)/|node_modules/(next|@trpc|bullmq|ioredis|redis)/|^(node:)?https?$)",
      },
      "A verb uses nothing but the database.",
    ),
    rule(
      "assignment-engine-is-pure",
      { path: "^src/server/domain/assignment/engine/", pathNot: "\\.test\\.ts$" },
      { pathNot: ["^src/server/domain/assignment/engine/", "^src/shared/", "^node_modules/zod/"] },
      "A decision is made of its snapshot alone: no database, no file, no clock, not even Node.",
    ),
    rule(
      "stores-have-one-entry-point",
      { path: "^src/", pathNot: "^src/server/storage/" },
      { path: "^src/server/storage/(file|s3)/" },
      "Nothing above the store knows which kind it is.",
    ),
    rule(
      "prisma-is-confined",
      { path: "^src/", pathNot: "^src/server/((db|domain|jobs|auth|demo|cli)/|context\\.ts)" },
      { path: "(node_modules/(@prisma|\\.prisma)/|^src/server/db/generated/client)" },
      "Only these modules use Prisma's client.",
    ),
    rule(
      "queue-is-confined",
      { path: "^src/", pathNot: "^src/(workers/|server/jobs/relay)" },
      { path: "node_modules/(bullmq|ioredis)/" },
      "Everything else writes to the outbox.",
    ),
    rule(
      "viewer-libraries-are-confined",
      { path: "^src/", pathNot: "^src/app/_viewer/" },
      { path: "node_modules/(@cornerstonejs/(core|tools|dicom-image-loader)|dicomweb-client)/" },
      "Only the viewer uses the rendering engine.",
    ),
    rule(
      "app-uses-entry-points",
      { path: "^src/app/" },
      { path: "^src/server/", pathNot: "^src/server/(trpc|auth|config)" },
      "Pages use the server through these modules.",
    ),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "src/server/db/generated/(internal|models|commonInputTypes)" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
      extensions: [".ts", ".tsx", ".mjs", ".js", ".cjs", ".json"],
    },
  },
};
