import { makePolicy } from "../authorize.ts";

/** Who may ask who reads what, and why. What may be done to one case is the case's policy (`reading/policy.ts`). */
export const assignmentPolicy = makePolicy(
  {
    /** Decide and distribute, by the rules: the product itself, for the group. */
    "assignment.run": { people: [], machines: ["system"] },
    /** Every reader held against a case. */
    "assignment.trace": { people: [["worklist_manager", "reader"]] },
    /** Why it is his. */
    "assignment.why-me": { people: [["radiologist", "reader"]] },
    /** What is offered and assigned to him, and his next case. */
    "assignment.mine": { people: [["radiologist", "reader"]] },
  },
  { see: ["assignment.trace", "assignment.why-me"], notFound: "case.not-found" },
);
