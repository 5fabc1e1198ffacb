import type { Metadata } from "next";
import { asSerialized, requireAllowedPerson } from "../../_trpc/actor.ts";
import { ReadersScreen } from "./readers-screen.tsx";
import type { ReadersAnswer } from "./words.ts";

export const metadata: Metadata = { title: "Readers" };

export default async function ReadersPage() {
  const { caller, me } = await requireAllowedPerson("/readers", "readers");
  return <ReadersScreen me={me} initial={asSerialized<ReadersAnswer>(await caller.readers.list())} at={Date.now()} />;
}
