import { pool } from "#server/db/clients.ts";
import { withMaintenance } from "#server/db/maintenance.ts";
import { type ObjectCheck, recordCheck } from "#server/domain/imaging/index.ts";
import { hashObject } from "./check-archive.ts";

type Named = { objectKey: string; dataSetSha256: string };
type Row = { instanceId: string; orgId: string; damaged: boolean; sizeBytes: string; offset: number };

/**
 * Checks an image's object against what was received, and records the result: damage, or that the bytes are restored.
 * The hash alone decides.
 */
export async function verifyObject(
  { objectKey, dataSetSha256 }: Named,
  { by, from }: Pick<ObjectCheck, "by" | "from">,
): Promise<void> {
  const { rows } = await pool("overread_maintenance").query<Row>(
    `SELECT id AS "instanceId", org_id AS "orgId", damaged_at IS NOT NULL AS damaged, size_bytes::text AS "sizeBytes", data_set_offset AS "offset"
     FROM instance WHERE data_set_sha256 = $1 AND object_key = $2`,
    [dataSetSha256, objectKey],
  );
  for (const { instanceId, orgId, damaged, sizeBytes, offset } of rows) {
    const found = await hashObject({ objectKey, offset });
    const sound = found !== "missing" && found.sha256 === dataSetSha256 && String(found.bytes) === sizeBytes;
    if (sound !== damaged) continue;
    const fault = sound ? null : found === "missing" ? "missing" : "corrupt";
    await withMaintenance((tx) => recordCheck(tx, { instanceId, orgId, fault, by, ...(from ? { from } : {}) }));
    // The bytes may have arrived while the image was being marked.
    if (fault) await verifyObject({ objectKey, dataSetSha256 }, { by, from: "sender" });
  }
}

/** Checks objects whose bytes have just been received again: images marked as damaged are cleared. */
export async function verifyRestored(objects: Named[]): Promise<void> {
  const { rows } = await pool("overread_maintenance").query<Named>(
    `SELECT DISTINCT object_key AS "objectKey", data_set_sha256 AS "dataSetSha256" FROM instance
     WHERE damaged_at IS NOT NULL AND data_set_sha256 = ANY($1) AND object_key = ANY($2)`,
    [objects.map(({ dataSetSha256 }) => dataSetSha256), objects.map(({ objectKey }) => objectKey)],
  );
  for (const object of rows) await verifyObject(object, { by: "read", from: "sender" });
}

/** Objects being checked. */
const verifying = new Set<string>();

/** A reader got other bytes than were received: checks the whole object in the background. */
export function verifySoon(object: Named): void {
  if (verifying.has(object.objectKey)) return;
  verifying.add(object.objectKey);
  void verifyObject(object, { by: "read" })
    // The next reader or the daily scrub finds it again.
    .catch(() => {})
    .finally(() => verifying.delete(object.objectKey));
}
