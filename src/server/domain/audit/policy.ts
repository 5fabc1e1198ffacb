import { makePolicy } from "../authorize.ts";

/** Who may read an organisation's audit trail. The only file in this module that names roles. */
export const auditPolicy = makePolicy(
  {
    "audit.search": {
      people: [
        ["site_admin", "organization"],
        // For the platform's own organisation, not for a hospital's trail.
        ["platform_operator", "organization"],
      ],
    },
  },
  { see: ["audit.search"], notFound: "org.not-found" },
);
