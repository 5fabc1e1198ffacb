import { ageAt } from "@overread/shared/dicom/age";
import { formatPersonName } from "@overread/shared/dicom/person-name";
import { Tag } from "@overread/shared/dicom/tags";
import { type Reason, reason } from "@overread/shared/reasons";
import type { Actor } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import type { CaseMessageKind, CasePriority, CaseState } from "#server/db/generated/enums.ts";
import { hasPacs } from "../exchange/index.ts";
import { mayAccessStudy } from "../image-access.ts";
import {
  claimRuns,
  givenRuns,
  isArriving,
  isClaimable,
  isComplete,
  isFinished,
  isHeldBy,
  isHeldByAnother,
  isOpen,
  isOpenTo,
  isReservedFor,
  isReservedForAnother,
  isSigned,
  personOf,
  reservationRuns,
  statusOf,
} from "./case-conditions.ts";
import { isLegalMove } from "./case-states.ts";
import { conflictOf, doubtsOf, type IdentityFacts, identityColumns, identityOf } from "./identity-in-doubt.ts";
import { casePolicy } from "./policy.ts";
import { isReady as ready } from "./prepare-ahead.ts";
import type { CaseAbilities, NameGroups, PriorityReason, ReadWith, WorklistItem } from "./shapes.ts";

/** One case with the columns of a worklist row, as read from the database. */
export type CaseRow = IdentityFacts & {
  caseId: string;
  orgId: string;
  readerOrgId: string;
  facilityId: string | null;
  state: CaseState;
  priority: CasePriority;
  priorityScore: number;
  priorityReasons: PriorityReason[];
  dueAt: Date;
  promisedMinutes: number;
  createdAt: Date;
  claimedById: string | null;
  claimedByName: string | null;
  claimedUntil: Date | null;
  claimLive: boolean;
  reservedById: string | null;
  reservedByName: string | null;
  reservedUntil: Date | null;
  reservationLive: boolean;
  decidedById: string | null;
  decidedByName: string | null;
  decidedAt: Date | null;
  decidedReason: string | null;
  givenToId: string | null;
  givenToName: string | null;
  givenAs: "offer" | "assignment" | null;
  givenAt: Date | null;
  givenUntil: Date | null;
  givenRuleId: string | null;
  givenById: string | null;
  givenByName: string | null;
  givenLive: boolean;
  drawnRuleId: string | null;
  /** Author of the saved draft; null without a draft, and for the text of a preliminary report. */
  draftAuthorId: string | null;
  draftAuthorName: string | null;
  draftAt: Date | null;
  pausedFrom: CaseState | null;
  pausedAt: Date | null;
  pausedByName: string | null;
  pausedReason: string | null;
  orgSlug: string;
  facilityName: string | null;
  facilitySlug: string | null;
  facilityTimeZone: string | null;
  questionState: CaseMessageKind | null;
  questionSince: Date | null;
  /** Its facility asks for a check. */
  techCheckAsked: boolean;
  techCheckedAt: Date | null;
  techCheckedByName: string | null;
  priorCount: number;
  /** The most relevant of them lie ready for the viewer; null: there are none to compare with. */
  priorsReady: boolean | null;
  orderCount: number;
  /** Of its orders together; null where none says. */
  orderedImages: number | null;
  studyId: string;
  studyInstanceUid: string;
  patientRef: string;
  patientId: string;
  issuerOfPatientId: string;
  patientName: string;
  patientBirthDate: string;
  patientSex: string;
  /** Patient's Age as the study gives it. */
  patientAge: string | null;
  accessionNumber: string;
  studyDate: string;
  studyTime: string;
  studyDescription: string;
  textRepairedAs: string;
  referringPhysicianName: string;
  referrerId: string | null;
  /** The account that finds the report in the portal; null: none does. */
  physicianName: string | null;
  physicianByDefault: boolean;
  hasPacs: boolean;
  modalities: string[];
  bodyParts: string[];
  receivedInstances: number;
  expectedInstances: number | null;
  quarantinedInstances: number;
  refusedInstances: number;
  damagedInstances: number;
  /** The number of refused or damaged images that somebody has agreed to read without. */
  readWithout: number;
  /** The leading case of those that are read together, and all of them, that one first; null: it is read alone. */
  readWithId: string | null;
  readWith: ReadWith[] | null;
  lateImages: number;
  lateSince: Date | null;
};

