// How src/server is built: what the import rules go by.

/**
 * The storeys of src/server, the lowest first. A room imports what stands below it or beside it, never what stands above. A new room is
 * put on one of them (`npm run check` asks for it).
 */
const storeys = [
  // What every process stands on: settings, log, errors, the database.
  [
    "config.ts",
    "context.ts",
    "errors.ts",
    "log.ts",
    "outage.ts",
    "process-keys.ts",
    "storage-address.ts",
    "system-actor.ts",
    "db",
  ],
  ["live", "storage", "audit-seal.ts"],
  ["jobs"],
  // The product: verbs that touch nothing but the database.
  ["domain"],
  // Who is calling; what is made of the rows and the objects.
  ["auth", "audit"],
  ["archive", "backup", "documents"],
  // Doors: what they share, then each of them.
  ["http"],
  ["object-answers"],
  ["dicomweb", "downloads", "edge-api", "events", "fhir", "health", "trpc", "web-proxy"],
  ["front-door", "demo"],
  ["cli"],
];
const inServer = (rooms) => `^src/server/(${rooms.map((room) => room.replace(".", "\\.")).join("|")})(/|$)`;
const protocols = "dicomweb|downloads|edge-api|events|fhir|health|trpc|web-proxy";

/** Circles that are known and not mended yet: the list only shrinks. `npm run check` says when one is gone. */
/** @type {string[][]} */
const knownCircles = [];

module.exports = { inServer, knownCircles, protocols, storeys };
