import { pool } from "#server/db/clients.ts";
import type { Log } from "#server/log.ts";

/** Reads chained in one transaction: changes of the same organisations wait for it, some tens of milliseconds. */
const batch = 500;
const pauseMs = 500;

/**
 * Chains the waiting reads. Every worker and every front door runs one; one of them is active, and another takes over
 * when it ends.
 *
 * @returns stops the writer; waiting reads are chained once more, or else by the next one that starts.
 */
export function startAuditWriter(log: Log): { stop(): Promise<void> } {
  let stopping = false;
  let failing = false;
  let wake = (): void => {};
  const run = async (): Promise<void> => {
    while (!stopping) {
      try {
        const moved = await chainWaitingReads(batch);
        failing = false;
        if (moved === batch) continue;
      } catch (error) {
        if (!failing)
          log.warn({ reason: error instanceof Error ? error.name : "unknown" }, "reads wait for the audit trail");
        failing = true;
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pauseMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
        if (stopping) wake();
      });
    }
  };
  const running = run();
  return {
    async stop() {
      stopping = true;
      wake();
      await running;
      await chainWaitingReads(batch).catch(() => {});
    },
  };
}

/**
 * One batch.
 *
 * @returns the number of reads chained; -1 where another process is active.
 */
export async function chainWaitingReads(limit: number): Promise<number> {
  const { rows } = await pool("overread_maintenance").query<{ moved: number }>({
    name: "chain-reads",
    text: "SELECT audit_chain_reads(NULL, $1) AS moved",
    values: [limit],
  });
  return rows[0]!.moved;
}

/** Chains everything that waits now, before the chains are verified; gives up where another process takes too long. */
export async function chainAllWaitingReads(): Promise<void> {
  for (let refused = 0; refused < 50; ) {
    const moved = await chainWaitingReads(batch);
    if (moved >= 0 && moved < batch) return;
    if (moved < 0) {
      refused++;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

export type WaitingReads = { count: number; oldestSeconds: number };

/** The reads that are not chained yet, of one organisation or of all, and the time of the oldest. */
export async function waitingReads(orgId: string | null = null): Promise<WaitingReads> {
  const { rows } = await pool("overread_maintenance").query<WaitingReads>(
    `SELECT count(*)::int AS count, coalesce(extract(epoch FROM now() - min(at)), 0)::float AS "oldestSeconds"
     FROM audit_read WHERE $1::uuid IS NULL OR org_id = $1`,
    [orgId],
  );
  return rows[0]!;
}
