import type { Metadata } from "next";
import { requireAllowedPerson } from "../../_trpc/actor.ts";
import { OperatorScreen } from "./operator-screen.tsx";

export const metadata: Metadata = { title: "Platform" };

export default async function OperatorPage() {
  const { me } = await requireAllowedPerson("/operator", "platform");
  return <OperatorScreen me={me} />;
}
