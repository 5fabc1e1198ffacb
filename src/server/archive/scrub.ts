import { constants } from "node:fs";
import { copyFile, mkdir, open, rename, rm } from "node:fs/promises";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { systemActor } from "#server/auth/system-actor.ts";
import { withMaintenance } from "#server/db/maintenance.ts";
import { appendAs } from "#server/domain/audit/index.ts";
import { storeRoot } from "#server/storage/store-root.ts";
import { type ArchiveReport, type CheckedObject, checkArchive, hashObject } from "./check-archive.ts";

export type ScrubReport = ArchiveReport & { repaired: string[] };

/**
 * Reads every object once, as the schedule does. An image whose object is missing or damaged is marked and told to its hospital's
 * audit trail; it is served to nobody, its sender is told that the archive does not hold it, and whoever brings the same bytes
 * again mends it. With a backup at hand the bytes are brought back from there.
 *
 * @param from folder of a backup (`backup create`).
 * @param pauseMs rest after each object, so that readers do not feel it.
 * @returns what is still missing or damaged, and the keys of what was brought back.
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
  const report = await checkArchive(progress, async (object) => {
    signal?.throwIfAborted();
    if (object.fault && from && (await bringBack(object, from))) repaired.add(object.objectKey);
    const damaged = object.fault !== null && !repaired.has(object.objectKey);
    if (object.kind === "instance" && (damaged !== object.damaged || (object.fault && !damaged)))
      await mark(object, damaged);
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

async function mark({ id, orgId, fault }: CheckedObject, damaged: boolean): Promise<void> {
  await withMaintenance(async (tx) => {
    const [row] = await tx.$queryRaw<{ studyRef: string }[]>`
      UPDATE instance SET damaged_at = CASE WHEN ${damaged} THEN coalesce(damaged_at, now()) END WHERE id = ${id}::uuid
      RETURNING study_ref AS "studyRef"`;
    if (row)
      await appendAs(tx, systemActor(orgId, "scrub"), {
        action: damaged ? "instance.damaged" : "instance.repaired",
        outcome: damaged ? "failure" : "success",
        studyRef: row.studyRef,
        details: { instanceId: id, fault },
      });
  });
}

/** Puts the backup's copy in the place of a damaged object, when the copy is what was received. */
async function bringBack({ objectKey, offset, sha256 }: CheckedObject, folder: string): Promise<boolean> {
  const target = path.join(storeRoot(), objectKey);
  const part = `${target}.scrub`;
  await mkdir(path.dirname(target), { recursive: true, mode: 0o750 });
  try {
    await copyFile(path.join(folder, "store", objectKey), part, constants.COPYFILE_FICLONE);
    const copy = await hashObject({ objectKey: `${objectKey}.scrub`, offset });
    if (copy === "missing" || copy.sha256 !== sha256) return false;
    const handle = await open(part, "r+");
    await handle.sync();
    await handle.close();
    await rename(part, target);
    const directory = await open(path.dirname(target), "r");
    await directory.sync();
    await directory.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  } finally {
    await rm(part, { force: true });
  }
}
