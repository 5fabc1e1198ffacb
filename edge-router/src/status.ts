import { existsSync } from "node:fs";
import path from "node:path";
import { isEnrolled, loadIdentity } from "./control/identity.ts";
import { lockStateDir } from "./lock.ts";
import { DeliveryStore } from "./returns/delivery-store.ts";
import type { RefusalList } from "./spool/faces.ts";
import { lookIntoSpool } from "./spool/look.ts";

const mostRefusalsShown = 100;

export type EdgeStatus = {
  enrolled: boolean;
  running: boolean;
  revoked: boolean;
  /** Why what follows about the spool is not known; null when it is. The rest is right all the same. */
  problem: "index-unreadable" | "index-newer" | "identity-unreadable" | null;
  portal: string | null;
  edgeId: string | null;
  facilitySlug: string | null;
  dimsePort: number | null;
  queue: { instances: number; bytes: number; oldestReceivedAt: string | null };
  /** Objects that we or the archive will never take, the newest first; what the archive refused is kept in the spool. */
  refused: {
    count: number;
    items: { sopInstanceUid?: string; studyInstanceUid?: string; reason: string; callingAeTitle: string; at: string }[];
  };
  returns: { waiting: number; lastError: string | null };
  lastReceivedAt: string | null;
  lastForwardedAt: string | null;
  disk: { freeBytes: number; totalBytes: number; reserveBytes: number } | null;
};

/**
 * How the edge router in a state folder is, whether it runs or not, whatever state its files are in. Reads only.
 * What the journal holds and the index could not take yet, as on a full disk, waits like the rest.
 */
export async function readStatus(stateDir: string, reserveBytes: number | null): Promise<EdgeStatus> {
  const status: EdgeStatus = {
    enrolled: isEnrolled(stateDir),
    running: isRunning(stateDir),
    revoked: false,
    problem: null,
    portal: null,
    edgeId: null,
    facilitySlug: null,
    dimsePort: null,
    queue: { instances: 0, bytes: 0, oldestReceivedAt: null },
    refused: { count: 0, items: [] },
    returns: { waiting: 0, lastError: null },
    lastReceivedAt: null,
    lastForwardedAt: null,
    disk: null,
  };
  if (status.enrolled)
    try {
      const { portal, edgeId, facilitySlug } = loadIdentity(stateDir);
      Object.assign(status, { portal, edgeId, facilitySlug });
    } catch {
      status.problem = "identity-unreadable";
    }
  const { disk, problem } = await lookIntoSpool(path.join(stateDir, "spool"), reserveBytes, (view) => {
    status.queue = { ...view.queue, oldestReceivedAt: iso(view.queue.oldestReceivedAt) };
    status.refused = refusedOf(view.refusals);
    status.returns = new DeliveryStore(view.db).summary();
    status.lastReceivedAt = iso(view.lastReceivedAt);
    status.lastForwardedAt = view.fact("lastForwardedAt") || null;
    status.revoked = status.edgeId !== null && view.fact("revoked") === status.edgeId;
    if (status.running) status.dimsePort = Number(view.fact("dimsePort")) || null;
  });
  status.disk = disk;
  // One that is unreadable is mended by the router when it starts.
  status.problem ??= problem;
  return status;
}

function refusedOf(refusals: RefusalList): EdgeStatus["refused"] {
  const items = refusals.list(mostRefusalsShown).map(({ sopInstanceUid, studyInstanceUid, at, ...rest }) => ({
    ...(sopInstanceUid ? { sopInstanceUid } : {}),
    ...(studyInstanceUid ? { studyInstanceUid } : {}),
    ...rest,
    at: new Date(at).toISOString(),
  }));
  return { count: refusals.count(), items };
}

const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

function isRunning(stateDir: string): boolean {
  if (!existsSync(path.join(stateDir, "lock.db"))) return false;
  const unlock = lockStateDir(stateDir);
  unlock?.();
  return unlock === null;
}