/**
 * The modalities a study `s` was acquired with; of a study without images, those of its documents. Never our own
 * documents.
 */
export const acquiredModalities = Prisma.sql`(CASE WHEN s.has_pictures THEN s.acquired_modalities ELSE s.modalities END)`;

/**
 * `SELECT … FROM reading_case c JOIN study s …` without WHERE. Whether a claim is running is decided by the database's
 * clock at this moment, not at the start of the transaction.
 */
export const selectCases = Prisma.sql`
  SELECT c.id AS "caseId", c.org_id AS "orgId", c.reader_org_id AS "readerOrgId", c.facility_id AS "facilityId", c.state, c.priority,
    c.priority_score AS "priorityScore", c.priority_reasons AS "priorityReasons", c.due_at AS "dueAt", c.promised_minutes AS "promisedMinutes", c.created_at AS "createdAt",
    c.claimed_by_id AS "claimedById", staff_name(c.claimed_by_id) AS "claimedByName", c.claimed_until AS "claimedUntil",
    ${claimRuns} AS "claimLive", c.reserved_by_id AS "reservedById", staff_name(c.reserved_by_id) AS "reservedByName",
    c.reserved_until AS "reservedUntil", ${reservationRuns} AS "reservationLive",
    c.decided_by_id AS "decidedById", staff_name(c.decided_by_id) AS "decidedByName", c.decided_at AS "decidedAt", c.decided_reason AS "decidedReason",
    c.given_to_id AS "givenToId", staff_name(c.given_to_id) AS "givenToName", c.given_as AS "givenAs", c.given_at AS "givenAt", c.given_until AS "givenUntil",
    c.given_rule_id AS "givenRuleId", c.given_by_id AS "givenById", staff_name(c.given_by_id) AS "givenByName", ${givenRuns} AS "givenLive", c.drawn_rule_id AS "drawnRuleId",
    c.paused_from AS "pausedFrom", c.paused_at AS "pausedAt", staff_name(c.paused_by_id) AS "pausedByName", c.paused_reason AS "pausedReason", c.question_state AS "questionState", c.question_since AS "questionSince",
    coalesce(f.tech_check, false) AS "techCheckAsked", c.tech_checked_at AS "techCheckedAt", staff_name(c.tech_checked_by_id) AS "techCheckedByName",
    d.author_id AS "draftAuthorId", staff_name(d.author_id) AS "draftAuthorName", d.updated_at AS "draftAt",
    o.slug AS "orgSlug", f.name AS "facilityName", f.slug AS "facilitySlug", f.time_zone AS "facilityTimeZone",
    (SELECT count(*)::int FROM case_prior p WHERE p.case_id = c.id) AS "priorCount",
    (SELECT bool_and(t.ready) FROM (SELECT ${ready} AS ready FROM case_prior p JOIN study s ON s.id = p.study_ref
      WHERE p.case_id = c.id AND p.identity <> 'conflict' ORDER BY p.relevance DESC, s.study_date DESC, s.id LIMIT 3) t) AS "priorsReady",
    coalesce(ordered.count, 0) AS "orderCount", ordered.images AS "orderedImages",
    s.id AS "studyId", s.study_instance_uid AS "studyInstanceUid", s.patient_ref AS "patientRef", s.patient_id AS "patientId",
    s.issuer_of_patient_id AS "issuerOfPatientId", s.patient_name AS "patientName", s.patient_birth_date AS "patientBirthDate",
    s.patient_sex AS "patientSex", s.qido_json::jsonb #>> ${[Tag.PatientAge, "Value", "0"]}::text[] AS "patientAge", s.accession_number AS "accessionNumber", s.study_date AS "studyDate", s.study_time AS "studyTime",
    s.study_description AS "studyDescription", s.text_repaired_as AS "textRepairedAs", s.referring_physician_name AS "referringPhysicianName", s.referrer_id AS "referrerId",
    staff_name(s.referrer_id) AS "physicianName", s.referrer_by_default AS "physicianByDefault", 
    ${hasPacs} AS "hasPacs",
    ${acquiredModalities} AS modalities, s.body_parts AS "bodyParts", s.number_of_instances - s.own_documents AS "receivedInstances",
    c.late_images AS "lateImages", c.late_since AS "lateSince",
    s.expected_instances AS "expectedInstances", s.quarantined_instances AS "quarantinedInstances",
    s.refused_instances AS "refusedInstances", s.damaged_instances AS "damagedInstances", c.read_without AS "readWithout",
    c.read_with_id AS "readWithId", CASE WHEN c.read_with_id IS NOT NULL THEN (
      SELECT jsonb_agg(jsonb_build_object('caseId', m.id, 'studyId', s.id, 'studyInstanceUid', s.study_instance_uid, 'description', s.study_description,
        'modalities', ${acquiredModalities}, 'studyDate', s.study_date, 'studyTime', s.study_time, 'accessionNumber', s.accession_number,
        'lateImages', CASE WHEN m.late_images > 0 AND m.late_since IS NOT NULL THEN jsonb_build_object('count', m.late_images, 'since', m.late_since) END) ORDER BY m.id <> c.read_with_id, s.study_date, s.study_time, m.id)
      FROM reading_case m JOIN study s ON s.id = m.study_ref WHERE m.read_with_id = c.read_with_id) END AS "readWith",
    ${identityColumns}
  FROM reading_case c
  JOIN study s ON s.id = c.study_ref
  JOIN organization o ON o.id = c.org_id
  LEFT JOIN facility f ON f.id = c.facility_id
  LEFT JOIN LATERAL (
    SELECT count(*)::int AS count, sum(a.expected_images)::int AS images
    FROM order_match m JOIN imaging_order a ON a.id = m.order_id AND a.state = 'open'
    WHERE m.study_ref = s.id AND m.state = 'matched') ordered ON true
  LEFT JOIN report_draft d ON d.case_id = c.id AND d.author_id IS NOT NULL`;

