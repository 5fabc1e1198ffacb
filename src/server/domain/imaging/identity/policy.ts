import { makePolicy } from "../../authorize.ts";

/**
 * Who decides whether two studies are of one patient: the hospital's site administrators, who can ask the modality and
 * the records.
 */
export const identityPolicy = makePolicy(
  { "identity.clear": { people: [["site_admin", "hospital"]] } },
  { see: ["identity.clear"], notFound: "study.not-found" },
);
