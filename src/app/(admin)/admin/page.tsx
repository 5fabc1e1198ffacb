import type { Metadata } from "next";
import { asSerialized, requireAllowedPerson } from "../../_trpc/actor.ts";
import type { Edge, Facility } from "../../_trpc/types.ts";
import { EdgesScreen } from "./edges-screen.tsx";

export const metadata: Metadata = { title: "Edge routers" };

export default async function AdminPage() {
  const { caller, me } = await requireAllowedPerson("/admin", "edges");
  const edges = asSerialized<Edge[]>(await caller.edge.list());
  const facilities = asSerialized<Facility[]>(await caller.facility.list());
  return <EdgesScreen me={me} edges={edges} facilities={facilities} at={Date.now()} />;
}
