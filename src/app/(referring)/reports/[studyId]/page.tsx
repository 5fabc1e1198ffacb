import { DomainError } from "@overread/shared/errors";
import { TRPCError } from "@trpc/server";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { asSerialized, requireAllowedPerson } from "../../../_trpc/actor.ts";
import type { Referral } from "../../../_trpc/types.ts";
import { ReferralScreen } from "./referral-screen.tsx";

export const metadata: Metadata = { title: "Report" };

type Params = Promise<{ studyId: string }>;

/** The report is rendered with the page: nobody waits for a second request. */
export default async function ReferralPage({ params }: { params: Params }) {
  const { studyId } = await params;
  if (!/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/.test(studyId)) notFound();
  const { caller, me } = await requireAllowedPerson(`/reports/${studyId}`, "referrals");
  const referral = await caller.referral.get({ studyId }).catch((error: unknown) => {
    const cause = error instanceof TRPCError ? error.cause : null;
    if (cause instanceof DomainError && cause.code === "study.not-found") notFound();
    throw error;
  });
  return <ReferralScreen me={me} initial={asSerialized<Referral>(referral)} initialAt={Date.now()} />;
}
