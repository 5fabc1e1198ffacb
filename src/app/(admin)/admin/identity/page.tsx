import type { Metadata } from "next";
import { asSerialized, requireAllowedPerson } from "../../../_trpc/actor.ts";
import type { Outputs } from "../../../_trpc/types.ts";
import { IdentityScreen } from "./identity-screen.tsx";

export const metadata: Metadata = { title: "Patient identity" };

export default async function IdentityPage() {
  const { caller, me } = await requireAllowedPerson("/admin/identity", "identity");
  const initial = asSerialized<Outputs["identity"]["list"]>(await caller.identity.list());
  return <IdentityScreen me={me} initial={initial} at={Date.now()} />;
}
