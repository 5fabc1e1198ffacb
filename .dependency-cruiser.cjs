/** Who may import whom. `npm run check` fails on a breach and when nothing was cruised. */
const rule = (name, from, to, comment) => ({ name, severity: "error", comment, from, to });

const { inServer, knownCircles, protocols, storeys } = require("./scripts/lib/house.cjs");
const inKnownCircle = `^(${knownCircles.flat().join("|") || "none"})$`;
module.exports = {
  forbidden: [
    rule(
      "no-cycles",
      { pathNot: inKnownCircle },
      { circular: true },
      "A circle means two rooms are one, types included.",
    ),
    ...knownCircles.map((files, index) => ({
      name: `known-circle-${index}`,
      severity: "info",
      comment: "Known, and to be mended.",
      from: { path: `^(${files.join("|")})$` },
      to: { circular: true },
    })),
    ...storeys
      .slice(0, -1)
      .map((rooms, index) =>
        rule(
          "no-arrow-back-up",
          { path: inServer(rooms), pathNot: "\\.test\\.ts$" },
          { path: inServer(storeys.slice(index + 1).flat()) },
          "A room imports what stands below it or beside it.",
        ),
      ),
    rule(
      "rooms-have-doors",
      { path: "^src/server/domain/([^/]+)/" },
      {
        path: "^src/server/domain/[^/]+/",
        pathNot: ["^src/server/domain/$1/", "^src/server/domain/[^/]+/index\\.ts$"],
      },
      "A room of the domain is entered by its index.ts.",
    ),
    rule(
      "rooms-have-doors-outside",
      { path: "^src/", pathNot: "^src/server/domain/[^/]+/" },
      { path: "^src/server/domain/[^/]+/", pathNot: "^src/server/domain/[^/]+/index\\.ts$" },
      "So it is from everywhere else.",
    ),
    rule(
      "other-rooms-have-doors",
      { path: `^src/(?:server/([^/]+)/|(?:app|workers)/)` },
      {
        path: `^src/server/(archive|audit|backup|documents|${protocols})/`,
        pathNot: ["^src/server/$1/", "^src/server/(?:[^/]+)/index\\.ts$", "^src/server/trpc/"],
      },
      "These rooms, and each protocol, are entered by index.ts.",
    ),
    rule(
      "protocols-stand-alone",
      { path: `^src/server/(${protocols})/`, pathNot: "\\.test\\.ts$" },
      { path: `^src/server/(${protocols})/`, pathNot: "^src/server/$1/" },
      "What two protocols need stands below both.",
    ),
    rule(
      "shared-is-the-floor",
      { path: "^src/shared/", pathNot: "\\.test\\.ts$" },
      { path: "^(src/(app|server|workers)|edge-router)/" },
      "Shared depends on no room. (Its tests read the simulator's images.)",
    ),
    rule(
      "shared-stays-small",
      { path: "^src/shared/", pathNot: "\\.test\\.ts$" },
      { path: "node_modules", pathNot: "node_modules/(zod|dcmjs|dicom-parser|dicom-character-set|pako|@types)" },
      "Shared uses zod and DICOM parsers only.",
    ),
    rule(
      "edge-stands-alone",
      { path: "^edge-router/" },
      {
        path: "(^src/(app|server|workers)/|node_modules/(next|react|react-dom|@prisma|prisma|@trpc|bullmq)/)",
        reachable: true,
      },
      "The program at the hospital carries nothing of the portal.",
    ),
    rule(
      "edge-has-no-circles",
      { path: "^edge-router/" },
      { circular: true },
      "At the edge type-only imports count too: who needs the other's types is not below it.",
    ),
    rule(
      "dimse-knows-no-spool",
      { path: "^edge-router/src/dimse/" },
      { path: "^edge-router/src/(spool|upload|returns|control)/" },
      "The network asks for what it needs by an interface of its own.",
    ),
    rule(
      "spool-has-faces",
      { path: "^edge-router/src/", pathNot: "^edge-router/src/(spool/|run\\.ts|status\\.ts)|\\.test\\.ts$" },
      { path: "^edge-router/src/spool/", pathNot: "^edge-router/src/spool/(faces|disk-fault)\\.ts$" },
      "Other rooms see the interfaces that are made for them.",
    ),
    rule(
      "server-knows-no-door",
      { path: "^src/server/" },
      { path: "^src/(app|workers)/" },
      "Doors import the server, never the reverse.",
    ),
    rule(
      "domain-has-no-transport",
      { path: "^src/server/domain/" },
      {
        path: "(^src/server/(trpc|http|front-door|dicomweb|edge-api|fhir|events|downloads|storage|archive|documents)/|node_modules/(next|@trpc|bullmq|ioredis|redis)/|^(node:)?https?$)",
      },
      "A verb touches nothing but the database.",
    ),
    rule(
      "assignment-engine-is-pure",
      { path: "^src/server/domain/assignment/engine/", pathNot: "\\.test\\.ts$" },
      { pathNot: ["^src/server/domain/assignment/engine/", "^src/shared/", "^node_modules/zod/"] },
      "A decision is made of its snapshot alone: no database, no file, no clock, not even Node.",
    ),
    rule(
      "stores-have-one-door",
      { path: "^src/", pathNot: "^src/server/storage/" },
      { path: "^src/server/storage/(file|s3)/" },
      "Nobody above the store knows which one it is.",
    ),
    rule(
      "prisma-stays-below",
      { path: "^src/", pathNot: "^src/server/((db|domain|jobs|auth|demo|cli)/|context\\.ts)" },
      { path: "(node_modules/(@prisma|\\.prisma)/|^src/server/db/generated/client)" },
      "Only the lower rooms know the client.",
    ),
    rule(
      "queue-stays-aside",
      { path: "^src/", pathNot: "^src/(workers/|server/jobs/relay)" },
      { path: "node_modules/(bullmq|ioredis)/" },
      "Everything else writes to the outbox.",
    ),
    rule(
      "viewer-is-alone",
      { path: "^src/", pathNot: "^src/app/_viewer/" },
      { path: "node_modules/(@cornerstonejs/(core|tools|dicom-image-loader)|dicomweb-client)/" },
      "One room knows the rendering engine.",
    ),
    rule(
      "app-uses-doors",
      { path: "^src/app/" },
      { path: "^src/server/", pathNot: "^src/server/(trpc|auth|config)" },
      "Pages reach the server through its doors.",
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
