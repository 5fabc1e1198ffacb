import type { Metadata } from "next";
import { asSerialized, requireAllowedPerson } from "../../../_trpc/actor.ts";
import type { Facility, Outputs } from "../../../_trpc/types.ts";
import { UsersScreen } from "./users-screen.tsx";

export const metadata: Metadata = { title: "People" };

export default async function UsersPage() {
  const { caller, me } = await requireAllowedPerson("/admin/users", "users");
  const initial = asSerialized<Outputs["user"]["list"]>(await caller.user.list());
  const facilities = me.can.facilities ? asSerialized<Facility[]>(await caller.facility.list()) : [];
  return (
    <UsersScreen
      me={me}
      initial={initial}
      at={Date.now()}
      facilities={facilities.filter((facility) => facility.settings !== null)}
    />
  );
}
