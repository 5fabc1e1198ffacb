import type { ReactNode } from "react";
import { pageActor } from "../_trpc/actor.ts";
import { TrpcProvider } from "../_trpc/client.tsx";
import { LiveProvider } from "../_trpc/live.tsx";

/** The reading room: dark unless somebody chose otherwise. A hospital that looks at its studies sits in the office. */
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
