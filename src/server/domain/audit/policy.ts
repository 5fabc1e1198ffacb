import { makePolicy } from "../authorize.ts";

/** Who may read an organisation's audit trail. The only place in this room that knows a role by name. */
export const auditPolicy = makePolicy(
  {
    "audit.search": {
      people: [
        ["site_admin", "organization"],
        // Of the platform's own organisation: no hospital's trail.
        ["platform_operator", "organization"],
      ],
    },
  },
  { see: ["audit.search"], notFound: "org.not-found" },
);
