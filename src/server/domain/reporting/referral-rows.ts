import { formatPersonName } from "@overread/shared/dicom/person-name";
import { Prisma } from "#server/db/generated/client.ts";
import type { CaseState } from "#server/db/generated/enums.ts";
import { acquiredModalities, doubtsOf, type IdentityFacts, identityColumns, signed } from "../reading/index.ts";
import type { Section } from "./inputs.ts";
import type { ReferralItem, ReferralStatus } from "./shapes.ts";

export type ReferralRow = IdentityFacts & {
  studyId: string;
  orgId: string;
  referrerId: string | null;
  patientRef: string;
  caseId: string | null;
  state: CaseState | null;
  /** It has images; otherwise documents, plans or the like alone. */
  hasPictures: boolean;
  studyInstanceUid: string;
  orgSlug: string;
  patientName: string;
  patientId: string;
  patientSex: string;
  patientBirthDate: string;
  accessionNumber: string;
  studyDescription: string;
  modalities: string[];
  studyDate: string;
  facility: string | null;
  facilityTimeZone: string;
  signedAt: Date | null;
  signedBy: string | null;
  sections: Section[] | null;
  lateImages: number;
  byDefault: boolean;
  unread: boolean;
  sortAt: Date;
};

/**
 * `SELECT … FROM study s …` without WHERE: studies with their newest signed version. A study is unread until the
 * physician has opened that version (`referral_reading`).
 *
 * @param readerId the physician whose reading counts.
 */
export const selectReferrals = (readerId: string): Prisma.Sql => Prisma.sql`
  SELECT s.id AS "studyId", s.org_id AS "orgId", s.referrer_id AS "referrerId", s.patient_ref AS "patientRef", c.id AS "caseId", c.state, s.has_pictures AS "hasPictures",
    s.study_instance_uid AS "studyInstanceUid", o.slug AS "orgSlug", s.patient_name AS "patientName", s.patient_id AS "patientId",
    s.patient_sex AS "patientSex", s.patient_birth_date AS "patientBirthDate", s.accession_number AS "accessionNumber",
    s.study_description AS "studyDescription", ${acquiredModalities} AS modalities, s.study_date AS "studyDate", f.name AS facility,
    coalesce(f.time_zone, o.time_zone) AS "facilityTimeZone",
    v.signed_at AS "signedAt", v.signed_by_name AS "signedBy", v.sections,
    coalesce(v.signed_at, s.first_received_at) AS "sortAt", ${identityColumns},
    CASE WHEN ${signed} THEN c.late_images ELSE 0 END AS "lateImages", s.referrer_by_default AS "byDefault",
    v.id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM referral_reading r WHERE r.study_ref = s.id AND r.user_id = ${readerId}::uuid
      AND r.version >= v.version) AS unread
  FROM study s
  JOIN organization o ON o.id = s.org_id
  LEFT JOIN facility f ON f.id = s.facility_id
  LEFT JOIN reading_case c ON c.study_ref = s.id
  LEFT JOIN LATERAL (SELECT * FROM report_version r WHERE r.study_ref = s.id AND r.kind <> 'preliminary' ORDER BY r.version DESC LIMIT 1) v ON true`;

/** Characters of each that a row of the list has. */
const impressionLength = 200;
const addendumLength = 100;

const impressionOf = (sections: Section[]): string =>
  firstOf(sections.find(({ key }) => key === "impression")?.text.trim() ?? "", impressionLength);

/** An addendum comes first: it may contradict the impression. */
function addendumOf(sections: Section[]): string | null {
  const addendum = sections.findLast(({ key }) => /^addendum-\d+$/.test(key))?.text.trim();
  return addendum ? firstOf(addendum, addendumLength) : null;
}

function firstOf(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join("")}…`;
}

export function referralStatus({
  state,
  signedAt,
  lateImages,
  hasPictures,
}: Pick<ReferralRow, "state" | "signedAt" | "lateImages" | "hasPictures">): ReferralStatus {
  // First of all: the signed report does not cover these images.
  if (signedAt && lateImages > 0) return "late-images";
  if (state === "amended") return "addendum";
  if (signedAt) return "signed";
  if (state === null) return hasPictures ? "images-only" : "no-images";
  return state === "arriving" || state === "cancelled" ? state : "awaiting-report";
}

export function toReferralItem(row: ReferralRow): ReferralItem {
  return {
    studyId: row.studyId,
    caseId: row.caseId,
    studyInstanceUid: row.studyInstanceUid,
    orgSlug: row.orgSlug,
    patientName: formatPersonName(row.patientName),
    patientId: row.patientId,
    patientSex: row.patientSex,
    patientBirthDate: row.patientBirthDate,
    studyDescription: row.studyDescription,
    modalities: row.modalities,
    studyDate: row.studyDate,
    facility: row.facility ?? row.orgSlug,
    facilityTimeZone: row.facilityTimeZone,
    state: row.state,
    status: referralStatus(row),
    signedAt: row.signedAt?.toISOString() ?? null,
    signedBy: row.signedBy,
    impression: impressionOf(row.sections ?? []),
    addendum: addendumOf(row.sections ?? []),
    unread: row.unread,
    lateImages: row.lateImages,
    byDefault: row.byDefault,
    doubts: doubtsOf(row),
  };
}
