/** Where each role works. This is only the way there: whether the door opens is decided by the policies behind it. */
export type Place = { href: string; label: string };

const byRole: Record<string, Place[]> = {
  radiologist: [{ href: "/worklist", label: "Worklist" }],
  worklist_manager: [{ href: "/worklist", label: "Worklist" }],
  technologist: [{ href: "/worklist", label: "Studies" }],
  referring_physician: [{ href: "/reports", label: "Reports" }],
  site_admin: [
    { href: "/admin", label: "Edge routers" },
    { href: "/admin/facilities", label: "Facilities" },
    { href: "/admin/users", label: "People" },
    { href: "/admin/set-aside", label: "Set aside" },
    { href: "/admin/damaged", label: "Damaged images" },
    { href: "/admin/identity", label: "Identity" },
    { href: "/admin/audit", label: "Audit" },
    { href: "/worklist", label: "Studies" },
  ],
  platform_operator: [{ href: "/operator", label: "Platform" }],
};
/** Somebody with several roles starts with the work nearest to patients. */
const order = [
  "radiologist",
  "worklist_manager",
  "referring_physician",
  "technologist",
  "site_admin",
  "platform_operator",
];

/** The places of these roles, each once, the start page first. */
export function placesOf(roles: readonly string[]): Place[] {
  const all = order.filter((role) => roles.includes(role)).flatMap((role) => byRole[role] ?? []);
  return all.filter((place, index) => all.findIndex((other) => other.href === place.href) === index);
}

export function startPageOf(roles: readonly string[]): string {
  return placesOf(roles)[0]?.href ?? "/no-place";
}

/** Whether one of these roles works at this address. */
export function worksAt(roles: readonly string[], href: string): boolean {
  return placesOf(roles).some((place) => place.href === href);
}
