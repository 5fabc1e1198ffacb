import type { Metadata } from "next";
import { cookies } from "next/headers";
import { asSerialized, requireAllowedPerson } from "../../_trpc/actor.ts";
import type { Outputs, WorklistAnswer } from "../../_trpc/types.ts";
import { parseView } from "./case-views.ts";
import { densityCookie, densityOf } from "./density.ts";
import { inputFor, listOf } from "./lists.ts";
import { WorklistScreen } from "./worklist-screen.tsx";

export const metadata: Metadata = { title: "Worklist" };

type Search = Promise<Record<string, string | string[] | undefined>>;

/** The list is rendered with the page, so that the first view shows cases and no placeholders. */
export default async function WorklistPage({ searchParams }: { searchParams: Search }) {
  const { caller, me } = await requireAllowedPerson("/worklist", "worklist");
  const { list: asked, view } = await searchParams;
  const one = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value);
  const hospital = me.org.kind === "hospital";
  const lists = asSerialized<Outputs["list"]["all"]>(await caller.list.all());
  const kept = lists.lists.find(({ listId }) => listId === one(asked));
  const list = kept?.listId ?? (!me.can.sign && !asked ? "all" : listOf(one(asked)));
  const changed = parseView(one(view));
  const shown = changed ?? kept?.view ?? null;
  const initial = asSerialized<WorklistAnswer>(
    await caller.worklist.list(inputFor(shown?.base ?? listOf(list), "", shown)),
  );
  const density = densityOf((await cookies()).get(densityCookie)?.value);
  return (
    <WorklistScreen
      // A link to another list, such as from a notice, is another list.
      key={`${list} ${one(view) ?? ""}`}
      me={me}
      initialList={list}
      initial={initial}
      initialAt={Date.now()}
      hospital={hospital}
      initialDensity={density}
      initialView={changed}
      initialLists={lists}
    />
  );
}
