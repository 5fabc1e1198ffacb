import type { ReactNode } from "react";
import { TrpcProvider } from "../_trpc/client.tsx";
import { LiveProvider } from "../_trpc/live.tsx";

/** The office: light unless somebody chose otherwise. */
export default function OfficeLayout({ children }: { children: ReactNode }) {
  return (
    <div data-room="office" className="flex min-h-dvh flex-col">
      <TrpcProvider>
        <LiveProvider>{children}</LiveProvider>
      </TrpcProvider>
    </div>
  );
}
