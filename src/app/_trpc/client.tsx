"use client";

import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createTRPCClient, httpBatchLink, TRPCClientError } from "@trpc/client";
import { createTRPCContext } from "@trpc/tanstack-react-query";
import { type ReactNode, useState } from "react";
import type { AppRouter } from "#server/trpc/root.ts";
import { msSinceActivity, useActivityWatch } from "../_ui/activity.ts";
import { appCodeOf } from "./errors.ts";
import { fetchWithServerTime } from "./server-time.ts";
import { sessionHasEnded } from "./session-ended.ts";
import { SignInAgain } from "./sign-in-again.tsx";

const context = createTRPCContext<AppRouter>();
/** Options for `useQuery` and `useMutation`, typed by the router. */
export const useTrpc = context.useTRPC;
/** The plain client, for calls that outlive a component. */
export const useTrpcClient = context.useTRPCClient;

function newQueryClient(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({
      onError(error) {
        // The session ended (idle, revoked, signed out elsewhere): shows the sign-in.
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

/** Without activity for this long, requests count as automatic refresh. */
const unattendedMs = 60_000;

/** Queries travel by POST as well: a search term (a name, a patient ID) does not belong in a URL or its logs. */
function newClient() {
  return createTRPCClient<AppRouter>({
    links: [
      httpBatchLink({
        url: "/api/trpc",
        methodOverride: "POST",
        maxItems: 8,
        fetch: (input, init) => fetchWithServerTime(input, init as RequestInit),
        // A screen that refreshes itself unattended must not keep the session alive.
        headers: () => (msSinceActivity() > unattendedMs ? { "x-overread-unattended": "1" } : {}),
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
