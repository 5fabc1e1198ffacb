import type { Instant, Priority } from "./codes.ts";
import type { CaseFacts, Snapshot } from "./snapshot.ts";
import { workUnitsBy } from "./work-units.ts";

/** What happened, as the trail has it. An arrival carries the facts as they were on that moment: nobody has it, nobody skipped it. */
export type RecordedEvent =
  | { kind: "arrival"; at: Instant; facts: CaseFacts }
  | { kind: "claim"; at: Instant; caseId: string; readerId: string }
  | { kind: "sign"; at: Instant; caseId: string; readerId: string };

/** One case read to its end, in truth or in a rehearsal. `ruleId` null: no rule gave it, or nobody knows which. */
export type Reading = {
  caseId: string;
  readerId: string;
  ruleId: string | null;
  priority: Priority;
  arrivedAt: Instant;
  takenAt: Instant;
  signedAt: Instant;
  dueAt: Instant;
  workUnits: number;
};
/** `unread`: what was still waiting at the end, by id. */
export type Played = { readings: Reading[]; unread: CaseFacts[] };

/** What truly became of the cases that arrived: the last claim before a signature counts. */
export function asItWas(events: readonly RecordedEvent[], { workUnits: table }: Pick<Snapshot, "workUnits">): Played {
  const workUnits = workUnitsBy(table);
  const waiting = new Map<string, CaseFacts>();
  const claimed = new Map<string, Instant>();
  const readings: Reading[] = [];
  for (const event of events.toSorted((a, b) => a.at - b.at)) {
    if (event.kind === "arrival") waiting.set(event.facts.id, event.facts);
    else if (event.kind === "claim") claimed.set(`${event.caseId}\n${event.readerId}`, event.at);
    else {
      const facts = waiting.get(event.caseId);
      if (!facts) continue;
      waiting.delete(event.caseId);
      readings.push({
        ...readingOf(facts, event.readerId, null, workUnits.of(facts)),
        takenAt: claimed.get(`${event.caseId}\n${event.readerId}`) ?? event.at,
        signedAt: event.at,
      });
    }
  }
  return { readings, unread: byId([...waiting.values()]) };
}

export const readingOf = (
  { id: caseId, priority, arrivedAt, dueAt }: CaseFacts,
  readerId: string,
  ruleId: string | null,
  workUnits: number,
): Omit<Reading, "takenAt" | "signedAt"> => ({ caseId, readerId, ruleId, priority, arrivedAt, dueAt, workUnits });

export const byId = (cases: CaseFacts[]): CaseFacts[] => cases.sort((a, b) => (a.id < b.id ? -1 : 1));
