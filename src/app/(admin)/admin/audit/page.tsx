import type { Metadata } from "next";
import { asSerialized, requireAllowedPerson } from "../../../_trpc/actor.ts";
import type { Outputs } from "../../../_trpc/types.ts";
import { AuditScreen } from "./audit-screen.tsx";

export const metadata: Metadata = { title: "Audit" };

export default async function AuditPage() {
  const { caller, me } = await requireAllowedPerson("/admin/audit", "audit");
  const people = me.can.users ? asSerialized<Outputs["user"]["list"]>(await caller.user.list()).items : [];
  return <AuditScreen me={me} people={people} />;
}
