import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { requirePersonWho } from "../../../_trpc/actor.ts";
import { worksAt } from "../../../_ui/places.ts";
import { ReadingScreen } from "./reading-screen.tsx";

/** No patient in the title: it stays in the browser's history and on shared screens. */
export const metadata: Metadata = { title: "Reading" };

type Params = Promise<{ caseId: string }>;

/** The case itself is fetched by the page, side by side with the viewer's code: whichever comes last decides, not their sum. */
export default async function ReadingPage({ params }: { params: Params }) {
  const { caseId } = await params;
  if (!/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/.test(caseId)) notFound();
  const { me } = await requirePersonWho(`/studies/${caseId}`, (person) => worksAt(person.roles, "/worklist"));
  return <ReadingScreen key={caseId} caseId={caseId} me={me} />;
}
