import { createHash } from "node:crypto";
import { pool } from "#server/db/clients.ts";
import { toDomainError } from "#server/errors.ts";
import { isUnreadable, orphanAgeMs } from "#server/storage/object-store.ts";
import { objectStore } from "#server/storage/open-store.ts";

export type ArchiveReport = {
  objects: number;
  bytes: number;
  /** Rows whose object is missing. */
  missing: ArchiveFault[];
  /** Objects whose bytes are not those received. */
  corrupt: ArchiveFault[];
  /** Objects without a row. At least an hour old: the row of a younger one may still be written. */
  orphaned: string[];
  /** What is prepared beside them: not checked here, but by whoever is sent it. */
  renditions: { objects: number; bytes: number };
};
type ArchiveFault = { objectKey: string; instanceId?: string; reportVersionId?: string };

type Row = {
  id: string;
  orgId: string;
  damaged: boolean;
  objectKey: string;
  sha256: string;
  sizeBytes: string | null;
  offset: number;
};
const page = 500;

export type CheckedObject = Row & { fault: "missing" | "corrupt" | null; kind: "instance" | "report" };

/**
 * Checks every object of the archive against its row, and every row against the store.
 *
 * @param each called with every object, and awaited.
 */
export async function checkArchive(
  progress: (objects: number) => void,
  each: (checked: CheckedObject) => Promise<void> = async () => {},
): Promise<ArchiveReport> {
  const report: ArchiveReport = {
    objects: 0,
    bytes: 0,
    missing: [],
    corrupt: [],
    orphaned: [],
    renditions: { objects: 0, bytes: 0 },
  };
  const check = async (row: Row, fault: ArchiveFault) => {
    const kind = fault.instanceId ? "instance" : "report";
    const told = (found: CheckedObject["fault"]) => each({ ...row, kind, fault: found });
    const found = await hashObject(row);
    report.objects++;
    if (report.objects % 1000 === 0) progress(report.objects);
    if (found === "missing") {
      report.missing.push(fault);
      await told("missing");
    } else {
      report.bytes += found.bytes;
      const whole = row.sizeBytes === null || BigInt(found.bytes) === BigInt(row.sizeBytes);
      const corrupt = !whole || found.sha256 !== row.sha256;
      if (corrupt) report.corrupt.push(fault);
      await told(corrupt ? "corrupt" : null);
    }
  };
  await eachPage<Row>(
    `SELECT id, org_id AS "orgId", damaged_at IS NOT NULL AS damaged, object_key AS "objectKey", data_set_sha256 AS sha256, size_bytes::text AS "sizeBytes", data_set_offset AS "offset"
     FROM instance WHERE id > $1 ORDER BY id LIMIT ${page}`,
    (row) => check(row, { objectKey: row.objectKey, instanceId: row.id }),
  );
  await eachPage<Row>(
    `SELECT report_version_id AS id, org_id AS "orgId", false AS damaged, object_key AS "objectKey", sha256, NULL AS "sizeBytes", 0 AS "offset"
     FROM report_document WHERE object_key IS NOT NULL AND report_version_id > $1 ORDER BY report_version_id LIMIT ${page}`,
    (row) => check(row, { objectKey: row.objectKey, reportVersionId: row.id }),
  );
  report.orphaned = await orphans();
  for await (const { sizeBytes } of objectStore().list("renditions/")) {
    report.renditions.objects++;
    report.renditions.bytes += sizeBytes;
  }
  return report;
}

async function eachPage<T extends { id: string }>(sql: string, fn: (row: T) => Promise<void>): Promise<void> {
  let after = "00000000-0000-0000-0000-000000000000";
  for (;;) {
    const { rows } = await pool("overread_maintenance").query<T>(sql, [after]);
    for (const row of rows) await fn(row);
    if (rows.length < page) return;
    after = rows.at(-1)!.id;
  }
}

/**
 * Reads an object completely.
 *
 * @throws {DomainError} `storage.unavailable`, and any other error of reading that is no fault of the object: it must
 * not be reported as damaged then.
 */
export async function hashObject(
  row: Pick<Row, "objectKey" | "offset">,
): Promise<"missing" | { sha256: string; bytes: number }> {
  try {
    const object = await objectStore().open(row.objectKey);
    try {
      const hash = createHash("sha256");
      let bytes = row.offset;
      for await (const piece of object.stream(row.offset)) {
        hash.update(piece);
        bytes += piece.length;
      }
      // One request per object of a bucket; only objects that end before their data set begins need another for their
      // length.
      if (bytes === row.offset) bytes = (await object.identify()).sizeBytes;
      return { sha256: hash.digest("hex"), bytes };
    } finally {
      await object.close();
    }
  } catch (error) {
    // An unreadable sector is damage to report, not a reason to stop.
    if (isUnreadable(error)) return { sha256: "", bytes: 0 };
    if (toDomainError(error).code === "storage.corrupt") return "missing";
    throw error;
  }
}

/** Objects in the store that belong to no instance and no report. */
async function orphans(): Promise<string[]> {
  const found: string[] = [];
  for (const kind of ["objects/", "reports/"]) {
    let batch: string[] = [];
    const settle = async () => {
      const { rows } = await pool("overread_maintenance").query<{ key: string }>(
        "SELECT object_key AS key FROM instance WHERE object_key = ANY($1) UNION SELECT object_key FROM report_document WHERE object_key = ANY($1)",
        [batch],
      );
      const known = new Set(rows.map(({ key }) => key));
      found.push(...batch.filter((key) => !known.has(key)));
      batch = [];
    };
    for await (const { key, modifiedAt } of objectStore().list(kind)) {
      if (Date.now() - modifiedAt.getTime() < orphanAgeMs) continue;
      batch.push(key);
      if (batch.length >= page) await settle();
    }
    if (batch.length > 0) await settle();
  }
  return found;
}
