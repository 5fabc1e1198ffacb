import type { SqlTx } from "#server/context.ts";

/** An announcement to clients: that something changed, never what. Ids only. */
export type LiveEvent = {
  topic:
    | "case.changed"
    | "report.changed"
    | "edge.changed"
    | "study.changed"
    | "rules.changed"
    | "service-level.changed"
    | "readers.changed"
    | "notice.changed"
    | "lists.changed"
    | "protocols.changed";
  /** Organisations whose clients are notified. */
  orgIds: string[];
  caseId?: string;
  studyId?: string;
  edgeId?: string;
};

/**
 * Announces a change if and only if this transaction commits. Postgres passes it to every process with open
 * event streams (`subscriber.ts`). A lost announcement delays an update but loses no data:
 * clients fetch again when they reconnect.
 */
export async function publish(tx: SqlTx, event: LiveEvent): Promise<void> {
  await publishAll(tx, [event]);
}

/** The same for several, in one statement. */
export async function publishAll(tx: SqlTx, events: LiveEvent[]): Promise<void> {
  if (events.length === 0) return;
  const texts = events.map((event) => JSON.stringify(event));
  await tx.$queryRaw`SELECT count(pg_notify('overread_live', event))::int FROM unnest(${texts}::text[]) event`;
}
/** Postgres channel of the announcements. */
export const liveChannel = "overread_live";
