"use client";

import { createContext, type ReactNode, use, useEffect, useState } from "react";
import { adjustServerClock, serverNow } from "../_trpc/server-time.ts";
import { classNames } from "./class-names.ts";
import { formatAgo, formatExact, formatMoment, formatSpan, formatWhen } from "./format.ts";

type Clock = { now: number; zone: string };
const ClockContext = createContext<Clock>({ now: 0, zone: "UTC" });

/**
 * The current time for all clocks on the page, updated every second. Starts with the server's, so that hydration
 * agrees.
 */
export const useNow = () => use(ClockContext).now;
/** The reader's own time zone, used for lists over several hospitals. UTC until the browser is known. */
export const useZone = () => use(ClockContext).zone;

export function NowProvider({ start, children }: { start: number; children: ReactNode }) {
  const [clock, setClock] = useState<Clock>({ now: start, zone: "UTC" });
  useEffect(() => {
    // Until the first answer, the time the page was rendered is closer than a wrongly set clock.
    adjustServerClock(start);
    const { timeZone: zone } = Intl.DateTimeFormat().resolvedOptions();
    const tick = () => setClock({ now: serverNow(), zone });
    tick();
    const timer = setInterval(tick, 1000);
    return () => clearInterval(timer);
  }, [start]);
  return <ClockContext value={clock}>{children}</ClockContext>;
}

/** The same moment in the facility's time zone, for the tooltip. */
function inZones(at: Instant, zone: string, timeZone: string | undefined): string {
  const own = formatExact(at, zone);
  return timeZone && timeZone !== zone ? `${own} · ${formatExact(at, timeZone)}` : own;
}

type Instant = Date | string | number | null | undefined;
function iso(instant: Instant): string | undefined {
  if (instant === null || instant === undefined) return undefined;
  const date = new Date(instant);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/**
 * `12 min ago`, and beyond a day the moment with its zone: the facility's, as in its documents, if given, else the
 * reader's. The tooltip has the exact time in both zones.
 */
export function Ago({ at, timeZone }: { at: Instant; timeZone?: string | undefined }) {
  const { now, zone } = use(ClockContext);
  return (
    <time dateTime={iso(at)} title={inZones(at, zone, timeZone)} className="tabular">
      {formatAgo(at, now, timeZone ?? zone)}
    </time>
  );
}

/** `12 min`, `3 h`, `2 d`: how long something has lasted, where there is little room. The tooltip is its surroundings'. */
export function Since({ at }: { at: string }) {
  const ms = Math.max(0, useNow() - new Date(at).getTime());
  return (
    <time dateTime={at} className="tabular truncate">
      {formatSpan(ms < hourMs ? Math.max(60_000, ms) : Math.floor(ms / hourMs) * hourMs)}
    </time>
  );
}

/** `01:20`, with the day when it was not today; the exact time in the tooltip. */
export function When({ at }: { at: Instant }) {
  const { now, zone } = use(ClockContext);
  return (
    <time dateTime={iso(at)} title={formatExact(at, zone)} className="tabular">
      {formatWhen(at, now, zone)}
    </time>
  );
}

/** Beyond this, minutes are omitted. */
const hourMs = 3_600_000;
function rough(ms: number): string {
  return formatSpan(ms < 2 * hourMs ? ms : Math.floor(ms / hourMs) * hourMs);
}

/** Due time and remaining time; overdue is stated in words, not by colour alone. */
export function Countdown({ dueAt, timeZone, done }: { dueAt: Instant; timeZone?: string; done?: boolean }) {
  const { now, zone } = use(ClockContext);
  const text = iso(dueAt);
  if (!text) return <span className="text-quiet">—</span>;
  const left = new Date(text).getTime() - now;
  return (
    <time
      dateTime={text}
      title={`Due ${inZones(text, zone, timeZone)}`}
      className="tabular inline-flex items-baseline gap-2 whitespace-nowrap"
    >
      <span>{formatWhen(text, now, zone)}</span>
      {done ? null : (
        <span
          className={classNames(
            "text-xs",
            left < 0 ? "font-semibold text-stat" : left < 15 * 60_000 ? "font-medium text-urgent" : "text-quiet",
          )}
        >
          {left < 0 ? `${rough(-left)} over` : rough(left)}
        </span>
      )}
    </time>
  );
}

/**
 * Date and time in full, with the zone: the facility's where its documents state the same moment, else the reader's.
 * The tooltip has the other zone.
 */
export function Exact({ at, timeZone, seconds }: { at: Instant; timeZone?: string | undefined; seconds?: boolean }) {
  const zone = useZone();
  return (
    <time dateTime={iso(at)} title={inZones(at, zone, timeZone)} className="tabular">
      {formatMoment(at, timeZone ?? zone, seconds)}
    </time>
  );
}
