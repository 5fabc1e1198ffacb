"use client";

import { createContext, type ReactNode, use, useEffect, useState } from "react";
import { heardServerTime, serverNow } from "../_trpc/server-time.ts";
import { classNames } from "./class-names.ts";
import { formatAgo, formatExact, formatMoment, formatSpan, formatWhen } from "./format.ts";

type Clock = { now: number; zone: string };
const ClockContext = createContext<Clock>({ now: 0, zone: "UTC" });

/** The time all clocks on the page show, moved on once a second. Starts with the server's, so hydration agrees. */
export const useNow = () => use(ClockContext).now;
/** The reader's own time zone: a list from several hospitals is read by one clock. UTC until the browser has said. */
export const useZone = () => use(ClockContext).zone;

export function NowProvider({ start, children }: { start: number; children: ReactNode }) {
  const [clock, setClock] = useState<Clock>({ now: start, zone: "UTC" });
  useEffect(() => {
    // Until the first answer, the time the page was made is nearer than any clock that is set wrongly.
    heardServerTime(start);
    const { timeZone: zone } = Intl.DateTimeFormat().resolvedOptions();
    const tick = () => setClock({ now: serverNow(), zone });
    tick();
    const timer = setInterval(tick, 1000);
    return () => clearInterval(timer);
  }, [start]);
  return <ClockContext value={clock}>{children}</ClockContext>;
}

/** The same moment by the facility's clock, for the tooltip. */
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
 * `12 min ago`, and beyond a day the moment with its zone: by the clock of the facility where one is given, as its documents say it,
 * else by the reader's. The exact time by both clocks is on hover.
 */
export function Ago({ at, timeZone }: { at: Instant; timeZone?: string | undefined }) {
  const { now, zone } = use(ClockContext);
  return (
    <time dateTime={iso(at)} title={inZones(at, zone, timeZone)} className="tabular">
      {formatAgo(at, now, timeZone ?? zone)}
    </time>
  );
}

/** `01:20`, with the day when it was not today, and the exact time on hover. */
export function When({ at }: { at: Instant }) {
  const { now, zone } = use(ClockContext);
  return (
    <time dateTime={iso(at)} title={formatExact(at, zone)} className="tabular">
      {formatWhen(at, now, zone)}
    </time>
  );
}

/** Far from now, minutes are noise. */
const hourMs = 3_600_000;
function rough(ms: number): string {
  return formatSpan(ms < 2 * hourMs ? ms : Math.floor(ms / hourMs) * hourMs);
}

/** Due time with what is left of it; over time is said in words, not by colour alone. */
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
 * Date and time in full, with the zone: by the clock of the facility where its documents say the same moment, else by the reader's.
 * The other clock is on hover.
 */
export function Exact({ at, timeZone, seconds }: { at: Instant; timeZone?: string | undefined; seconds?: boolean }) {
  const zone = useZone();
  return (
    <time dateTime={iso(at)} title={inZones(at, zone, timeZone)} className="tabular">
      {formatMoment(at, timeZone ?? zone, seconds)}
    </time>
  );
}
