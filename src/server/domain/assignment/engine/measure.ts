import { type Instant, minuteMs, type Priority, priorities } from "./codes.ts";
import { gini, jain } from "./fairness.ts";
import type { Played } from "./recorded.ts";
import type { ReaderFacts } from "./snapshot.ts";

/** Waiting from arrival to signature. `met`: signed when due. What is still unread at the end is missed if it was due by then. */
type ServiceFigures = { cases: number; met: number; meanMinutes: number; p95Minutes: number };
export type ReaderLoad = { readerId: string; cases: number; workUnits: number; hours: number };
export type Measures = {
  byPriority: Record<Priority, ServiceFigures>;
  unread: number;
  /** By reader id, everybody who was on shift or read. */
  loads: ReaderLoad[];
  /** Of work units per hour on shift, over everybody who was on shift. */
  fairness: { jain: number; gini: number };
};

/** What was played between two moments, in figures: the same for what truly happened and for a rehearsal, so that they stand side by side. */
export function measure(played: Played, readers: readonly ReaderFacts[], from: Instant, until: Instant): Measures {
  const loads = loadsOf(played, readers, from, until);
  const rates = ratesOf(loads);
  return {
    byPriority: Object.fromEntries(
      priorities.map((each) => [each, figures(played, each, until)]),
    ) as Measures["byPriority"],
    unread: played.unread.length,
    loads,
    fairness: { jain: jain(rates), gini: gini(rates) },
  };
}

/** Work units per hour on shift of everybody who was on shift. */
export const ratesOf = (loads: readonly ReaderLoad[]): number[] =>
  loads.filter(({ hours }) => hours > 0).map(({ workUnits, hours }) => workUnits / hours);

function figures({ readings, unread }: Played, priority: Priority, until: Instant): ServiceFigures {
  const signed = readings.filter((each) => each.priority === priority);
  const missed = unread.filter((each) => each.priority === priority && each.dueAt <= until).length;
  const waits = signed.map(({ arrivedAt, signedAt }) => (signedAt - arrivedAt) / minuteMs).sort((a, b) => a - b);
  return {
    cases: signed.length + missed,
    met: signed.filter(({ signedAt, dueAt }) => signedAt <= dueAt).length,
    meanMinutes: waits.length === 0 ? 0 : waits.reduce((a, b) => a + b, 0) / waits.length,
    p95Minutes: waits[Math.min(waits.length - 1, Math.floor(waits.length * 0.95))] ?? 0,
  };
}

function loadsOf({ readings }: Played, readers: readonly ReaderFacts[], from: Instant, until: Instant): ReaderLoad[] {
  const loads = new Map<string, ReaderLoad>();
  const of = (readerId: string) => {
    const load = loads.get(readerId) ?? { readerId, cases: 0, workUnits: 0, hours: 0 };
    loads.set(readerId, load);
    return load;
  };
  for (const { id, shifts } of readers) {
    // An hour in which two of his shifts overlap is one hour.
    let counted = from;
    for (const shift of (shifts ?? []).toSorted((a, b) => a.from - b.from)) {
      const hours = (Math.min(shift.until, until) - Math.max(shift.from, counted)) / (60 * minuteMs);
      if (hours > 0) of(id).hours += hours;
      counted = Math.max(counted, shift.until);
    }
  }
  for (const { readerId, workUnits } of readings) {
    const load = of(readerId);
    load.cases++;
    load.workUnits += workUnits;
  }
  return [...loads.values()].sort((a, b) => (a.readerId < b.readerId ? -1 : 1));
}
