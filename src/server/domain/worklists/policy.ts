import { makePolicy } from "../authorize.ts";
import { casePolicy } from "../reading/index.ts";

/** Whoever has a worklist keeps lists of it. The only file in this module that names roles. */
const people = [...new Set(casePolicy.table["case.list"].people.map(([role]) => role))].map(
  (role) => [role, "organization"] as const,
);

export const listPolicy = makePolicy(
  {
    "list.use": { people },
    /** For others: a role, a group of readers, everybody. */
    "list.share": {
      people: [
        ["worklist_manager", "organization"],
        ["site_admin", "organization"],
      ],
    },
  },
  { see: ["list.use"], notFound: "resource.not-found" },
);
