import { z } from "zod";

/** ISO 3166-1 or 3166-2: GB, DE-BY, US-NY. */
export const Jurisdiction = z
  .string()
  .trim()
  .toUpperCase()
  .regex(/^[A-Z]{2}(-[A-Z0-9]{1,3})?$/, "a country, or a country and its state: GB, DE-BY, US-NY");

/**
 * Of a facility for which no licence rule holds: it names no jurisdiction, or the group does not enforce credentials. Every reader has this
 * licence, so nobody is barred there. No country has the code.
 */
export const noJurisdiction = "none";
