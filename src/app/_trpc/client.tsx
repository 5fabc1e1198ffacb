"use client";

import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createTRPCClient, httpBatchLink, TRPCClientError } from "@trpc/client";
import { createTRPCContext } from "@trpc/tanstack-react-query";
import { type ReactNode, useState } from "react";
import type { AppRouter } from "#server/trpc/root.ts";
import { appCodeOf } from "./errors.ts";

const context = createTRPCContext<AppRouter>();
/** Options for `useQuery` and `useMutation`, typed by the router. */
export const useTrpc = context.useTRPC;
/** The plain client, for calls that are not bound to a component's life. */
export const useTrpcClient = context.useTRPCClient;

function newQueryClient(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({
      onError(error) {
        // The session ended (idle, revoked, signed out elsewhere): say so on the sign-in page instead of a dead screen.
        if (appCodeOf(error) === "auth.required" && window.location.pathname !== "/sign-in")
          window.location.assign("/sign-in?ended=1");
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

/** Queries travel by POST as well: what somebody searches for (a name, a patient id) does not belong in a URL or its logs. */
function newClient() {
  return createTRPCClient<AppRouter>({
    links: [httpBatchLink({ url: "/api/trpc", methodOverride: "POST", maxItems: 8 })],
  });
}

export function TrpcProvider({ children }: { children: ReactNode }) {
  const [queryClient] = useState(newQueryClient);
  const [trpcClient] = useState(newClient);
  return (
    <QueryClientProvider client={queryClient}>
      <context.TRPCProvider trpcClient={trpcClient} queryClient={queryClient}>
        {children}
      </context.TRPCProvider>
    </QueryClientProvider>
  );
}
