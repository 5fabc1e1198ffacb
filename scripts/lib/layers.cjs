// The layers of src/server, used by the import rules.

/**
 * The layers of src/server, the lowest first. A module imports its own layer and lower ones, never a higher one. A new module is added to
 * one of them (`npm run check` asks for it).
 */
const layers = [
  // Used by every process: settings, log, errors, the database.
  [
    "config.ts",
    "context.ts",
    "errors.ts",
    "inside-addresses.ts",
    "log.ts",
    "notice-secret.ts",
    "outage.ts",
    "process-keys.ts",
    "push-keys.ts",
    "storage-address.ts",
    "system-actor.ts",
    "db",
  ],
  ["live", "storage", "audit-seal.ts"],
  ["jobs"],
  // The product: verbs that use nothing but the database.
  ["domain"],
  // Authentication and audit; then what works on rows and objects.
  ["auth", "audit"],
  ["archive", "backup", "documents"],
  // HTTP: what all protocols share, then each protocol.
  ["http"],
  ["object-answers"],
  ["dicomweb", "downloads", "edge-api", "events", "fhir", "health", "trpc", "uploads", "web-proxy"],
  ["front-door", "demo"],
  ["cli"],
];
const inServer = (modules) => `^src/server/(${modules.map((name) => name.replace(".", "\\.")).join("|")})(/|$)`;
const protocols = "dicomweb|downloads|edge-api|events|fhir|health|trpc|uploads|web-proxy";

/** Known import cycles that are not fixed yet: the list only shrinks. `npm run check` reports entries that are gone. */
/** @type {string[][]} */
const knownCycles = [];

module.exports = { inServer, knownCycles, protocols, layers };
