"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { useTrpc, useTrpcClient } from "../_trpc/client.tsx";
import { appCodeOf, detailsOf, messageFor } from "../_trpc/errors.ts";
import { serverNow } from "../_trpc/server-time.ts";
import { sessionHasEnded } from "../_trpc/session-ended.ts";
import type { WorklistItem } from "../_trpc/types.ts";
import { msSinceActivity } from "../_ui/activity.ts";
import {
  cancelRelease,
  forgetClaim,
  type HeldClaim,
  heldClaim,
  holdClaim,
  isHandedOn,
  releaseNow,
  releaseSoon,
} from "./claims.ts";

/** Errors that say nothing about the lease, which keeps running: no answer, or an expired session. */
const unanswered = new Set(["network", "internal", "auth.required"]);

export type ClaimView = {
  /** `none`: this person may not or need not claim; `held`: writing is possible; `lost`: the claim has ended. */
  phase: "none" | "claiming" | "held" | "lost";
  claim: HeldClaim | null;
  /** Why there is no claim, in a sentence. */
  problem: string | null;
};

/**
 * The claim of the open case: taken on opening where that is allowed, renewed every third of its length while somebody
 * is active, released on leaving unless there is a draft.
 *
 * @param keepOnLeave whether there is a draft: then the claim stays until it expires
 */
export function useClaim(
  caseId: string,
  item: WorklistItem | undefined,
  userId: string,
  keepOnLeave: boolean,
): ClaimView & { claimAgain: () => Promise<HeldClaim | null>; reportLost: (error: unknown) => void } {
  const client = useTrpcClient();
  const trpc = useTrpc();
  const queryClient = useQueryClient();
  const [view, setView] = useState<ClaimView>(() => {
    const claim = heldClaim(caseId);
    return { phase: claim ? "held" : "none", claim, problem: null };
  });
  const keep = useRef(keepOnLeave);
  keep.current = keepOnLeave;
  const shown = useRef(view.phase);
  shown.current = view.phase;
  /** The status before the claim was requested. */
  const before = useRef(view.phase);
  const again = useRef<() => Promise<HeldClaim | null>>(() => Promise.resolve(null));
  const asking = useRef<Promise<HeldClaim | null> | null>(null);

  const claimAgain = useCallback((): Promise<HeldClaim | null> => {
    const ask = async () => {
      before.current = shown.current === "claiming" ? "none" : shown.current;
      setView((was) => ({ ...was, phase: was.claim ? was.phase : "claiming" }));
      try {
        const claim = holdClaim(caseId, await client.worklist.claim.mutate({ caseId }));
        setView({ phase: "held", claim, problem: null });
        return claim;
      } catch (error) {
        const code = appCodeOf(error);
        if (unanswered.has(code)) {
          // The error does not mean that the case is lost: the status stays, and after a sign-in the claim is requested
          // again.
          const problem = code === "auth.required" ? null : messageFor(error);
          setView((was) => ({ ...was, phase: was.phase === "claiming" ? before.current : was.phase, problem }));
          if (code === "auth.required") sessionHasEnded(() => void again.current());
          return null;
        }
        forgetClaim(caseId);
        const name = detailsOf(error).claimedByName;
        const problem = code === "case.already-claimed" && name ? `${name} has this case now.` : messageFor(error);
        setView((was) => ({ phase: was.phase === "claiming" ? "none" : "lost", claim: null, problem }));
        return null;
      } finally {
        asking.current = null;
        // The caller's abilities (edit, sign) change with the claim.
        void queryClient.invalidateQueries({ queryKey: trpc.report.get.queryKey({ caseId }) });
      }
    };
    asking.current ??= ask();
    return asking.current;
  }, [caseId, client, queryClient, trpc]);
  again.current = claimAgain;

  /** A write was refused because the claim is gone. */
  const reportLost = useCallback(
    (error: unknown) => {
      forgetClaim(caseId);
      const name = detailsOf(error).claimedByName;
      const problem = name
        ? `${name} has taken over this case. Your text is kept here; copy what you need.`
        : "Your claim ran out. Your text is kept here; claim the case again to go on.";
      setView({ phase: "lost", claim: null, problem });
    },
    [caseId],
  );

  // On opening: claims, if this person may and nobody else has the case.
  const mayClaim = item?.next ?? false;
  const signed = item?.signed ?? false;
  const started = useRef(false);
  useEffect(() => {
    if (!item || started.current || signed) return;
    started.current = true;
    if (!heldClaim(caseId) && mayClaim) void claimAgain();
  }, [caseId, item, mayClaim, signed, claimAgain]);

  // The claim ended elsewhere (a manager released the case, or another window did): says so, and claims again at once
  // if the case is free and somebody is active.
  const heldElsewhere = item?.claimedBy && item.claimedBy.id !== userId ? item.claimedBy.name : null;
  const free = item !== undefined && !item.claimedBy && item.can.claim;
  useEffect(() => {
    if (view.phase !== "held") return;
    if (heldElsewhere) {
      forgetClaim(caseId);
      setView({
        phase: "lost",
        claim: null,
        problem: `${heldElsewhere} has taken over this case. Your text is kept here; copy what you need.`,
      });
    } else if (free && !isHandedOn(caseId) && msSinceActivity() < 60_000) {
      void claimAgain();
    }
  }, [view.phase, heldElsewhere, free, caseId, claimAgain]);

  // Renews while somebody is active.
  const claim = view.claim;
  useEffect(() => {
    if (!claim) return;
    const length = Math.max(3_000, claim.until - serverNow());
    const third = length / 3;
    const takenAt = serverNow();
    let stopped = false;
    const look = async () => {
      if (stopped) return;
      const now = serverNow();
      if (now >= claim.until) {
        reportLost(null);
        return;
      }
      const due = now - takenAt >= third;
      if (due && msSinceActivity() <= Math.min(now - takenAt, third)) {
        try {
          const renewed = await client.worklist.renew.mutate({ caseId, claimToken: claim.claimToken });
          if (!stopped) setView({ phase: "held", claim: holdClaim(caseId, renewed), problem: null });
        } catch (error) {
          // Without an answer the lease still runs; the next interval tries again.
          if (!stopped && appCodeOf(error) === "auth.required") sessionHasEnded();
          else if (!stopped && !unanswered.has(appCodeOf(error))) {
            if (appCodeOf(error) === "report.already-signed") forgetClaim(caseId);
            else if (detailsOf(error).claimedByName) reportLost(error);
            else void claimAgain();
          }
        }
      }
    };
    const timer = setInterval(look, Math.min(5_000, third / 4));
    return () => {
      stopped = true;
      clearInterval(timer);
    };
  }, [caseId, claim, client, claimAgain, reportLost]);

  useEffect(() => {
    cancelRelease(caseId);
    const onHide = (event: PageTransitionEvent) => {
      if (!keep.current && !event.persisted) releaseNow(caseId);
    };
    window.addEventListener("pagehide", onHide);
    return () => {
      window.removeEventListener("pagehide", onHide);
      if (!keep.current) releaseSoon(caseId);
    };
  }, [caseId]);

  return { ...view, claimAgain, reportLost };
}
