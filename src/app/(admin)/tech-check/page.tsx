import type { Metadata } from "next";
import { asSerialized, requireAllowedPerson } from "../../_trpc/actor.ts";
import type { WorklistAnswer } from "../../_trpc/types.ts";
import { inputOf } from "./check-list.ts";
import { CheckScreen } from "./check-screen.tsx";

export const metadata: Metadata = { title: "Tech check" };

export default async function TechCheckPage() {
  const { caller, me } = await requireAllowedPerson("/tech-check", "techCheck");
  const initial = asSerialized<WorklistAnswer>(await caller.worklist.list(inputOf("waiting")));
  const facilities = await caller.facility.list();
  const asked = facilities.some(({ techCheck }) => techCheck);
  return <CheckScreen me={me} initial={initial} at={Date.now()} isAsked={asked} />;
}
