import type { ReactNode } from "react";
import { TrpcProvider } from "../_trpc/client.tsx";
import { LiveProvider } from "../_trpc/live.tsx";

/** The reading room: dark unless somebody chose otherwise. */
export default function ReadingLayout({ children }: { children: ReactNode }) {
  return (
    <div data-room="reading" className="flex h-dvh flex-col overflow-hidden">
      <TrpcProvider>
        <LiveProvider>{children}</LiveProvider>
      </TrpcProvider>
    </div>
  );
}
