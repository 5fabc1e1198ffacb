import type { Metadata } from "next";
import { asSent, requirePersonWho } from "../../../_trpc/actor.ts";
import type { Outputs } from "../../../_trpc/types.ts";
import { worksAt } from "../../../_ui/places.ts";
import { AuditScreen } from "./audit-screen.tsx";

export const metadata: Metadata = { title: "Audit" };

export default async function AuditPage() {
  const { caller, me } = await requirePersonWho("/admin/audit", (person) => worksAt(person.roles, "/admin/audit"));
  const people = me.can.users ? asSent<Outputs["user"]["list"]>(await caller.user.list()).items : [];
  return <AuditScreen me={me} people={people} />;
}
