"use client";

import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createTRPCClient, httpBatchLink, TRPCClientError } from "@trpc/client";
import { createTRPCContext } from "@trpc/tanstack-react-query";
import { type ReactNode, useState } from "react";
import type { AppRouter } from "#server/trpc/root.ts";
import { idleMs, useActivityWatch } from "../_ui/activity.ts";
import { appCodeOf } from "./errors.ts";
import { fetchHearingTime } from "./server-time.ts";
import { sessionHasEnded } from "./session-ended.ts";
import { SignInAgain } from "./sign-in-again.tsx";

const context = createTRPCContext<AppRouter>();
/** Options for `useQuery` and `useMutation`, typed by the router. */
export const useTrpc = context.useTRPC;
/** The plain client, for calls that are not bound to a component's life. */
export const useTrpcClient = context.useTRPCClient;

function newQueryClient(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({
      onError(error) {
        // The session ended (idle, revoked, signed out elsewhere): a sign-in instead of a dead screen.
        if (appCodeOf(error) === "auth.required") sessionHasEnded();
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        refetchOnWindowFocus: true,
        retry(failures, error) {
          const status = error instanceof TRPCClientError ? error.data?.httpStatus : undefined;
          return failures < 2 && !(typeof status === "number" && status < 500);
        },
      },
    },
  });
}

/** Without a touch for this long, what a screen asks is its own doing. */
const unattendedMs = 60_000;

/** Queries travel by POST as well: what somebody searches for (a name, a patient id) does not belong in a URL or its logs. */
function newClient() {
  return createTRPCClient<AppRouter>({
    links: [
      httpBatchLink({
        url: "/api/trpc",
        methodOverride: "POST",
        maxItems: 8,
        fetch: (input, init) => fetchHearingTime(input, init as RequestInit),
        // A screen that refreshes itself in an empty room must not keep a session open.
        headers: () => (idleMs() > unattendedMs ? { "x-overread-unattended": "1" } : {}),
      }),
    ],
  });
}

export function TrpcProvider({ children }: { children: ReactNode }) {
  const [queryClient] = useState(newQueryClient);
  const [trpcClient] = useState(newClient);
  useActivityWatch();
  return (
    <QueryClientProvider client={queryClient}>
      <context.TRPCProvider trpcClient={trpcClient} queryClient={queryClient}>
        {children}
        <SignInAgain />
      </context.TRPCProvider>
    </QueryClientProvider>
  );
}
