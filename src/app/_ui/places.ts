import type { Me } from "../_trpc/types.ts";

type Abilities = Me["can"];
export type Place = { href: string; label: string };

/** The pages with a place in the bar, in its order, and the ability that opens each. */
const office: readonly (Place & { may: keyof Abilities })[] = [
  { href: "/admin", label: "Edge routers", may: "edges" },
  { href: "/admin/facilities", label: "Facilities", may: "facilities" },
  { href: "/admin/service-levels", label: "Service levels", may: "serviceLevels" },
  { href: "/admin/users", label: "People", may: "users" },
  { href: "/admin/set-aside", label: "Set aside", may: "setAside" },
  { href: "/admin/damaged", label: "Damaged images", may: "damaged" },
  { href: "/admin/identity", label: "Identity", may: "identity" },
  { href: "/board", label: "Board", may: "board" },
  { href: "/assignment", label: "Rules", may: "rules" },
  { href: "/escalation", label: "Escalation", may: "ladder" },
  { href: "/tech-check", label: "Tech check", may: "techCheck" },
  { href: "/orders", label: "Orders", may: "orders" },
  { href: "/readers", label: "Readers", may: "readers" },
  { href: "/discrepancies", label: "Discrepancies", may: "discrepancies" },
  { href: "/operator", label: "Platform", may: "platform" },
  { href: "/admin/audit", label: "Audit", may: "audit" },
];

/** The places of somebody, each once, the start page first: the work nearest to patients, and last a list that is only looked at. */
export function placesOf({ can, org }: Pick<Me, "can"> & { org: Pick<Me["org"], "kind"> }): Place[] {
  const worklist = can.worklist ? [{ href: "/worklist", label: org.kind === "hospital" ? "Studies" : "Worklist" }] : [];
  const reports = can.referrals ? [{ href: "/reports", label: "Reports" }] : [];
  return [
    ...(can.hold ? worklist : []),
    ...reports,
    ...(can.cases && !can.hold ? worklist : []),
    ...office.filter(({ may }) => can[may]).map(({ href, label }) => ({ href, label })),
    ...(can.cases || can.hold ? [] : worklist),
  ];
}

export function startPageOf(me: Parameters<typeof placesOf>[0]): string {
  return placesOf(me)[0]?.href ?? "/no-place";
}
