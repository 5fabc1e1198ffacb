"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useReducer, useRef, useState } from "react";
import { useTrpc, useTrpcClient } from "../../_trpc/client.tsx";
import { appCodeOf } from "../../_trpc/errors.ts";
import { registerText, sessionHasEnded, type Writer } from "../../_trpc/session-ended.ts";
import type { Report } from "../../_trpc/types.ts";
import { UnsavedTextSaver } from "../../_unsaved-text/saver.ts";
import { useUnsavedTextStore } from "../../_unsaved-text/use-store.ts";
import type { HeldClaim } from "../claims.ts";
import {
  asUnsaved,
  type DraftState,
  type DraftText,
  nextDraft,
  retryDelayMs,
  sameText,
  saveDelayMs,
  startDraft,
  type UnsavedDraft,
} from "./draft-state.ts";

function textOf({ sections, keyImages, templateId, language }: Report): DraftText {
  return { sections, keyImages, templateId, language };
}

/**
 * The draft of a case and its saving: after a pause in typing, every few seconds without one, on leaving a field, when
 * the window is hidden and, at the latest, when it closes. Until then unsaved text is stored encrypted in this browser.
 */
export function useDraft({
  caseId,
  report,
  claim,
  writer,
  onClaimLost,
}: {
  caseId: string;
  report: Report;
  claim: HeldClaim | null;
  writer: Writer;
  onClaimLost: (error: unknown) => void;
}): {
  state: DraftState;
  /** Whether the unsaved text is stored in the browser. */
  kept: boolean;
  /**
   * Inserts text that an earlier window could not save; its stored copy is deleted once this draft is stored or saved.
   */
  restore: (id: string, text: DraftText) => void;
  edit: (change: (text: DraftText) => DraftText) => void;
  resolve: (text: DraftText) => void;
  /** Saves what is unsaved. Resolves to the version that contains all of it, or null when it could not be saved. */
  flush: () => Promise<number | null>;
} {
  const client = useTrpcClient();
  const trpc = useTrpc();
  const queryClient = useQueryClient();
  const [state, dispatch] = useReducer(nextDraft, undefined, () =>
    startDraft({ text: textOf(report), version: report.version, savedAt: report.draft?.savedAt ?? null }),
  );
  // Saving runs outside rendering and must see the newest state, not that of the render it started in.
  const latest = useRef(state);
  latest.current = state;
  const claimRef = useRef(claim);
  claimRef.current = claim;
  const running = useRef<Promise<void> | null>(null);
  /** `performance.now()` of the first unsaved change. */
  const unsavedSince = useRef<number | null>(null);

  const [kept, setKept] = useState(false);
  const openStore = useUnsavedTextStore<UnsavedDraft>(writer.userId);
  const [saver] = useState(() => new UnsavedTextSaver(openStore, setKept));
  useEffect(() => {
    // The key has to be fetched before the session or the connection is lost.
    void openStore().catch(() => {});
    return saver.holdLock();
  }, [openStore, saver]);

  const apply = useCallback(
    (event: Parameters<typeof nextDraft>[1]) => {
      latest.current = nextDraft(latest.current, event);
      dispatch(event);
      saver.save(asUnsaved(caseId, latest.current));
    },
    [caseId, saver],
  );

  useEffect(() => {
    // A signed report is not edited.
    if (report.signed) return;
    apply({
      type: "seen",
      text: textOf(report),
      version: report.version,
      savedAt: report.draft?.savedAt ?? null,
    });
  }, [report, apply]);

  const save = useCallback(
    async (first: boolean): Promise<void> => {
      const held = claimRef.current;
      const before = latest.current;
      // An unedited template is saved too when it is about to be signed.
      const unsaved = before.status === "dirty" || before.status === "failed" || (first && before.version === 0);
      if (!held || !unsaved) return;
      apply({ type: "sending" });
      const { mine, version } = before;
      try {
        const answer = await client.report.saveDraft.mutate({ caseId, claimToken: held.claimToken, version, ...mine });
        apply({ type: "accepted", ...answer });
      } catch (error) {
        const code = appCodeOf(error);
        if (code === "report.version-conflict") {
          apply({ type: "refused-version" });
          await queryClient.invalidateQueries({ queryKey: trpc.report.get.queryKey({ caseId }) });
        } else if (code === "report.draft-of-another") {
          // A colleague has taken the draft over meanwhile: the text typed here stays on the screen until the reader
          // chooses.
          apply({ type: "claim-lost" });
          await queryClient.invalidateQueries({ queryKey: trpc.report.get.queryKey({ caseId }) });
        } else if (code.startsWith("case.") || code === "report.already-signed") {
          apply({ type: "claim-lost" });
          onClaimLost(error);
        } else {
          apply({ type: "unanswered" });
          if (code === "auth.required") sessionHasEnded();
        }
      }
    },
    [apply, caseId, client, onClaimLost, queryClient, trpc],
  );

  const saveSoon = useCallback(
    (first = false): Promise<void> => {
      running.current ??= save(first).finally(() => {
        running.current = null;
      });
      return running.current;
    },
    [save],
  );

  // After a pause; without an answer again, at growing intervals.
  useEffect(() => {
    if (!claim) return;
    if (state.status === "dirty") {
      unsavedSince.current ??= performance.now();
      const timer = setTimeout(() => void saveSoon(), saveDelayMs(performance.now() - unsavedSince.current));
      return () => clearTimeout(timer);
    }
    unsavedSince.current = null;
    if (state.status === "failed") {
      const timer = setTimeout(() => void saveSoon(), retryDelayMs(state.failures));
      return () => clearTimeout(timer);
    }
    if (state.status === "locked") apply({ type: "claim-regained" });
  }, [state, claim, saveSoon, apply]);

  useEffect(() => {
    const onHidden = () => {
      if (document.visibilityState === "hidden") void saveSoon();
    };
    const onOnline = () => void saveSoon();
    const onBeforeUnload = (event: BeforeUnloadEvent) => {
      if (latest.current.status !== "saved") event.preventDefault();
    };
    const onPageHide = () => {
      const { status, mine, version, base } = latest.current;
      const held = claimRef.current;
      if (!held || sameText(mine, base) || status === "conflict") return;
      // The window may be closing: `keepalive` lets the request outlive it, unanswered. Browsers limit such a body to
      // 64 KiB; a longer text stays in the browser's store and is offered at the next start.
      void fetch("/api/trpc/report.saveDraft", {
        method: "POST",
        keepalive: true,
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ caseId, claimToken: held.claimToken, version, ...mine }),
      }).catch(() => {});
    };
    document.addEventListener("visibilitychange", onHidden);
    window.addEventListener("online", onOnline);
    window.addEventListener("beforeunload", onBeforeUnload);
    window.addEventListener("pagehide", onPageHide);
    return () => {
      document.removeEventListener("visibilitychange", onHidden);
      window.removeEventListener("online", onOnline);
      window.removeEventListener("beforeunload", onBeforeUnload);
      window.removeEventListener("pagehide", onPageHide);
      // After a navigation within the app the script keeps running: an ordinary save will do.
      void saveSoon();
    };
  }, [caseId, saveSoon]);

  const { userId, email, orgSlug } = writer;
  useEffect(
    () =>
      registerText({
        writer: { userId, email, orgSlug },
        unsaved: () => latest.current.status !== "saved",
        signedInAgain: () => void saveSoon(),
      }),
    [userId, email, orgSlug, saveSoon],
  );

  const edit = useCallback(
    (change: (text: DraftText) => DraftText) => apply({ type: "edited", text: change(latest.current.mine) }),
    [apply],
  );
  const restore = useCallback(
    (id: string, text: DraftText) => {
      saver.replaceLater(id);
      apply({ type: "edited", text });
    },
    [apply, saver],
  );
  const resolve = useCallback((text: DraftText) => apply({ type: "resolved", text }), [apply]);
  const flush = useCallback(async (): Promise<number | null> => {
    // Twice at most: once what is on its way, once what was typed meanwhile.
    for (let round = 0; round < 3; round += 1) {
      if (running.current) await running.current;
      const { status, version } = latest.current;
      if (status === "saved" && version > 0) return version;
      if (status === "conflict" || status === "locked") return null;
      await saveSoon(true);
    }
    return latest.current.status === "saved" && latest.current.version > 0 ? latest.current.version : null;
  }, [saveSoon]);

  return { state, kept, restore, edit, resolve, flush };
}
