import { makePolicy } from "../authorize.ts";

/** Who keeps hanging protocols. The only file in this module that names roles. */
export const hangingPolicy = makePolicy(
  {
    "protocol.use": { people: [["radiologist", "organization"]] },
    /** Others' that are shared: to take away what has got lost. */
    "protocol.remove-shared": { people: [["worklist_manager", "organization"]] },
  },
  { see: ["protocol.use", "protocol.remove-shared"], notFound: "resource.not-found" },
);
