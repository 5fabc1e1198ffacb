import type { DicomJson } from "@overread/shared/dicom/dicom-json";
import { dictionaryByTag } from "@overread/shared/dicom/dictionary";
import { formatPersonName } from "@overread/shared/dicom/person-name";
import { Tag } from "@overread/shared/dicom/tags";
import { transferSyntaxes } from "@overread/shared/dicom/transfer-syntaxes";
import { type IdentityDoubt, type Reason, reason } from "@overread/shared/reasons";
import { z } from "zod";
import type { Ctx } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import { audit } from "../../audit/index.ts";
import { doubtsByStudy } from "../../reading/index.ts";
import { quarantinePolicy } from "./policy.ts";

export const ListQuarantined = z.object({
  /** `waiting` for a decision, or `decided`: rejected or replaced. */
  state: z.enum(["waiting", "decided"]).default("waiting"),
  /** `instanceId` of the last item of the previous page. */
  cursor: z.uuid().nullish(),
  limit: z.number().int().min(1).max(200).default(50),
});
export type ListQuarantined = z.input<typeof ListQuarantined>;

/** One version of an image. */
type QuarantinedVersion = {
  instanceId: string;
  studyInstanceUid: string;
  seriesInstanceUid: string;
  receivedAt: string;
  sizeBytes: number;
  dataSetSha256: string;
  /** Origin-relative URL of the file (Part 10). */
  downloadPath: string;
};

/** A quarantined image, beside the one that is served under its UID. */
export type QuarantinedInstance = QuarantinedVersion & {
  sopInstanceUid: string;
  studyId: string;
  caseId: string | null;
  facility: string;
  patientName: string;
  patientId: string;
  /** Why it is not certain whose study this is; empty where it is. */
  doubts: IdentityDoubt[];
  studyDate: string;
  studyDescription: string;
  modality: string;
  /** Why it was set aside. */
  why: Reason;
  served: QuarantinedVersion | null;
  /**
   * Keywords of the header attributes in which the two differ, at most 30; none: only pixels or elements outside the
   * index differ.
   */
  differs: string[];
  /** False where the UID belongs to an image of another series or study: such a version can only be rejected. */
  canRelease: boolean;
  /** The decision; null while it waits. */
  decided: { status: "discarded" | "superseded"; at: string; by: string; reason: string } | null;
};

type VersionRow = Omit<QuarantinedVersion, "receivedAt" | "sizeBytes" | "downloadPath"> & {
  syntax: string;
  receivedAt: Date;
  sizeBytes: bigint;
  metadata: string;
  seriesRef: string;
};
type Row = VersionRow & {
  sopInstanceUid: string;
  studyId: string;
  caseId: string | null;
  facility: string | null;
  patientName: string;
  patientId: string;
  studyDate: string;
  studyDescription: string;
  modality: string;
  status: "quarantined" | "discarded" | "superseded";
  resolvedAt: Date | null;
  resolvedBy: string | null;
  resolutionReason: string | null;
};
const version = Prisma.sql`i.id AS "instanceId", st.study_instance_uid AS "studyInstanceUid", se.series_instance_uid AS "seriesInstanceUid",
  i.received_at AS "receivedAt", i.size_bytes AS "sizeBytes", i.data_set_sha256 AS "dataSetSha256", i.transfer_syntax_uid AS syntax, i.metadata, i.series_ref AS "seriesRef",
  i.sop_instance_uid AS "sopInstanceUid"`;
const places = Prisma.sql`instance i JOIN series se ON se.id = i.series_ref JOIN study st ON st.id = i.study_ref`;

/**
 * The images of the caller's hospital that wait for a decision, or those that were decided, newest first.
 *
 * @throws {DomainError} `auth.forbidden`
 */
