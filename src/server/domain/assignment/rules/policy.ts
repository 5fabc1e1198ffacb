import { makePolicy } from "../../authorize.ts";

/** Who may see and change the rules of a reading group. The only file of these rooms that names roles. */
export const rulesPolicy = makePolicy(
  {
    "rules.read": { people: [["worklist_manager", "organization"]] },
    /** The open cases with who has them, who is there, and how evenly the work is spread. */
    "board.read": { people: [["worklist_manager", "organization"]] },
    "rules.save": { people: [["worklist_manager", "organization"]] },
  },
  { see: ["rules.read"], notFound: "resource.not-found" },
);
