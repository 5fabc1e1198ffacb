import { assignment } from "./assignment.mjs";
import { documents } from "./documents.mjs";
import { exchange } from "./exchange.mjs";
import { hashes } from "./hashes.mjs";
import { jobs } from "./jobs.mjs";
import { leases } from "./leases.mjs";
import { limits } from "./limits.mjs";
import { measurement } from "./measurement.mjs";
import { ordering } from "./ordering.mjs";
import { priors } from "./priors.mjs";
import { syncs } from "./syncs.mjs";
import { types } from "./types.mjs";
import { viewer } from "./viewer.mjs";
import { walls } from "./walls.mjs";
import { readers, wiring } from "./wiring.mjs";

/**
 * Deliberate breaks in the places that matter: what a reader, a patient or a hospital would suffer from if nobody noticed. Each is one
 * text that stands once in its file, and what it becomes.
 *
 * @type {{ part: string, what: string, file: string, from: string, to: string, test: string, red: string }[]}
 */
export const mutations = Object.entries({
  walls,
  types,
  leases,
  hashes,
  syncs,
  documents,
  priors,
  limits,
  measurement,
  jobs,
  viewer,
  exchange,
  assignment,
  ordering,
  wiring,
  readers,
}).flatMap(([part, breaks]) => breaks.map((each) => ({ part, ...each })));
