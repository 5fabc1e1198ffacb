import type { Metadata } from "next";
import { asSerialized, requireAllowedPerson } from "../../../_trpc/actor.ts";
import type { ServiceLevels } from "../../../_trpc/types.ts";
import { ServiceLevelsScreen } from "./service-levels-screen.tsx";

export const metadata: Metadata = { title: "Service levels" };

export default async function ServiceLevelsPage() {
  const { caller, me } = await requireAllowedPerson("/admin/service-levels", "serviceLevels");
  const initial = asSerialized<ServiceLevels[]>(await caller.serviceLevel.list());
  return <ServiceLevelsScreen me={me} initial={initial} at={Date.now()} />;
}
