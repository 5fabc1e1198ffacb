import type { Metadata } from "next";
import { asSent, requirePersonWho } from "../../_trpc/actor.ts";
import type { Outputs } from "../../_trpc/types.ts";
import { worksAt } from "../../_ui/places.ts";
import { ReportsScreen } from "./reports-screen.tsx";

export const metadata: Metadata = { title: "Reports" };

export default async function ReportsPage() {
  const { caller, me } = await requirePersonWho("/reports", (person) => worksAt(person.roles, "/reports"));
  const initial = asSent<Outputs["referral"]["list"]>(await caller.referral.list({}));
  return <ReportsScreen me={me} initial={initial} initialAt={Date.now()} />;
}
