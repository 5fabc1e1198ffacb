import { DomainError } from "@overread/shared/errors";
import { TRPCError } from "@trpc/server";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { asSerialized, requireAllowedPerson } from "../../../_trpc/actor.ts";
import type { ReaderView } from "../words.ts";
import { ReaderScreen } from "./reader-screen.tsx";

export const metadata: Metadata = { title: "Reader" };

export default async function ReaderPage({ params }: { params: Promise<{ userId: string }> }) {
  const { userId } = await params;
  const { caller, me } = await requireAllowedPerson(`/readers/${userId}`, "readers");
  try {
    const initial = asSerialized<ReaderView>(await caller.readers.get({ userId }));
    return <ReaderScreen me={me} initial={initial} at={Date.now()} />;
  } catch (error) {
    // An id that is none, or nobody's here.
    const isNobody = error instanceof TRPCError && (error.code === "BAD_REQUEST" || error.cause instanceof DomainError);
    if (isNobody) notFound();
    throw error;
  }
}
