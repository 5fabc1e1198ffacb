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
import { classNames } from "./class-names.ts";

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

const states: Record<string, { word: string; icon: LucideIcon; className: string }> = {
  arriving: { word: "Arriving", icon: CircleDashed, className: "text-quiet" },
  unread: { word: "Unread", icon: Circle, className: "text-text" },
  claimed: { word: "Being read", icon: UserRound, className: "text-accent" },
  drafted: { word: "Drafted", icon: FilePenLine, className: "text-accent" },
  preliminary: { word: "Preliminary", icon: CircleCheck, className: "text-urgent" },
  final: { word: "Final", icon: CircleCheck, className: "text-done" },
  amended: { word: "Amended", icon: CheckCheck, className: "text-done" },
  held: { word: "Held", icon: CirclePause, className: "text-held" },
  cancelled: { word: "Cancelled", icon: Ban, className: "text-quiet" },
};

/** What a case state is called on every screen. */
export function stateWord(state: string): string {
  return states[state]?.word ?? state;
}

export function StateMark({ state, word }: { state: string; word?: string }) {
  const known = states[state] ?? { word: state, icon: Circle, className: "text-quiet" };
  const Icon = known.icon;
  return (
    <span className={classNames("inline-flex items-center gap-1.5", known.className)}>
      <Icon className="size-3.5 shrink-0" aria-hidden="true" />
      {word ?? known.word}
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
