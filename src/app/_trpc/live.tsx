"use client";

import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, use, useEffect, useState } from "react";
import { isAffected, isLiveList, type LiveNotice, parseNotice } from "./live-notice.ts";
import { onSignedInAgain, sessionChannel, sessionHasEnded } from "./session-ended.ts";

export type LiveStatus = "connecting" | "live" | "reconnecting";
const LiveContext = createContext<LiveStatus>("connecting");
/** Whether this page receives live notices at the moment. */
export const useLiveStatus = () => use(LiveContext);

/** Changes come in bursts (an arriving CT has hundreds of images); pages refetch at most this often. */
const gatherMs = 200;

/**
 * One event stream for the whole page. A notice only tells that something changed; the affected queries are fetched
 * again. After a gap everything is fetched again, because notices are not stored.
 */
export function LiveProvider({ children }: { children: ReactNode }) {
  const [status, setStatus] = useState<LiveStatus>("connecting");
  const queryClient = useQueryClient();

  useEffect(() => {
    let source: EventSource | null = null;
    let retry: ReturnType<typeof setTimeout> | undefined;
    let gather: ReturnType<typeof setTimeout> | undefined;
    let attempts = 0;
    let missed = false;
    let stopped = false;
    const pending = new Map<string, LiveNotice>();

    const flush = () => {
      gather = undefined;
      const notices = [...pending.values()];
      pending.clear();
      void queryClient.invalidateQueries({
        predicate: (query) => isAffected(query.queryKey, query.state.data, notices),
      });
    };
    const lost = () => {
      missed = true;
      setStatus("reconnecting");
    };
    const open = () => {
      if (stopped) return;
      source = new EventSource("/api/events");
      source.addEventListener("open", () => {
        attempts = 0;
        setStatus("live");
        if (missed) void queryClient.invalidateQueries();
        else void queryClient.invalidateQueries({ predicate: ({ queryKey }) => isLiveList(queryKey) });
        missed = false;
      });
      source.addEventListener("live", (event) => {
        const notice = parseNotice((event as MessageEvent<string>).data);
        if (!notice) return;
        pending.set(JSON.stringify(notice), notice);
        // The timer starts with the first notice of a burst; later ones do not postpone it.
        gather ??= setTimeout(flush, gatherMs);
      });
      // The server has missed something, or the session is over.
      source.addEventListener("resync", () => void queryClient.invalidateQueries());
      source.addEventListener("signed-out", () => sessionHasEnded());
      source.addEventListener("error", () => {
        lost();
        // After an HTTP error (a restart behind the front door) the browser does not reconnect by itself.
        if (source?.readyState === EventSource.CLOSED) {
          attempts += 1;
          retry = setTimeout(open, Math.min(10_000, 500 * 2 ** Math.min(attempts, 5)));
        }
      });
    };
    // Over a broken connection a stream stays open for minutes; the browser's `offline` event comes sooner.
    const reopen = () => {
      source?.close();
      clearTimeout(retry);
      open();
    };
    window.addEventListener("offline", lost);
    window.addEventListener("online", reopen);
    // The old session's stream would report its end once more, over the new session.
    const forgetSignIn = onSignedInAgain(reopen);
    if (navigator.onLine) open();
    else lost();
    const otherWindows = new BroadcastChannel(sessionChannel);
    otherWindows.addEventListener("message", () => sessionHasEnded());
    return () => {
      stopped = true;
      otherWindows.close();
      forgetSignIn();
      window.removeEventListener("offline", lost);
      window.removeEventListener("online", reopen);
      source?.close();
      clearTimeout(retry);
      clearTimeout(gather);
    };
  }, [queryClient]);

  return <LiveContext value={status}>{children}</LiveContext>;
}
