import type { ReactNode } from "react";
import { TrpcProvider } from "../_trpc/client.tsx";
import { LiveProvider } from "../_trpc/live.tsx";

/** Light theme unless the person chose otherwise. */
export default function OfficeLayout({ children }: { children: ReactNode }) {
  return (
    <div data-room="office" className="flex min-h-dvh flex-col">
      <TrpcProvider>
        <LiveProvider>{children}</LiveProvider>
      </TrpcProvider>
    </div>
  );
}
