import type { Metadata } from "next";
import { asSerialized, requireAllowedPerson } from "../../_trpc/actor.ts";
import type { WorklistAnswer } from "../../_trpc/types.ts";
import { inputFor, listOf } from "./lists.ts";
import { WorklistScreen } from "./worklist-screen.tsx";

export const metadata: Metadata = { title: "Worklist" };

type Search = Promise<Record<string, string | string[] | undefined>>;

/** The list is rendered with the page, so that the first view shows cases and no placeholders. */
export default async function WorklistPage({ searchParams }: { searchParams: Search }) {
  const { caller, me } = await requireAllowedPerson("/worklist", "worklist");
  const asked = (await searchParams).list;
  const hospital = me.org.kind === "hospital";
  const list = !me.can.sign && !asked ? "all" : listOf(Array.isArray(asked) ? asked[0] : asked);
  const initial = asSerialized<WorklistAnswer>(await caller.worklist.list(inputFor(list, "")));
  return <WorklistScreen me={me} initialList={list} initial={initial} initialAt={Date.now()} hospital={hospital} />;
}
