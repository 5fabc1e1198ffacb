import { z } from "zod";
import { type CaseClock, momentOf } from "./case-clock.ts";
import { type Instant, minuteMs } from "./codes.ts";

/** Whom a step wakes: who has the case, who could claim it, who distributes cases, the hospital. In this order where two are due together. */
const audiences = ["reader", "pool", "lead", "site"] as const;
const stepSchema = z.strictObject({
  /** Of the promised time, e.g. 80; above 100 it is late already. */
  percent: z.int().min(1).max(1000),
  to: z.enum(audiences),
});
export const ladderSchema = z.array(stepSchema).max(20);
export type Step = z.infer<typeof stepSchema>;

export const usualLadder: readonly Step[] = [
  { percent: 50, to: "reader" },
  { percent: 80, to: "pool" },
  { percent: 100, to: "lead" },
  { percent: 100, to: "site" },
];

/** By this a step that was taken is known; a ladder that was changed meanwhile repeats none that it shares with the old one. */
export const stepKey = ({ percent, to }: Step): string => `${percent}:${to}`;

/**
 * The steps of a ladder that are due at `now` and were not taken, in order, each with the moment since which it is due. All of them, however long nobody
 * looked; none that stands in `taken`. While the clock stands none becomes due. `nextAt`: when the next one will be; null: none, or the clock stands.
 */
export function stepsDue(
  ladder: readonly Step[],
  clock: CaseClock,
  taken: readonly string[],
  now: Instant,
): { due: { step: Step; since: Instant }[]; nextAt: Instant | null } {
  const ahead = new Map<string, { step: Step; at: Instant | null }>();
  for (const step of ladder) {
    if (taken.includes(stepKey(step))) continue;
    const at = momentOf(clock, (clock.minutes * minuteMs * step.percent) / 100);
    ahead.set(stepKey(step), { step, at: at === null ? null : Math.ceil(at) });
  }
  const order = (a: Step, b: Step) => a.percent - b.percent || audiences.indexOf(a.to) - audiences.indexOf(b.to);
  const due: { step: Step; since: Instant }[] = [];
  let nextAt: Instant | null = null;
  for (const { step, at } of ahead.values()) {
    if (at === null) continue;
    if (at <= now) due.push({ step, since: at });
    else if (nextAt === null || at < nextAt) nextAt = at;
  }
  due.sort((a, b) => order(a.step, b.step));
  return { due, nextAt };
}
