"use client";

import { createContext, type ReactNode, use, useEffect, useState } from "react";
import { classNames } from "./class-names.ts";
import { formatAgo, formatClock, formatExact, formatSpan } from "./format.ts";

const NowContext = createContext<number>(0);
/** The time all clocks on the page show, moved on once a second. Starts with the server's, so hydration agrees. */
export const useNow = () => use(NowContext);

export function NowProvider({ start, children }: { start: number; children: ReactNode }) {
  const [now, setNow] = useState(start);
  useEffect(() => {
    const tick = () => setNow(Date.now());
    tick();
    const timer = setInterval(tick, 1000);
    return () => clearInterval(timer);
  }, []);
  return <NowContext value={now}>{children}</NowContext>;
}

type Instant = Date | string | number | null | undefined;
function iso(instant: Instant): string | undefined {
  if (instant === null || instant === undefined) return undefined;
  const date = new Date(instant);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** `12 min ago`, with the exact time and the zone on hover. */
export function Ago({ at, timeZone }: { at: Instant; timeZone?: string }) {
  const now = useNow();
  return (
    <time dateTime={iso(at)} title={formatExact(at, timeZone)} className="tabular" suppressHydrationWarning>
      {formatAgo(at, now, timeZone)}
    </time>
  );
}

/** Due time with what is left of it; over time is said in words, not by colour alone. */
export function Countdown({ dueAt, timeZone, done }: { dueAt: Instant; timeZone?: string; done?: boolean }) {
  const now = useNow();
  const text = iso(dueAt);
  if (!text) return <span className="text-quiet">—</span>;
  const left = new Date(text).getTime() - now;
  return (
    <time
      dateTime={text}
      title={`Due ${formatExact(text, timeZone)}`}
      className="tabular inline-flex items-baseline gap-2"
      suppressHydrationWarning
    >
      <span>{formatClock(text, timeZone)}</span>
      {done ? null : (
        <span
          suppressHydrationWarning
          className={classNames(
            "text-xs",
            left < 0 ? "font-semibold text-stat" : left < 15 * 60_000 ? "font-medium text-urgent" : "text-quiet",
          )}
        >
          {left < 0 ? `${formatSpan(-left)} over` : formatSpan(left)}
        </span>
      )}
    </time>
  );
}
