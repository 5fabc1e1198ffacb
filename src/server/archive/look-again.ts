import { pool } from "#server/db/clients.ts";
import { withMaintenance } from "#server/db/maintenance.ts";
import { type ObjectCheck, recordCheck } from "#server/domain/imaging/index.ts";
import { hashObject } from "./check-archive.ts";

type Named = { objectKey: string; dataSetSha256: string };
type Row = { instanceId: string; orgId: string; damaged: boolean; sizeBytes: string; offset: number };

/**
 * Reads the object of an image whole, holds it against what was received, and notes what that shows: a fault, or that its bytes are
 * back. Only the hash decides.
 */
export async function lookAgain(
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
    // Its bytes may have come while it was being marked.
    if (fault) await lookAgain({ objectKey, dataSetSha256 }, { by, from: "sender" });
  }
}

/** Objects whose bytes have just come again: those that count as damaged are looked at, and count so no longer. */
export async function healed(objects: Named[]): Promise<void> {
  const { rows } = await pool("overread_maintenance").query<Named>(
    `SELECT DISTINCT object_key AS "objectKey", data_set_sha256 AS "dataSetSha256" FROM instance
     WHERE damaged_at IS NOT NULL AND data_set_sha256 = ANY($1) AND object_key = ANY($2)`,
    [objects.map(({ dataSetSha256 }) => dataSetSha256), objects.map(({ objectKey }) => objectKey)],
  );
  for (const object of rows) await lookAgain(object, { by: "read", from: "sender" });
}

/** Objects that are being looked at. */
const verifying = new Set<string>();

/** A reader got something else than was received: looks at the whole object beside the answer, which waits for nothing. */
export function lookSoon(object: Named): void {
  if (verifying.has(object.objectKey)) return;
  verifying.add(object.objectKey);
  void lookAgain(object, { by: "read" })
    // The next reader or the daily scrub finds it again.
    .catch(() => {})
    .finally(() => verifying.delete(object.objectKey));
}
