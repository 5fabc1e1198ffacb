import type { Metadata } from "next";
import { asSerialized, requireAllowedPerson } from "../../../_trpc/actor.ts";
import type { Outputs } from "../../../_trpc/types.ts";
import { SetAsideScreen } from "./set-aside-screen.tsx";

export const metadata: Metadata = { title: "Set aside" };

export default async function SetAsidePage() {
  const { caller, me } = await requireAllowedPerson("/admin/set-aside", "setAside");
  const initial = asSerialized<Outputs["quarantine"]["list"]>(await caller.quarantine.list({}));
  return <SetAsideScreen me={me} initial={initial} at={Date.now()} />;
}
