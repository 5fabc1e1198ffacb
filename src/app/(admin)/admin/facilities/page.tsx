import type { Metadata } from "next";
import { asSerialized, requireAllowedPerson } from "../../../_trpc/actor.ts";
import type { Facility } from "../../../_trpc/types.ts";
import { FacilitiesScreen } from "./facilities-screen.tsx";

export const metadata: Metadata = { title: "Facilities" };

export default async function FacilitiesPage() {
  const { caller, me } = await requireAllowedPerson("/admin/facilities", "facilities");
  return <FacilitiesScreen me={me} initial={asSerialized<Facility[]>(await caller.facility.list())} at={Date.now()} />;
}
