"use client";

import { X } from "lucide-react";
import { createContext, type ReactNode, use, useCallback, useMemo, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { IconButton } from "./button.tsx";
import { classNames } from "./class-names.ts";

type Notice = { id: number; text: string; tone: "neutral" | "problem"; action?: { label: string; run: () => void } };
type Say = (text: string, options?: { tone?: Notice["tone"]; action?: Notice["action"] }) => void;

const ToastContext = createContext<Say>(() => {});
const PlaceContext = createContext<(place: HTMLElement | null) => void>(() => {});
/** A transient notification. Anything that must not be missed belongs on the page. */
export const useToast = () => use(ToastContext);

const shownMs = 7_000;

/** The place in a page's layout where toasts appear, so that they cover neither an image nor the head of a report. */
export function ToastPlace() {
  return <div ref={use(PlaceContext)} className="empty:hidden" />;
}

/**
 * Short notifications at the lower left, or in the page's own `ToastPlace` while that is visible. Hovering or focusing
 * one keeps it. Written here instead of using a package: the page's content security policy allows no styles inserted
 * by script.
 */
export function ToastProvider({ children }: { children: ReactNode }) {
  const [notices, setNotices] = useState<Notice[]>([]);
  const [place, setPlace] = useState<HTMLElement | null>(null);
  const timers = useRef(new Map<number, ReturnType<typeof setTimeout>>());
  const nextId = useRef(1);

  const drop = useCallback((id: number) => {
    clearTimeout(timers.current.get(id));
    timers.current.delete(id);
    setNotices((all) => all.filter((notice) => notice.id !== id));
  }, []);
  const keep = useCallback((id: number) => clearTimeout(timers.current.get(id)), []);
  const count = useCallback(
    (id: number) =>
      timers.current.set(
        id,
        setTimeout(() => drop(id), shownMs),
      ),
    [drop],
  );
  const say = useCallback<Say>(
    (text, options) => {
      const id = nextId.current++;
      setNotices((all) => [
        ...all.filter((notice) => notice.text !== text).slice(-2),
        { id, text, tone: options?.tone ?? "neutral", ...(options?.action ? { action: options.action } : {}) },
      ]);
      count(id);
    },
    [count],
  );
  const list = useMemo(
    () =>
      notices.map((notice) => (
        <li
          key={notice.id}
          onPointerEnter={() => keep(notice.id)}
          onPointerLeave={() => count(notice.id)}
          onFocus={() => keep(notice.id)}
          onBlur={() => count(notice.id)}
          className={classNames(
            "pointer-events-auto flex items-start gap-2 rounded-md border bg-panel py-1.5 pr-1 pl-3 shadow-float",
            notice.tone === "problem" ? "border-stat/70" : "border-line-strong/60",
          )}
        >
          <p className="py-1 text-sm">{notice.text}</p>
          {notice.action ? (
            <button
              type="button"
              className="rounded px-2 py-1 text-sm font-medium whitespace-nowrap text-accent hover:bg-hover"
              onClick={() => {
                notice.action?.run();
                drop(notice.id);
              }}
            >
              {notice.action.label}
            </button>
          ) : null}
          <IconButton label="Dismiss" className="size-7" onClick={() => drop(notice.id)}>
            <X className="size-4" />
          </IconButton>
        </li>
      )),
    [notices, keep, count, drop],
  );

  // A place in a hidden part of the page (a phone shows either images or report) does not count.
  const inPlace = place?.parentElement?.checkVisibility() ? place : null;
  const shown = (
    <ol
      aria-live="polite"
      aria-label="Notices"
      className={classNames(
        "flex flex-col gap-2",
        inPlace
          ? "notices-in-place px-3 pb-2 empty:hidden"
          : "pointer-events-none fixed bottom-3 left-3 z-50 max-w-[min(28rem,calc(100vw-1.5rem))]",
      )}
    >
      {list}
    </ol>
  );
  return (
    <ToastContext value={say}>
      <PlaceContext value={setPlace}>
        {children}
        {inPlace ? createPortal(shown, inPlace) : shown}
      </PlaceContext>
    </ToastContext>
  );
}
