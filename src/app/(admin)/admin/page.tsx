import type { Metadata } from "next";
import { asSent, requirePersonWho } from "../../_trpc/actor.ts";
import type { Edge, Facility } from "../../_trpc/types.ts";
import { EdgesScreen } from "./edges-screen.tsx";

export const metadata: Metadata = { title: "Edge routers" };

export default async function AdminPage() {
  const { caller, me } = await requirePersonWho("/admin", (person) => person.can.edges);
  const edges = asSent<Edge[]>(await caller.edge.list());
  const facilities = asSent<Facility[]>(await caller.facility.list());
  return <EdgesScreen me={me} edges={edges} facilities={facilities} at={Date.now()} />;
}
