"use client";

import { emptyMarkup, type Markup, mergedMarkup } from "@overread/shared/measurements/markup";
import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useTrpc, useTrpcClient } from "../_trpc/client.tsx";
import { appCodeOf } from "../_trpc/errors.ts";
import type { Outputs } from "../_trpc/types.ts";
import type { ViewerProps } from "../_viewer/types.ts";
import type { HeldClaim } from "./claims.ts";

type Kept = Outputs["report"]["markup"];

/** Errors after which it is worth while to try again. */
const unanswered = new Set(["network", "internal", "auth.required"]);

/** After a failure, and between two saves. Milliseconds. */
const [again, between] = [5000, 800];

/**
 * What the reader draws on the images of a case and how he looks at them: read once on opening, saved shortly after each
 * change while he holds the case, and before the window goes. Of two windows each gets what the other has drawn.
 */
export function useMarkup(
  caseId: string,
  { enabled, claim }: { enabled: boolean; claim: HeldClaim | null },
): { forViewer: Pick<ViewerProps, "kept" | "onMarkup">; unsaved: boolean } {
  const trpc = useTrpc();
  const client = useTrpcClient();
  const { data } = useQuery(
    trpc.report.markup.queryOptions(
      { caseId },
      { enabled, staleTime: 0, gcTime: 0, refetchOnWindowFocus: false, refetchOnReconnect: false },
    ),
  );
  const [fetched, setFetched] = useState<Kept | null>(null);
  const newest = fetched ?? data ?? null;
  const version = useRef(0);
  const saved = useRef<string | null>(null);
  const wanted = useRef<Markup | null>(null);
  const running = useRef<Promise<void> | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const claimRef = useRef(claim);
  claimRef.current = claim;
  const left = useRef(false);
  const [unsaved, setUnsaved] = useState(false);

  const kept = useMemo(
    () =>
      newest && {
        own: newest.own.measurements,
        looked: newest.own.presentations,
        others: newest.others,
        gone: newest.gone,
      },
    [newest],
  );
  useEffect(() => {
    if (!data) return;
    version.current = data.version;
    saved.current = textOf(data.own);
  }, [data]);

  const flushRef = useRef(() => {});
  const schedule = useCallback((ms: number): void => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      timer.current = undefined;
      flushRef.current();
    }, ms);
  }, []);

  const save = useCallback(async (): Promise<void> => {
    const held = claimRef.current;
    const markup = wanted.current;
    if (!held || !markup || textOf(markup) === saved.current) return;
    try {
      const answer = await client.report.saveMarkup.mutate({
        caseId,
        claimToken: held.claimToken,
        version: version.current,
        markup,
      });
      version.current = answer.version;
      saved.current = textOf(markup);
      setUnsaved(false);
    } catch (error) {
      const code = appCodeOf(error);
      if (code === "report.version-conflict") {
        const other = await client.report.markup.query({ caseId });
        version.current = other.version;
        saved.current = textOf(other.own);
        wanted.current = mergedMarkup(markup, other.own);
        setFetched(other);
        schedule(between);
        return;
      }
      // The claim is over, or the report is signed: what is kept stays as it was saved last.
      if (code.startsWith("case.") || code === "report.already-signed") return;
      setUnsaved(true);
      if (unanswered.has(code)) schedule(again);
    }
  }, [caseId, client, schedule]);

  const flush = useCallback((): void => {
    clearTimeout(timer.current);
    const sent = wanted.current;
    running.current ??= save().finally(() => {
      running.current = null;
      // Something was drawn meanwhile.
      if (wanted.current !== sent && claimRef.current && timer.current === undefined) schedule(between);
    });
    timer.current = undefined;
  }, [save, schedule]);
  flushRef.current = flush;

  // What was drawn before the claim was there.
  useEffect(() => {
    if (claim) flushRef.current();
  }, [claim]);
  useEffect(() => {
    left.current = false;
    const onHide = () => {
      if (document.visibilityState === "hidden") flushRef.current();
    };
    document.addEventListener("visibilitychange", onHide);
    window.addEventListener("pagehide", onHide);
    return () => {
      document.removeEventListener("visibilitychange", onHide);
      window.removeEventListener("pagehide", onHide);
      left.current = true;
      flushRef.current();
    };
  }, []);

  const onMarkup = useCallback(
    (markup: Markup) => {
      wanted.current = markup;
      // The viewer's last word, when the page is left.
      if (left.current) flushRef.current();
      else if (claimRef.current && timer.current === undefined) schedule(between);
    },
    [schedule],
  );
  return { forViewer: enabled ? { kept, onMarkup } : {}, unsaved };
}

/** Names are the server's to say, so that they make no change. */
function textOf({ measurements, presentations }: Markup = emptyMarkup): string {
  const sorted = (_: string, value: unknown) =>
    value && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  const byUid = measurements
    .map((each) => ({ ...each, author: "" }))
    .sort((a, b) => (a.trackingUid < b.trackingUid ? -1 : 1));
  const bySeries = [...presentations].sort((a, b) => (a.image.seriesInstanceUid < b.image.seriesInstanceUid ? -1 : 1));
  return JSON.stringify([byUid, bySeries], sorted);
}
