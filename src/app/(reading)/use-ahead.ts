import { useQueryClient } from "@tanstack/react-query";
import type { PrefetchKind } from "next/dist/client/components/router-reducer/router-reducer-types";
import { useRouter } from "next/navigation";
import { useEffect } from "react";
import { useTrpc, useTrpcClient } from "../_trpc/client.tsx";
import { warmAhead } from "../_viewer/index.tsx";
import { asProtocols } from "./kept-protocols.ts";

/** So long nothing else was asked for before the reader counts as looking at what he has. */
const settledMs = 1500;
/** On a busy list the first of the line changes by the minute, for every reader at once. */
const apartMs = 20_000;
let lastAt = Number.NEGATIVE_INFINITY;

/** So long the reader stays with a case before its page is fetched: not for each one that he passes. */
const staysMs = 300;

/** The reading page of a case, without the case: nothing of it is opened, nor anything of the patient asked for. */
export function usePageAhead(caseId: string | null): void {
  const router = useRouter();
  useEffect(() => {
    if (caseId === null) return;
    const timer = setTimeout(() => router.prefetch(`/studies/${caseId}`, { kind: "full" as PrefetchKind }), staysMs);
    return () => clearTimeout(timer);
  }, [caseId, router]);
}

/**
 * While the reader looks at something else the browser fetches what his next case shows first: the answer to Enter or to "next case" is then here already.
 *
 * @param at what he looks at; with another the next case is asked for again. Null: nothing is fetched.
 * @param afterFirstImage the page shows images of its own: those come first.
 */
export function useAhead(at: string | null, { afterFirstImage = false } = {}): void {
  const client = useTrpcClient();
  const trpc = useTrpc();
  const queryClient = useQueryClient();
  useEffect(() => {
    if (at === null) return;
    let left = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const fetchNext = async () => {
      // Not for a window that nobody looks at, nor on a connection that is to be spared.
      const { connection } = navigator as { connection?: { saveData?: boolean } };
      if (left || document.visibilityState === "hidden" || connection?.saveData) return;
      lastAt = performance.now();
      const next = await client.worklist.ahead.query().catch(() => null);
      if (!next) return;
      // The screen is laid out by the reader's own protocols first: with them another image may be the first.
      const kept = await queryClient.ensureQueryData(trpc.hanging.list.queryOptions()).catch(() => []);
      const unnamed = { studyDate: null, description: null };
      if (!left)
        await warmAhead({
          current: { ...next.current, label: "Current", ...unnamed },
          priors: next.priors.map((prior) => ({ ...prior, label: "Prior", ...unnamed })),
          protocols: asProtocols(kept),
        });
    };
    const settle = () => {
      clearTimeout(timer);
      timer = setTimeout(
        () => {
          if ("requestIdleCallback" in window) window.requestIdleCallback(() => void fetchNext(), { timeout: 5000 });
          else void fetchNext();
        },
        Math.max(settledMs, lastAt + apartMs - performance.now()),
      );
    };
    if (afterFirstImage) window.addEventListener("FIRST_IMAGE", settle);
    else settle();
    return () => {
      left = true;
      clearTimeout(timer);
      window.removeEventListener("FIRST_IMAGE", settle);
    };
  }, [at, afterFirstImage, client, trpc, queryClient]);
}