/** Images of the study that cannot be shown: refused on the way here, or damaged since. */
export const missingOf = (row: Pick<CaseRow, "refusedInstances" | "damagedInstances">): number =>
  row.refusedInstances + row.damagedInstances;

/** What this caller may do with this case now: the policy combined with the case's status. */
function abilities(actor: Actor, row: CaseRow): CaseAbilities {
  const mine = isHeldBy(personOf(actor), row);
  const others = isHeldByAnother(personOf(actor), row);
  const waits = isClaimable(row);
  const kept = !mine && isReservedForAnother(personOf(actor), row);
  // A case with missing images can be read only after somebody has agreed to that.
  const whole = isComplete({ missing: missingOf(row), readWithout: row.readWithout });
  return {
    unreserve:
      (isReservedFor(personOf(actor), row) && casePolicy.can(actor, "case.release-own", row)) ||
      (row.reservationLive && casePolicy.can(actor, "case.release-others", row)),
    claim:
      whole &&
      waits &&
      !others &&
      !kept &&
      (mine || isOpenTo(personOf(actor), row)) &&
      casePolicy.can(actor, "case.claim", row),
    assign: waits && !row.claimLive && casePolicy.can(actor, "case.assign", row),
    release:
      (mine && casePolicy.can(actor, "case.release-own", row)) ||
      (row.claimLive && casePolicy.can(actor, "case.release-others", row)),
    readAlone:
      row.readWithId !== null &&
      row.readWithId !== row.caseId &&
      /^(unread|claimed|drafted)$/.test(row.state) &&
      casePolicy.can(actor, mine ? "case.release-own" : "case.release-others", row) &&
      (mine || !row.claimLive),
    handOver: mine && waits && casePolicy.can(actor, "case.hand-over", row),
    hold: (mine || !row.claimLive) && isLegalMove(row.state, "held") && casePolicy.can(actor, "case.hold", row),
    resume: row.state === "held" && casePolicy.can(actor, "case.resume", row),
    cancel:
      isLegalMove(row.state, "cancelled") &&
      row.readWithId === null &&
      row.pausedFrom !== "preliminary" &&
      casePolicy.can(actor, "case.cancel", row),
    reinstate: row.state === "cancelled" && casePolicy.can(actor, "case.reinstate", row),
    ask: (mine || !row.claimLive) && !isFinished(row) && casePolicy.can(actor, "case.ask", row),
    answer: row.questionState === "question" && casePolicy.can(actor, "case.answer", row),
    techCheck: !isFinished(row) && casePolicy.can(actor, "case.tech-check", row),
    raisePriority:
      isOpen(row) && !isArriving(row) && row.priority !== "stat" && casePolicy.can(actor, "case.raise-priority", row),
    lowerPriority:
      isOpen(row) &&
      !isArriving(row) &&
      row.priority !== "routine" &&
      casePolicy.can(actor, "case.lower-priority", row),
    undoPriority:
      isOpen(row) &&
      row.decidedById !== null &&
      (casePolicy.can(actor, "case.lower-priority", row) ||
        (row.decidedById === personOf(actor) && casePolicy.can(actor, "case.raise-priority", row))),
    read: mayAccessStudy(actor, "study.read", row),
    readIncomplete: !whole && !isSigned(row) && casePolicy.can(actor, "case.read-incomplete", row),
    sign: whole && waits && !others && casePolicy.can(actor, "case.sign", row),
  };
}

