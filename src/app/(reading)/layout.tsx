import type { ReactNode } from "react";
import { pageActor } from "../_trpc/actor.ts";
import { TrpcProvider } from "../_trpc/client.tsx";
import { LiveProvider } from "../_trpc/live.tsx";

/**
 * Pages of the reading group: dark unless the person chose otherwise. Hospital staff get the light theme of the office
 * pages.
 */
export default async function ReadingLayout({ children }: { children: ReactNode }) {
  const actor = await pageActor();
  return (
    <div
      data-room={actor?.orgKind === "hospital" ? "office" : "reading"}
      className="flex h-dvh flex-col overflow-hidden low:overflow-y-auto"
    >
      <TrpcProvider>
        <LiveProvider>{children}</LiveProvider>
      </TrpcProvider>
    </div>
  );
}
