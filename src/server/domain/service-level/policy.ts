import { makePolicy } from "../authorize.ts";

/** Who may see and say what a contract promises. The hospital says it; the group's lead sees it, with what was promised before. */
export const serviceLevelPolicy = makePolicy(
  {
    "service-level.read": {
      people: [
        ["site_admin", "hospital"],
        ["worklist_manager", "reader"],
      ],
    },
    "service-level.save": { people: [["site_admin", "hospital"]] },
  },
  { see: ["service-level.read"], notFound: "contract.not-found" },
);
