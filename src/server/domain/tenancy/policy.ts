import { makePolicy } from "../authorize.ts";

/** Who may do what to an organisation's people and places. The only place in this room that knows a role by name. */
export const tenancyPolicy = makePolicy(
  {
    "facility.list": {
      people: [
        ["site_admin", "hospital"],
        ["technologist", "hospital"],
        ["radiologist", "organization"],
        ["worklist_manager", "organization"],
      ],
    },
    "facility.manage": { people: [["site_admin", "hospital"]] },
    "user.manage": { people: [["site_admin", "organization"]] },
  },
  { see: ["user.manage", "facility.list"], notFound: "user.not-found" },
);
