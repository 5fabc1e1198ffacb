import { makePolicy } from "../../authorize.ts";

/** Who may see and change the rules of a reading group. The only file of these rooms that names roles. */
export const rulesPolicy = makePolicy(
  {
    "rules.read": { people: [["worklist_manager", "organization"]] },
    /** The open cases with who has them, who is there, and how evenly the work is spread. */
    "board.read": { people: [["worklist_manager", "organization"]] },
    /** Publish what a shift that is over was like: the product itself. */
    "fairness.publish": { people: [], machines: ["system"] },
    /** One's own figures beside the group's. */
    "fairness.own": { people: [["radiologist", "organization"]] },
    "rules.save": { people: [["worklist_manager", "organization"]] },
  },
  { see: ["rules.read"], notFound: "resource.not-found" },
);