export async function listQuarantined(
  ctx: Ctx,
  input: ListQuarantined,
): Promise<{ items: QuarantinedInstance[]; nextCursor: string | null }> {
  const { actor, tx } = ctx;
  quarantinePolicy.authorize(actor, "quarantine.resolve", null);
  const { state, cursor, limit } = ListQuarantined.parse(input);
  const facilities = actor.kind === "user" ? actor.facilityIds : [];
  const remit = facilities.length > 0 ? Prisma.sql`AND st.facility_id = ANY(${facilities}::uuid[])` : Prisma.empty;
  const wanted =
    state === "waiting"
      ? Prisma.sql`i.status = 'quarantined'`
      : Prisma.sql`i.resolved_at IS NOT NULL AND i.status IN ('discarded', 'superseded')`;
  const after = cursor
    ? Prisma.sql`AND (i.received_at, i.id) < (SELECT received_at, id FROM instance WHERE id = ${cursor}::uuid)`
    : Prisma.empty;
  const rows = await tx.$queryRaw<Row[]>`
    SELECT ${version}, st.id AS "studyId", (SELECT c.id FROM reading_case c WHERE c.study_ref = st.id) AS "caseId", f.name AS facility,
      st.patient_name AS "patientName", st.patient_id AS "patientId", st.study_date AS "studyDate",
      st.study_description AS "studyDescription", se.modality, i.status::text, i.resolved_at AS "resolvedAt",
      staff_name(i.resolved_by_id) AS "resolvedBy", i.resolution_reason AS "resolutionReason"
    FROM ${places} LEFT JOIN facility f ON f.id = st.facility_id
    WHERE i.org_id = ${actor.orgId}::uuid AND ${wanted} ${remit} ${after}
    ORDER BY i.received_at DESC, i.id DESC LIMIT ${limit + 1}`;
  const page = rows.slice(0, limit);
  const stored = await tx.$queryRaw<(VersionRow & { sopInstanceUid: string })[]>`
    SELECT ${version} FROM ${places}
    WHERE i.org_id = ${actor.orgId}::uuid AND i.status = 'stored' AND i.sop_instance_uid = ANY(${page.map((row) => row.sopInstanceUid)}) ${remit}`;
  const doubts = await doubtsByStudy(ctx, [...new Set(page.map(({ studyId }) => studyId))]);
  const served = new Map(stored.map((row) => [row.sopInstanceUid, row]));
  await audit(ctx, { action: "instance.list-quarantined", details: { state, count: page.length } });
  return {
    items: page.map((row) => {
      const {
        metadata,
        seriesRef,
        syntax,
        facility,
        patientName,
        status,
        resolvedAt,
        resolvedBy,
        resolutionReason,
        ...rest
      } = row;
      const other = served.get(row.sopInstanceUid);
      const canRelease = other?.seriesRef === seriesRef;
      return {
        ...rest,
        ...asVersion(row),
        facility: facility ?? "",
        patientName: formatPersonName(patientName),
        doubts: doubts.get(row.studyId) ?? [],
        why: other && canRelease ? whyAside(syntax, other.syntax) : reason("uid-of-another-place"),
        served: other ? asVersion(other) : null,
        differs: other ? differences(metadata, other.metadata) : [],
        canRelease,
        decided:
          status === "quarantined"
            ? null
            : { status, at: resolvedAt?.toISOString() ?? "", by: resolvedBy ?? "", reason: resolutionReason ?? "" },
      };
    }),
    nextCursor: rows.length > limit ? page.at(-1)!.instanceId : null,
  };
}

function asVersion(row: VersionRow): QuarantinedVersion {
  const { instanceId, studyInstanceUid, seriesInstanceUid, dataSetSha256 } = row;
  return {
    instanceId,
    studyInstanceUid,
    seriesInstanceUid,
    dataSetSha256,
    receivedAt: row.receivedAt.toISOString(),
    sizeBytes: Number(row.sizeBytes),
    downloadPath: `/api/quarantine/${instanceId}`,
  };
}

/**
 * The two may be the same image in different compression; a person decides that more easily with both syntaxes named.
 */
function whyAside(syntax: string, served: string): Reason {
  if (syntax === served) return reason("uid-with-other-content");
  const name = (uid: string): string => transferSyntaxes[uid]?.name ?? uid;
  return reason("uid-in-other-syntax", { served: name(served), came: name(syntax) });
}

/** Attributes that the archive adds about the stored object. */
function differences(a: string, b: string): string[] {
  const [first, second] = [JSON.parse(a) as DicomJson, JSON.parse(b) as DicomJson];
  return [...new Set([...Object.keys(first), ...Object.keys(second)])]
    .filter(
      (tag) => tag !== Tag.AvailableTransferSyntaxUID && JSON.stringify(first[tag]) !== JSON.stringify(second[tag]),
    )
    .sort()
    .slice(0, 30)
    .map((tag) => dictionaryByTag(tag)?.keyword ?? tag);
}
