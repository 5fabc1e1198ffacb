import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { requireAllowedPerson } from "../../../_trpc/actor.ts";
import { ReadingScreen } from "./reading-screen.tsx";

/** No patient name in the title: it appears in the browser's history and on shared screens. */
export const metadata: Metadata = { title: "Reading" };

type Params = Promise<{ caseId: string }>;

/** The page fetches the case in parallel with the viewer's code. */
export default async function ReadingPage({ params }: { params: Params }) {
  const { caseId } = await params;
  if (!/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/.test(caseId)) notFound();
  const { me } = await requireAllowedPerson(`/studies/${caseId}`, "cases");
  return <ReadingScreen key={caseId} caseId={caseId} me={me} />;
}
