import type { Metadata } from "next";
import { asSerialized, requireAllowedPerson } from "../../_trpc/actor.ts";
import type { Outputs } from "../../_trpc/types.ts";
import { EscalationScreen } from "./escalation-screen.tsx";

export const metadata: Metadata = { title: "Escalation" };

export default async function EscalationPage() {
  const { caller, me } = await requireAllowedPerson("/escalation", "ladder");
  const initial = asSerialized<Outputs["escalation"]["ladder"]>(await caller.escalation.ladder());
  return <EscalationScreen me={me} initial={initial} at={Date.now()} />;
}
