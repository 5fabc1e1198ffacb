import { withMaintenance } from "#server/db/maintenance.ts";
import { hashInKey } from "#server/storage/keys.ts";
import { objectStore } from "#server/storage/open-store.ts";

/**
 * Clean-up after a crash: deletes temporary files of dead processes, and objects whose row was never committed (their
 * sender got no success and sends them again). Runs once at the start of a process; safe beside others.
 */
export async function sweepStorage(): Promise<{ temporary: number; orphans: number }> {
  const store = objectStore();
  const temporary = await store.sweepUploads();
  const orphans = await store.sweepObjects(async (keys) => {
    const rows = await withMaintenance(
      (tx) =>
        tx.$queryRaw<
          { object_key: string }[]
        >`SELECT object_key FROM instance WHERE data_set_sha256 = ANY(${keys.map(hashInKey)}::text[])`,
    );
    return new Set(rows.map(({ object_key }) => object_key));
  });
  return { temporary, orphans };
}
