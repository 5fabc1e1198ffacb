"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useReducer, useRef, useState } from "react";
import { useTrpc, useTrpcClient } from "../../_trpc/client.tsx";
import { appCodeOf } from "../../_trpc/errors.ts";
import { keepText, sessionHasEnded, type Writer } from "../../_trpc/session-ended.ts";
import type { Report } from "../../_trpc/types.ts";
import { useChest } from "../../_words/use-chest.ts";
import { WordsKeeper } from "../../_words/words-keeper.ts";
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
  type UnsavedWords,
} from "./draft-state.ts";

function textOf({ sections, keyImages, templateId, language }: Report): DraftText {
  return { sections, keyImages, templateId, language };
}

/**
 * The draft of a case: what is on the screen, and its way to the server. Saves after a pause in typing and every few
 * seconds without one, on leaving a field, when the window is hidden and, at the last moment, when it closes. What is not
 * saved yet is kept in this browser, encrypted, in case none of that comes to pass.
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
  /** Whether what is unsaved would outlive this window. */
  kept: boolean;
  /** Puts words that an earlier window left unsaved into the text; those are let go once these are kept or saved. */
  restore: (id: string, text: DraftText) => void;
  edit: (change: (text: DraftText) => DraftText) => void;
  resolve: (text: DraftText) => void;
  /** Sends what is unsaved. Answers with the version that holds all of it, or null when it could not be saved. */
  flush: () => Promise<number | null>;
} {
  const client = useTrpcClient();
  const trpc = useTrpc();
  const queryClient = useQueryClient();
  const [state, dispatch] = useReducer(nextDraft, undefined, () =>
    startDraft({ text: textOf(report), version: report.version, savedAt: report.draft?.savedAt ?? null }),
  );
  // Saving runs outside of rendering and must see the newest state, not the one of the render it started in.
  const latest = useRef(state);
  latest.current = state;
  const claimRef = useRef(claim);
  claimRef.current = claim;
  const running = useRef<Promise<void> | null>(null);
  /** `performance.now()` of the first word that waits to be sent. */
  const unsavedSince = useRef<number | null>(null);

  const [kept, setKept] = useState(false);
  const chest = useChest<UnsavedWords>(writer.userId);
  const [keeper] = useState(() => new WordsKeeper(chest, setKept));
  useEffect(() => {
    // The key has to be here before the session or the line is gone.
    void chest().catch(() => {});
    return keeper.stay();
  }, [chest, keeper]);

  const apply = useCallback(
    (event: Parameters<typeof nextDraft>[1]) => {
      latest.current = nextDraft(latest.current, event);
      dispatch(event);
      keeper.note(asUnsaved(caseId, latest.current));
    },
    [caseId, keeper],
  );

  useEffect(() => {
    // A signed report is no draft of ours.
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
      // A template nobody has touched is saved too when it is about to be signed.
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
          // A colleague has taken it over meanwhile: what was typed here stays on the screen until somebody chooses.
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

  // After a pause; again, ever more slowly, when there was no answer.
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
      // The window may be closing: a request that outlives it, with nobody to hear the answer. Browsers send no more than
      // 64 KiB so; a longer text stays among the words that the browser keeps, and is offered at the next start.
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
      // Leaving by a link keeps the script alive: an ordinary save will do.
      void saveSoon();
    };
  }, [caseId, saveSoon]);

  const { userId, email, orgSlug } = writer;
  useEffect(
    () =>
      keepText({
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
      keeper.takePlaceOf(id);
      apply({ type: "edited", text });
    },
    [apply, keeper],
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
