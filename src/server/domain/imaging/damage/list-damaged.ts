import { formatPersonName } from "@overread/shared/dicom/person-name";
import type { IdentityDoubt } from "@overread/shared/reasons";
import { z } from "zod";
import type { Ctx } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import { audit } from "../../audit/index.ts";
import { acquiredModalities, doubtsByStudy } from "../../reading/index.ts";
import { damagePolicy } from "./policy.ts";

export const ListDamaged = z.object({ limit: z.number().int().min(1).max(200).default(100) });

/** The damaged images of one study. */
export type DamagedStudy = {
  studyId: string;
  patientName: string;
  patientId: string;
  /** Why it is not certain whose study this is; empty where it is. */
  doubts: IdentityDoubt[];
  studyDate: string;
  studyDescription: string;
  modalities: string[];
  facility: string;
  /** Images still damaged, and those that were restored. */
  damaged: number;
  healed: number;
  /** What found it: a read, or the daily scrub. */
  foundBy: "read" | "scrub" | "both";
  foundAt: string;
  backupLookedAt: string | null;
  senderAskedAt: string | null;
  healedAt: string | null;
  healedFrom: ("backup" | "sender")[];
};

type Row = Omit<
  DamagedStudy,
  "doubts" | "facility" | "foundAt" | "backupLookedAt" | "senderAskedAt" | "healedAt" | "foundBy"
> & {
  facility: string | null;
  foundBy: ("read" | "scrub")[];
  foundAt: Date;
  backupLookedAt: Date | null;
  senderAskedAt: Date | null;
  healedAt: Date | null;
};

/**
 * Studies of the caller's hospital with images whose stored bytes are or were damaged: still damaged ones first, then
 * by time.
 *
 * @throws {DomainError} `auth.forbidden`
 */
export async function listDamaged(
  ctx: Ctx,
  { limit }: z.output<typeof ListDamaged>,
): Promise<{ items: DamagedStudy[] }> {
  const { actor, tx } = ctx;
  damagePolicy.authorize(actor, "damage.list", null);
  const facilities = actor.kind === "user" ? actor.facilityIds : [];
  const remit = facilities.length > 0 ? Prisma.sql`AND s.facility_id = ANY(${facilities}::uuid[])` : Prisma.empty;
  const rows = await tx.$queryRaw<Row[]>`
    SELECT s.id AS "studyId", s.patient_name AS "patientName", s.patient_id AS "patientId", s.study_date AS "studyDate",
      s.study_description AS "studyDescription", ${acquiredModalities} AS modalities, f.name AS facility,
      count(*) FILTER (WHERE d.healed_at IS NULL)::int AS damaged, count(*) FILTER (WHERE d.healed_at IS NOT NULL)::int AS healed,
      array_agg(DISTINCT d.found_by) AS "foundBy", min(d.found_at) AS "foundAt", max(d.backup_looked_at) AS "backupLookedAt",
      max(d.sender_asked_at) AS "senderAskedAt", max(d.healed_at) AS "healedAt",
      array_remove(array_agg(DISTINCT d.healed_from), NULL) AS "healedFrom"
    FROM damaged_object d JOIN study s ON s.id = d.study_ref LEFT JOIN facility f ON f.id = s.facility_id
    WHERE d.org_id = ${actor.orgId}::uuid ${remit}
    GROUP BY s.id, f.name
    ORDER BY count(*) FILTER (WHERE d.healed_at IS NULL) = 0, max(d.found_at) DESC LIMIT ${limit}`;
  const doubts = await doubtsByStudy(
    ctx,
    rows.map(({ studyId }) => studyId),
  );
  await audit(ctx, { action: "instance.list-damaged", details: { count: rows.length } });
  return {
    items: rows.map((row) => ({
      ...row,
      patientName: formatPersonName(row.patientName),
      doubts: doubts.get(row.studyId) ?? [],
      facility: row.facility ?? "",
      foundBy: row.foundBy.length > 1 ? "both" : row.foundBy[0]!,
      foundAt: row.foundAt.toISOString(),
      backupLookedAt: row.backupLookedAt?.toISOString() ?? null,
      senderAskedAt: row.senderAskedAt?.toISOString() ?? null,
      healedAt: row.damaged > 0 ? null : (row.healedAt?.toISOString() ?? null),
    })),
  };
}
