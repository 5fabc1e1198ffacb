import { minuteMs } from "./codes.ts";
import type { CaseFacts } from "./snapshot.ts";

type Urgent = Pick<CaseFacts, "id" | "priority" | "dueAt" | "promisedAt" | "arrivedAt">;

const rank = { stat: 0, urgent: 1, routine: 1 } as const;

/**
 * Which of two cases goes first, below 0: `a`. STAT before everything, also before what is late already; then least slack, which at one
 * moment is the earliest due time; of equals what was promised earlier, arrived earlier, has the lower id.
 */
export function byUrgency(a: Urgent, b: Urgent): number {
  return (
    rank[a.priority] - rank[b.priority] ||
    a.dueAt - b.dueAt ||
    a.promisedAt - b.promisedAt ||
    a.arrivedAt - b.arrivedAt ||
    (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
  );
}

const bands = [0, 15, 30, 60, 120, 240, 480].map((minutes) => minutes * minuteMs);

/** Slack in coarse steps: cases of one step may change places for a reader's training and his patients. 0: late. */
export function slackBand({ priority, dueAt }: Urgent, now: number): number {
  if (priority === "stat") return -1;
  const place = bands.findIndex((most) => dueAt - now <= most);
  return place === -1 ? bands.length : place;
}
