import { minuteMs } from "./codes.ts";
import type { RuleSet } from "./rules.ts";
import { nextChange } from "./schedule.ts";
import type { Snapshot } from "./snapshot.ts";

/** The first moment after `now` at which a fact of the snapshot changes by itself: a lease, a shift, a licence, a rule's hours, a slack. Null: none. */
export function lookAgainAt(snapshot: Snapshot, { rules }: RuleSet): number | null {
  const { now } = snapshot;
  let first = Number.POSITIVE_INFINITY;
  const note = (at: number | null | undefined) => {
    if (at !== null && at !== undefined && at > now && at < first) first = at;
  };
  for (const reader of snapshot.readers) {
    for (const { from, until } of [...(reader.shifts ?? []), ...reader.breaks]) {
      note(from);
      note(until);
    }
    for (const { validFrom, validUntil } of reader.licences) {
      note(validFrom);
      note(validUntil);
    }
    for (const { expiresAt } of reader.privileges) note(expiresAt);
  }
  for (const { validFrom, validUntil } of snapshot.contracts) {
    note(validFrom);
    note(validUntil);
  }
  for (const { claim, offer, skips } of snapshot.cases) {
    note(claim?.until);
    note(offer?.until);
    for (const { until } of skips) note(until);
  }
  for (const { schedule, when } of rules) {
    note(nextChange(schedule, now));
    for (const condition of when) {
      // A condition of time turns in the millisecond after it stands on its border.
      if (condition.field === "slack")
        for (const { dueAt } of snapshot.cases) note(dueAt - condition.minutes * minuteMs + 1);
      if (condition.field === "waited")
        for (const { arrivedAt } of snapshot.cases) note(arrivedAt + condition.minutes * minuteMs + 1);
    }
  }
  return Number.isFinite(first) ? first : null;
}