/** The representations of a stored name (`alphabetic=ideographic=phonetic`). */
export function nameGroups(name: string): NameGroups {
  const [alphabetic = "", ideographic = "", phonetic = ""] = name.split("=");
  return { alphabetic, ideographic, phonetic };
}

export function toWorklistItem(actor: Actor, row: CaseRow): WorklistItem {
  const can = abilities(actor, row);
  const mine = isHeldBy(personOf(actor), row);
  return {
    caseId: row.caseId,
    studyId: row.studyId,
    studyInstanceUid: row.studyInstanceUid,
    orgSlug: row.orgSlug,
    patientName: formatPersonName(row.patientName),
    patientNameGroups: nameGroups(row.patientName),
    patientId: row.patientId,
    patientSex: row.patientSex,
    patientBirthDate: row.patientBirthDate,
    patientAge: ageAt({ birthDate: row.patientBirthDate, patientAge: row.patientAge }, row.studyDate),
    accessionNumber: row.accessionNumber,
    modalities: row.modalities,
    bodyParts: row.bodyParts,
    studyDescription: row.studyDescription,
    textRepaired: row.textRepairedAs || null,
    studyDate: row.studyDate,
    studyTime: row.studyTime,
    facility: row.facilityName ?? row.orgSlug,
    facilitySlug: row.facilitySlug ?? row.orgSlug,
    facilityTimeZone: row.facilityTimeZone ?? "UTC",
    priority: row.priority,
    priorityScore: row.priorityScore,
    priorityReasons: row.priorityReasons,
    state: row.state,
    status: statusOf(row),
    arriving: isArriving(row),
    signed: isSigned(row),
    done: isFinished(row),
    mine,
    next: can.claim || (mine && can.read),
    dueAt: row.dueAt.toISOString(),
    promisedMinutes: row.promisedMinutes,
    arrivedAt: row.createdAt.toISOString(),
    claimedBy:
      row.claimLive && row.claimedById ? { id: row.claimedById, name: row.claimedByName ?? "another reader" } : null,
    claimedUntil: row.claimLive ? (row.claimedUntil?.toISOString() ?? null) : null,
    reserved: reservationOf(actor, row),
    decided: row.decidedAt
      ? { reason: row.decidedReason ?? "", by: row.decidedByName ?? "", at: row.decidedAt.toISOString() }
      : null,
    given: handOf(actor, row),
    drawn: row.drawnRuleId !== null && row.readerOrgId === actor.orgId,
    paused: row.pausedAt
      ? { reason: row.pausedReason ?? "", by: row.pausedByName ?? "", at: row.pausedAt.toISOString() }
      : null,
    draft: draftOf(actor, row),
    images: imagesOf(row),
    lateImages:
      row.lateSince && row.lateImages > 0 ? { count: row.lateImages, since: row.lateSince.toISOString() } : null,
    readWith: row.readWith ?? [],
    priorCount: row.priorCount,
    priorsReady: row.priorsReady,
    orderCount: row.orderCount,
    question: row.questionState === "question" ? "asked" : row.questionState === "answer" ? "answered" : null,
    techCheck: techCheckOf(row),
    questionSince: row.questionSince?.toISOString() ?? null,
    quarantined: row.quarantinedInstances,
    incomplete: missingImagesOf(row),
    patientConflict: conflictOf(row),
    identity: identityOf(row),
    doubts: doubtsOf(row),
    referringPhysician: formatPersonName(row.referringPhysicianName),
    goesTo: { pacs: row.hasPacs, physician: row.physicianName, byDefault: row.physicianByDefault },
    can,
  };
}

