import type { Actor } from "#server/context.ts";
import { makePolicy } from "../authorize.ts";

/** Who may do what to an organisation's accounts and facilities. The only file in this module that names roles. */
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
    /** See whether the platform is well; nothing of any organisation. */
    "platform.watch": { people: [["platform_operator", "organization"]] },
  },
  { see: ["user.manage", "facility.list"], notFound: "user.not-found" },
);

/**
 * Whether a colleague's remit lies within the caller's: an administrator of one facility neither creates nor
 * deactivates accounts with a wider remit. An empty remit is the whole organisation.
 */
export function withinRemit(actor: Actor, facilityIds: readonly string[]): boolean {
  if (actor.kind !== "user" || actor.facilityIds.length === 0) return true;
  return facilityIds.length > 0 && facilityIds.every((id) => actor.facilityIds.includes(id));
}
