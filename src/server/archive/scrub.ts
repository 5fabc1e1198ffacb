import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { withMaintenance } from "#server/db/maintenance.ts";
import { recordCheck } from "#server/domain/imaging/index.ts";
import type { ObjectStore } from "#server/storage/object-store.ts";
import { backupStore, objectStore } from "#server/storage/open-store.ts";
import { type ArchiveReport, type CheckedObject, checkArchive } from "./check-archive.ts";
import { verifyObject } from "./verify-object.ts";

export type ScrubReport = ArchiveReport & { repaired: string[] };

/**
 * Checks every object once, as scheduled daily. An image whose object is missing or damaged is marked and audited at
 * its hospital; it is no longer served, its sender is told that the archive does not hold it, and receiving the same
 * bytes again repairs it. With a backup the bytes are restored from there.
 *
 * @param from folder of a backup (`backup create`).
 * @param pauseMs pause after each object, so that readers are not slowed down.
 * @returns what is still missing or damaged, and the keys of what was restored.
 */
export async function scrubArchive({
  from,
  pauseMs = 0,
  progress = () => {},
  signal,
}: {
  from?: string;
  pauseMs?: number;
  progress?: (objects: number) => void;
  signal?: AbortSignal;
} = {}): Promise<ScrubReport> {
  const repaired = new Set<string>();
  const backup = from === undefined ? null : backupStore(from);
  const report = await checkArchive(progress, async (object) => {
    signal?.throwIfAborted();
    if (object.fault && backup && (await bringBack(object, backup))) repaired.add(object.objectKey);
    const damaged = object.fault !== null && !repaired.has(object.objectKey);
    const news = damaged !== object.damaged || (damaged && from !== undefined);
    if (object.kind === "instance" && (news || (object.fault && !damaged)))
      await withMaintenance((tx) =>
        recordCheck(tx, {
          instanceId: object.id,
          orgId: object.orgId,
          fault: damaged ? object.fault : null,
          by: "scrub",
          askedBackup: from !== undefined,
          from: repaired.has(object.objectKey) ? "backup" : "sender",
        }),
      );
    // The bytes may have arrived while the image was being marked.
    if (object.kind === "instance" && news && damaged)
      await verifyObject(
        { objectKey: object.objectKey, dataSetSha256: object.sha256 },
        { by: "scrub", from: "sender" },
      );
    if (pauseMs > 0) await pause(pauseMs);
  });
  const still = ({ objectKey }: { objectKey: string }): boolean => !repaired.has(objectKey);
  return {
    ...report,
    missing: report.missing.filter(still),
    corrupt: report.corrupt.filter(still),
    repaired: [...repaired],
  };
}

/** Replaces a damaged object by the backup's copy, if the copy is what was received. */
async function bringBack({ objectKey, offset, sha256 }: CheckedObject, backup: ObjectStore): Promise<boolean> {
  if (!(await backup.head(objectKey))) return false;
  const copy = await backup.open(objectKey);
  try {
    const upload = await objectStore().beginUpload();
    try {
      const hash = createHash("sha256");
      let at = 0;
      for await (const piece of copy.stream()) {
        hash.update(piece.subarray(Math.max(0, offset - at)));
        at += piece.length;
        await upload.write(piece);
      }
      if (hash.digest("hex") !== sha256) return false;
      await upload.complete(objectKey);
      return true;
    } finally {
      await upload.abort();
    }
  } finally {
    await copy.close();
  }
}
