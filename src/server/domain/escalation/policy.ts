import { makePolicy } from "../authorize.ts";

/** Who may do what about alarms. Who may see a case may see which were given for it (`reading/policy.ts`). */
export const escalationPolicy = makePolicy(
  {
    "ladder.read": { people: [["worklist_manager", "organization"]] },
    "ladder.save": { people: [["worklist_manager", "organization"]] },
    "case.escalate": { people: [], machines: ["system"] },
  },
  { see: ["ladder.read"], notFound: "case.not-found" },
);