/** What is signed without a check is not waited for. */
function techCheckOf(row: CaseRow): WorklistItem["techCheck"] {
  if (row.techCheckedAt)
    return { state: "complete", by: row.techCheckedByName ?? "", at: row.techCheckedAt.toISOString() };
  return row.techCheckAsked && !isFinished(row) ? { state: "waiting" } : null;
}

/** Who keeps what for later is the reading group's affair. */
function reservationOf(actor: Actor, row: CaseRow): WorklistItem["reserved"] {
  if (!row.reservationLive || !row.reservedById || !row.reservedUntil || actor.orgId !== row.readerOrgId) return null;
  return {
    id: row.reservedById,
    name: row.reservedByName ?? "a colleague",
    until: row.reservedUntil.toISOString(),
  };
}

/** Whose it is before anybody has claimed it is the group's affair. */
function handOf(actor: Actor, row: CaseRow): WorklistItem["given"] {
  if (!row.givenLive || !row.givenToId || !row.givenAs || !row.givenAt || actor.orgId !== row.readerOrgId) return null;
  return {
    id: row.givenToId,
    name: row.givenToName ?? "a colleague",
    as: row.givenAs,
    at: row.givenAt.toISOString(),
    until: row.givenUntil?.toISOString() ?? null,
    byRule: row.givenRuleId !== null,
    by: row.givenRuleId === null && row.givenById !== row.givenToId ? row.givenByName : null,
  };
}

/** A draft is visible to the reading group only. */
function draftOf(actor: Actor, row: CaseRow): WorklistItem["draft"] {
  if (!row.draftAuthorId || !row.draftAt || actor.orgId !== row.readerOrgId) return null;
  return { id: row.draftAuthorId, name: row.draftAuthorName ?? "a colleague", at: row.draftAt.toISOString() };
}

/** Images received, images announced by the sender, and images that will never arrive. */
function imagesOf({
  receivedInstances: received,
  expectedInstances,
  refusedInstances: refused,
  damagedInstances: damaged,
  orderedImages,
}: CaseRow): WorklistItem["images"] {
  // The edge counts what the archive holds.
  // What the order says, where the sender does not: an edge knows what really was made.
  const expected = expectedInstances === null ? orderedImages : expectedInstances + refused;
  return { received, expected: expected ?? (refused > 0 ? received + refused : null), refused, damaged };
}

function missingImagesOf(row: CaseRow): Reason[] {
  const { received, expected, refused, damaged } = imagesOf(row);
  return [
    ...(refused > 0 ? [reason("images-refused", { received, expected: expected ?? received + refused, refused })] : []),
    ...(damaged > 0 ? [reason("images-damaged", { damaged })] : []),
  ];
}
