import type { Metadata } from "next";
import { asSent, requirePersonWho } from "../../../_trpc/actor.ts";
import type { Facility } from "../../../_trpc/types.ts";
import { FacilitiesScreen } from "./facilities-screen.tsx";

export const metadata: Metadata = { title: "Facilities" };

export default async function FacilitiesPage() {
  const { caller, me } = await requirePersonWho("/admin/facilities", (person) => person.can.facilities);
  return <FacilitiesScreen me={me} initial={asSent<Facility[]>(await caller.facility.list())} at={Date.now()} />;
}
