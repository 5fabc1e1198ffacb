import {
  Ban,
  CheckCheck,
  Circle,
  CircleCheck,
  CircleDashed,
  CirclePause,
  FilePenLine,
  type LucideIcon,
  TriangleAlert,
  UserRound,
} from "lucide-react";
import type { ReactNode } from "react";
import type { WorklistItem } from "../_trpc/types.ts";
import { classNames } from "./class-names.ts";
import { statusWords } from "./in-words.ts";

type Priority = "stat" | "urgent" | "routine";
const priorities: Record<Priority, { word: string; className: string; shape: string }> = {
  // Shapes differ without colour: a filled triangle, a filled diamond, an empty ring.
  stat: { word: "STAT", className: "text-stat font-semibold", shape: "M6 1 11.2 10.5H.8Z" },
  urgent: { word: "Urgent", className: "text-urgent font-medium", shape: "M6 .8 11.2 6 6 11.2.8 6Z" },
  routine: { word: "Routine", className: "text-quiet", shape: "" },
};

/** Priority by word, shape and colour, in that order of trust. */
export function PriorityMark({ priority }: { priority: string }) {
  const known = priorities[priority as Priority] ?? priorities.routine;
  return (
    <span className={classNames("inline-flex items-center gap-1.5", known.className)}>
      <svg viewBox="0 0 12 12" className="size-3 shrink-0" aria-hidden="true">
        {known.shape ? (
          <path d={known.shape} fill="currentColor" />
        ) : (
          <circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" strokeWidth="1.5" />
        )}
      </svg>
      {known.word}
    </span>
  );
}

type Status = WorklistItem["status"];
const shapes: Record<Status, { icon: LucideIcon; className: string }> = {
  arriving: { icon: CircleDashed, className: "text-quiet" },
  unread: { icon: Circle, className: "text-text" },
  claimed: { icon: UserRound, className: "text-accent" },
  drafted: { icon: FilePenLine, className: "text-accent" },
  preliminary: { icon: CircleCheck, className: "text-urgent" },
  final: { icon: CircleCheck, className: "text-done" },
  amended: { icon: CheckCheck, className: "text-done" },
  held: { icon: CirclePause, className: "text-held" },
  cancelled: { icon: Ban, className: "text-quiet" },
};

/** @param word instead of what the status is called, such as who has the case. */
export function StatusMark({ status, word }: { status: Status; word?: string }) {
  // A page may be older than the portal that answers it.
  const { icon: Icon, className } = shapes[status] ?? { icon: Circle, className: "text-quiet" };
  return (
    <span className={classNames("inline-flex max-w-full items-center gap-1.5 align-bottom", className)}>
      <Icon className="size-3.5 shrink-0" aria-hidden="true" />
      <span className="truncate">{word ?? statusWords[status] ?? status}</span>
    </span>
  );
}

type Tone = "neutral" | "done" | "urgent" | "stat" | "accent";
const tones: Record<Tone, string> = {
  neutral: "bg-raised text-text",
  done: "bg-done-soft text-done",
  urgent: "bg-urgent-soft text-urgent",
  stat: "bg-stat-soft text-stat",
  accent: "bg-accent-soft text-accent",
};

/** It is not certain whose images these are: said wherever the case is, and not to be dismissed. */
export function PatientWarning({ className, children }: { className?: string | undefined; children: ReactNode }) {
  return (
    <p
      role="alert"
      className={classNames(
        "flex items-start gap-2 rounded-md border border-stat/60 bg-stat-soft px-3 py-1.5 font-medium",
        className,
      )}
    >
      <TriangleAlert className="mt-0.5 size-4 shrink-0 text-stat" aria-hidden="true" />
      {children}
    </p>
  );
}

/** Whose images these are is in doubt: before the name, because the name is what is in doubt. */
export function PatientMark({ words, mark = "Patient?" }: { words: string; mark?: string }) {
  return (
    <span title={words} className="mr-1.5 inline-flex items-center gap-1 align-text-bottom font-semibold text-stat">
      <TriangleAlert className="size-3.5" aria-hidden="true" />
      <span className="text-xs">{mark}</span>
    </span>
  );
}

/** A word in a box; the icon gives it a shape of its own. */
export function Badge({
  tone = "neutral",
  icon: Icon,
  children,
}: {
  tone?: Tone;
  icon?: LucideIcon;
  children: string;
}) {
  return (
    <span
      className={classNames(
        "inline-flex items-center gap-1 rounded px-1.5 py-px text-xs font-medium whitespace-nowrap",
        tones[tone],
      )}
    >
      {Icon ? <Icon className="size-3" aria-hidden="true" /> : null}
      {children}
    </span>
  );
}
