import type { InstanceRecord, StoredInstance } from "../instance-record.ts";
import { uuidv7 } from "../uuidv7.ts";
import type { VersionRow } from "./rows.ts";

/** Why a version is quarantined. */
const quarantineReasons = {
  /** A version with other bytes came first. */
  otherBytes: "same-uid-other-bytes",
  /** The same UID in another transfer syntax: perhaps the same image re-encoded, which bytes alone cannot tell. */
  otherSyntax: "same-uid-other-syntax",
  /** The UID is taken by an instance of another study or series. */
  otherPlace: "same-uid-other-series",
} as const;

export type ClassifiedInstances = {
  record: InstanceRecord;
  outcome: StoredInstance["outcome"];
  isNew: boolean;
  reason: string | null;
  instanceId: string;
};

/** Classifies each instance: new, already stored, or another version of a stored one. */
export function classifyInstances(
  versions: VersionRow[],
  instances: InstanceRecord[],
  seriesId: (record: InstanceRecord) => string,
): ClassifiedInstances[] {
  const known = new Map<string, VersionRow[]>();
  for (const version of versions)
    known.set(version.sop_instance_uid, [...(known.get(version.sop_instance_uid) ?? []), version]);

  const result: ClassifiedInstances[] = [];
  for (const record of instances) {
    const others = known.get(record.sopInstanceUid) ?? [];
    const { dataSetSha256, transferSyntaxUid } = record;
    // The meaning of the bytes depends on the syntax: the same bytes in another one may be another image.
    const isSyntax = (each: VersionRow): boolean => each.transfer_syntax_uid === transferSyntaxUid;
    const same = others.find((each) => each.data_set_sha256 === dataSetSha256 && isSyntax(each));
    if (same) {
      // A quarantined version sent again stays quarantined, and counts as held.
      const outcome = same.status === "stored" ? "duplicate" : "quarantined";
      result.push({ record, outcome, isNew: false, reason: null, instanceId: same.id });
      continue;
    }
    const elsewhere = others.some(({ series_ref }) => series_ref !== seriesId(record));
    const { otherPlace, otherBytes, otherSyntax } = quarantineReasons;
    const inSeries = others.some(isSyntax) ? otherBytes : otherSyntax;
    const reason = others.length === 0 ? null : elsewhere ? otherPlace : inSeries;
    const id = uuidv7();
    result.push({ record, outcome: reason ? "quarantined" : "stored", isNew: true, reason, instanceId: id });
    const status = reason ? "quarantined" : "stored";
    const version: VersionRow = {
      id,
      sop_instance_uid: record.sopInstanceUid,
      data_set_sha256: dataSetSha256,
      transfer_syntax_uid: transferSyntaxUid,
      status,
      series_ref: seriesId(record),
    };
    known.set(record.sopInstanceUid, [...others, version]);
  }
  return result;
}
