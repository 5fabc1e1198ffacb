"use client";

import { mostReserved, reservedMinutes } from "@overread/shared/reservation";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Bookmark } from "lucide-react";
import { useCallback, useEffect, useRef } from "react";
import { useTrpc, useTrpcClient } from "../_trpc/client.tsx";
import { messageFor } from "../_trpc/errors.ts";
import type { WorklistItem } from "../_trpc/types.ts";
import { msSinceActivity } from "../_ui/activity.ts";
import { Button } from "../_ui/button.tsx";
import { formatExact, formatWhen, plural } from "../_ui/format.ts";
import { useNow, useZone } from "../_ui/now.tsx";
import { useToast } from "../_ui/toast.tsx";
import { countWindow, isLastWindow } from "./windows.ts";

const lifeEveryMs = (reservedMinutes * 60_000) / 3;

/**
 * Keeps what this reader reserved while somebody is active here, and lets it go when the last window closes. A browser
 * that crashes gives no sign of life, and the reservation lapses.
 */
export function ReservationKeeper() {
  const client = useTrpcClient();
  const trpc = useTrpc();
  const queryClient = useQueryClient();
  const { data } = useQuery(trpc.worklist.reserved.queryOptions());
  const some = (data?.length ?? 0) > 0;
  const any = useRef(some);
  any.current = some;
  useEffect(() => {
    countWindow();
    const onHide = (event: PageTransitionEvent) => {
      if (event.persisted || !any.current || !isLastWindow()) return;
      void fetch("/api/trpc/worklist.leaveReserved", {
        method: "POST",
        keepalive: true,
        // Without a body that is JSON the portal refuses it.
        headers: { "content-type": "application/json" },
        body: "{}",
      }).catch(() => {
        // It lapses by itself.
      });
    };
    window.addEventListener("pagehide", onHide);
    return () => window.removeEventListener("pagehide", onHide);
  }, []);
  useEffect(() => {
    if (!some) return;
    const live = () => {
      // Reservations are kept for people, not for open windows.
      if (msSinceActivity() > lifeEveryMs) return;
      void client.worklist.keepReserved
        .mutate()
        .then((kept) => queryClient.setQueryData(trpc.worklist.reserved.queryKey(), kept))
        .catch(() => {
          // Without an answer the time still runs; the next sign of life tries again.
        });
    };
    // At once too: the page may have been loaded again, and its reservations are about to end.
    live();
    const timer = setInterval(live, lifeEveryMs);
    return () => clearInterval(timer);
  }, [some, client, queryClient, trpc]);
  return null;
}

/** Reserves the next few cases for this reader. */
export function useReserve(): { reserve: () => void; pending: boolean } {
  const trpc = useTrpc();
  const toast = useToast();
  const queryClient = useQueryClient();
  const { mutate, isPending } = useMutation(
    trpc.worklist.reserve.mutationOptions({
      onSuccess: ({ kept, passedOver }) => {
        queryClient.setQueryData(trpc.worklist.reserved.queryKey(), kept);
        toast(
          kept.length === 0
            ? passedOver.length > 0
              ? `${plural(passedOver.length, "case")} ${passedOver.length === 1 ? "waits" : "wait"}, and none is for you to reserve. The case panel says why.`
              : "Nothing that can be reserved is waiting. STAT cases are for whoever is free."
            : `${plural(kept.length, "case")} reserved for you. They are free again when you close the last window.`,
        );
      },
      onError: (error) => toast(messageFor(error), { tone: "problem" }),
      onSettled: () => void queryClient.invalidateQueries({ queryKey: trpc.worklist.pathKey() }),
    }),
  );
  const reserve = useCallback(() => mutate({ count: mostReserved }), [mutate]);
  return { reserve, pending: isPending };
}

/** In a row: whose the case is next. */
export function ReserveMark({ item, userId }: { item: WorklistItem; userId: string }) {
  const zone = useZone();
  if (!item.reserved) return null;
  const mine = item.reserved.id === userId;
  return (
    <span
      title={`Reserved ${mine ? "by you" : `by ${item.reserved.name}`} until ${formatExact(item.reserved.until, zone)}`}
      className={mine ? "text-accent" : "text-quiet"}
    >
      <Bookmark className="mr-1 inline size-3.5 align-[-2px]" aria-hidden="true" />
      {/* The column is narrow, and for whom is what must be legible. */}
      {mine ? "For you" : `For ${item.reserved.name}`}
    </span>
  );
}

/** The same for the side panel, with the way back. */
export function ReserveLine({ item, userId }: { item: WorklistItem; userId: string }) {
  const trpc = useTrpc();
  const toast = useToast();
  const zone = useZone();
  const now = useNow();
  const queryClient = useQueryClient();
  const unreserve = useMutation(
    trpc.worklist.unreserve.mutationOptions({
      onSuccess: () => toast("The case is free for everybody."),
      onError: (error) => toast(messageFor(error), { tone: "problem" }),
      onSettled: () => void queryClient.invalidateQueries({ queryKey: trpc.worklist.pathKey() }),
    }),
  );
  if (!item.reserved) return null;
  return (
    <>
      <dt className="text-quiet">Reserved</dt>
      <dd>
        {item.reserved.id === userId ? "by you" : `by ${item.reserved.name}`} until{" "}
        {formatWhen(item.reserved.until, now, zone)}
        {item.can.unreserve ? (
          <Button
            className="mt-1 block h-7 text-xs"
            disabled={unreserve.isPending}
            onClick={() => unreserve.mutate({ caseId: item.caseId })}
          >
            Give back
          </Button>
        ) : null}
      </dd>
    </>
  );
}
