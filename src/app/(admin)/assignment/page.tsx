import type { Metadata } from "next";
import { asSerialized, requireAllowedPerson } from "../../_trpc/actor.ts";
import type { Outputs } from "../../_trpc/types.ts";
import { RulesScreen } from "./rules-screen.tsx";

export const metadata: Metadata = { title: "Assignment rules" };

export default async function AssignmentPage() {
  const { caller, me } = await requireAllowedPerson("/assignment", "rules");
  const initial = asSerialized<Outputs["rules"]["list"]>(await caller.rules.list());
  return <RulesScreen me={me} initial={initial} at={Date.now()} />;
}
