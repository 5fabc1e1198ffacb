import type { Metadata } from "next";
import { asSerialized, requireAllowedPerson } from "../../_trpc/actor.ts";
import type { Outputs } from "../../_trpc/types.ts";
import { DiscrepanciesScreen } from "./discrepancies-screen.tsx";
import { addressOf, readSearch } from "./search.ts";

export const metadata: Metadata = { title: "Discrepancies" };

type Given = Promise<Record<string, string | string[] | undefined>>;

export default async function DiscrepanciesPage({ searchParams }: { searchParams: Given }) {
  const { caller, me } = await requireAllowedPerson("/discrepancies", "discrepancies");
  const search = readSearch(await searchParams);
  const initial = asSerialized<Outputs["discrepancy"]["list"]>(await caller.discrepancy.list(search));
  // Another filter is another list: its fields begin with what the address says.
  return <DiscrepanciesScreen key={addressOf(search)} me={me} search={search} initial={initial} at={Date.now()} />;
}
