import type { Metadata } from "next";
import { asSerialized, requireAllowedPerson } from "../../_trpc/actor.ts";
import type { Outputs } from "../../_trpc/types.ts";
import { ReportsScreen } from "./reports-screen.tsx";

export const metadata: Metadata = { title: "Reports" };

export default async function ReportsPage() {
  const { caller, me } = await requireAllowedPerson("/reports", "referrals");
  const initial = asSerialized<Outputs["referral"]["list"]>(await caller.referral.list({}));
  return <ReportsScreen me={me} initial={initial} initialAt={Date.now()} />;
}
