import type { Metadata } from "next";
import { asSerialized, requireAllowedPerson } from "../../../_trpc/actor.ts";
import type { Outputs } from "../../../_trpc/types.ts";
import { DamagedScreen } from "./damaged-screen.tsx";

export const metadata: Metadata = { title: "Damaged images" };

export default async function DamagedPage() {
  const { caller, me } = await requireAllowedPerson("/admin/damaged", "damaged");
  const initial = asSerialized<Outputs["damage"]["list"]>(await caller.damage.list({}));
  return <DamagedScreen me={me} initial={initial} at={Date.now()} />;
}
