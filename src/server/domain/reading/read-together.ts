import { daysOf } from "@overread/shared/dicom/dates";
import { DomainError } from "@overread/shared/errors";
import type { Ctx, SqlCtx, UserActor } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import type { CaseState } from "#server/db/generated/enums.ts";
import { audit } from "../audit/index.ts";
import type { PatientConflict } from "../patient-conflicts.ts";
import { compareIdentity, type Demographics } from "../patient-identity.ts";
import { acquiredModalities } from "./case-rows.ts";
import { findCase } from "./get-case.ts";
import { type HeldCase, holdClaim } from "./hold-claim.ts";
import type { ReadAlone } from "./inputs.ts";
import { announceCases, moveCase } from "./move-case.ts";
import type { Claim, OfferedWith } from "./shapes.ts";

/**
 * Cases that are read together and signed as one report. The fact is one column: each of them names the leading case, the leading one itself. The
 * database keeps state, claim and hand of the others where the leading case's are (`follow_leading_case`), so whoever moves one of them moves all
 * (move-case.ts), and every condition on a case stays a condition on its row.
 */
export type ReadTogether = {
  caseId: string;
  orgId: string;
  readerOrgId: string;
  studyRef: string;
  patientRef: string;
  studyInstanceUid: string;
  description: string;
  modalities: string[];
  studyDate: string;
  studyTime: string;
  accessionNumber: string;
};

/** The cases that one report is of, the leading one first; a case that is read alone is alone. Asks no policy. */
export async function readTogether({ tx }: Pick<SqlCtx, "tx">, caseId: string): Promise<ReadTogether[]> {
  return tx.$queryRaw<ReadTogether[]>`
    SELECT c.id AS "caseId", c.org_id AS "orgId", c.reader_org_id AS "readerOrgId", c.study_ref AS "studyRef", s.patient_ref AS "patientRef",
      s.study_instance_uid AS "studyInstanceUid", s.study_description AS description, ${acquiredModalities} AS modalities,
      s.study_date AS "studyDate", s.study_time AS "studyTime", s.accession_number AS "accessionNumber"
    FROM reading_case x JOIN reading_case c ON c.id = x.id OR c.read_with_id = x.read_with_id JOIN study s ON s.id = c.study_ref
    WHERE x.id = ${caseId}::uuid
    ORDER BY coalesce(c.read_with_id, c.id) = c.id DESC, s.study_date, s.study_time, c.id`;
}

/** Why a case cannot be read with another. */
type TogetherBar =
  | "another-patient"
  | "patient-in-doubt"
  | "another-facility"
  | "another-physician"
  | "read-twice"
  | "begun"
  | "bound";

type Facts = Demographics &
  OfferedWith & {
    state: CaseState;
    readWithId: string | null;
    begun: boolean;
    facilityId: string | null;
    patientRef: string;
    referrerId: string | null;
    patientConflicts: PatientConflict[];
    unidentified: boolean;
    /** Its contract asks for two readings that know nothing of each other. */
    twice: boolean;
    /** Studies that the hospital's staff declared to be of the same patient as this one, by case. */
    cleared: string[];
    /** It answers an order of the leading case. */
    sameOrder: boolean;
    /** It came within {@link offeredHours} of the leading case. */
    cameTogether: boolean;
  };

/** So far apart two studies of one patient may have come to be offered as one reading. */
const offeredHours = 12;

/** A night between them at most; where one names no day, what came together counts as made together. */
function madeTogether(one: Pick<Facts, "studyDate">, other: Pick<Facts, "studyDate">): boolean {
  const [first, second] = [daysOf(one.studyDate), daysOf(other.studyDate)];
  return first === undefined || second === undefined || Math.abs(first - second) <= 1;
}

/** The facts of the leading case and of others: of these, or (null) of every open one of its patient that could be offered. */
async function factsOf(
  { tx }: Pick<SqlCtx, "tx">,
  leadId: string,
  caseIds: readonly string[] | null,
): Promise<{ lead: Facts; others: Facts[] }> {
  const which = caseIds
    ? Prisma.sql`c.id = ANY(${caseIds as string[]}::uuid[])`
    : Prisma.sql`(c.study_ref = ANY(ARRAY(SELECT o.id FROM study o, study p, reading_case q WHERE q.id = ${leadId}::uuid AND p.id = q.study_ref
        AND o.patient_ref = p.patient_ref AND o.org_id = p.org_id)) AND c.completed_at IS NULL)`;
  const rows = await tx.$queryRaw<Facts[]>`
    SELECT c.id AS "caseId", c.state, c.read_with_id AS "readWithId", c.facility_id AS "facilityId", s.patient_ref AS "patientRef",
      s.referrer_id AS "referrerId", s.study_description AS description, ${acquiredModalities} AS modalities, s.study_date AS "studyDate",
      s.study_time AS "studyTime", s.accession_number AS "accessionNumber", s.patient_name AS "patientName", s.patient_birth_date AS "patientBirthDate", s.patient_sex AS "patientSex",
      s.patient_conflicts AS "patientConflicts",
      coalesce((SELECT pt.unidentified_in <> '' FROM patient pt WHERE pt.id = s.patient_ref), false) OR s.patient_id = '' AS unidentified,
      EXISTS (SELECT 1 FROM service_level v WHERE v.id = c.service_level_id AND v.first_reading = 'double') AS twice,
      EXISTS (SELECT 1 FROM report_draft d WHERE d.case_id = c.id) OR EXISTS (SELECT 1 FROM report_version v WHERE v.case_id = c.id) AS begun,
      ARRAY(SELECT o.id::text FROM identity_clearance i JOIN reading_case o
        ON o.study_ref = CASE WHEN i.study_ref = s.id THEN i.other_study_ref ELSE i.study_ref END
        WHERE i.study_ref = s.id OR i.other_study_ref = s.id) AS cleared,
      abs(extract(epoch FROM c.created_at - l.created_at)) < ${offeredHours * 3600}::int AS "cameTogether", EXISTS (
        SELECT 1 FROM order_match a JOIN order_match b ON b.order_id = a.order_id AND b.state = 'matched' AND b.study_ref = s.id
        WHERE a.study_ref = ls.id AND a.state = 'matched') AS "sameOrder"
    FROM reading_case l JOIN study ls ON ls.id = l.study_ref, reading_case c JOIN study s ON s.id = c.study_ref
    WHERE l.id = ${leadId}::uuid AND (c.id = ${leadId}::uuid OR ${which})`;
  const lead = rows.find((row) => row.caseId === leadId);
  if (!lead) throw new DomainError("case.not-found");
  const others = rows.filter((row) => row !== lead);
  if (caseIds?.some((id) => !rows.some((row) => row.caseId === id))) throw new DomainError("case.not-found");
  return { lead, others };
}

/** What forbids that one report is of both, whether they are bound already or not; null: nothing. Never by the patient ID alone. */
function barBetween(lead: Facts, other: Facts): TogetherBar | null {
  if (other.patientRef !== lead.patientRef) return "another-patient";
  const sure =
    other.cleared.includes(lead.caseId) ||
    lead.cleared.includes(other.caseId) ||
    compareIdentity(lead, other).identity === "agrees";
  if (!sure || [lead, other].some((each) => each.unidentified || each.patientConflicts.length > 0))
    return "patient-in-doubt";
  if (other.facilityId !== lead.facilityId) return "another-facility";
  // Two readers who know nothing of each other would each choose what to read together.
  if (lead.twice || other.twice) return "read-twice";
  // Whoever referred one of them reads the whole report: of a study that he may not see as well.
  return other.referrerId === lead.referrerId ? null : "another-physician";
}

/** {@link barBetween}, and what keeps a case from being bound now. */
function barToBind(lead: Facts, other: Facts): TogetherBar | null {
  if (other.readWithId !== null || (lead.readWithId !== null && lead.readWithId !== lead.caseId)) return "bound";
  // What is written or signed of it would be lost in another's text; of the leading case only what is signed.
  if (other.begun || !/^(unread|claimed)$/.test(other.state) || !/^(claimed|drafted)$/.test(lead.state)) return "begun";
  return barBetween(lead, other);
}

/**
 * Open cases that could be read with the one that the caller holds: those that answer its order, or were made and came with it. What came with
 * it from another time (a transfer of old studies) is no part of this reading.
 */
export async function offeredWith(ctx: Pick<SqlCtx, "tx">, leadId: string): Promise<OfferedWith[]> {
  const { lead, others } = await factsOf(ctx, leadId, null);
  return others
    .filter((other) => other.sameOrder || (other.cameTogether && madeTogether(lead, other)))
    .filter((other) => barToBind(lead, other) === null)
    .map(({ caseId, description, modalities, studyDate, studyTime, accessionNumber }) => ({
      caseId,
      description,
      modalities,
      studyDate,
      studyTime,
      accessionNumber,
    }));
}

/**
 * Locks the cases in a fixed order and checks that each may be read with the leading one.
 * @throws {DomainError} `case.not-together` with `bar`, `case.not-found`
 */
export async function requireBindable(ctx: SqlCtx, leadId: string, caseIds: readonly string[]): Promise<void> {
  const { lead, others } = await factsOf(ctx, leadId, caseIds);
  refuse(others.map((other) => barToBind(lead, other)));
}

/** Locks cases in a fixed order. */
export async function lockCases({ tx }: Pick<SqlCtx, "tx">, caseIds: readonly string[]): Promise<void> {
  await tx.$queryRaw`SELECT id::text FROM reading_case WHERE id = ANY(${caseIds as string[]}::uuid[]) ORDER BY id FOR UPDATE`;
}

/**
 * Called before a signature: what made them one report still holds.
 * @throws {DomainError} `case.not-together` with `bar`
 */
export async function requireStillTogether(ctx: SqlCtx, together: readonly ReadTogether[]): Promise<void> {
  const [first, ...rest] = together.map(({ caseId }) => caseId);
  if (!first || rest.length === 0) return;
  const { lead, others } = await factsOf(ctx, first, rest);
  refuse(others.map((other) => barBetween(lead, other)));
}

function refuse(bars: (TogetherBar | null)[]): void {
  const bar = bars.find((each) => each !== null);
  if (bar) throw new DomainError("case.not-together", { details: { bar } });
}

/**
 * Binds cases that the caller has just claimed to the one that he holds. From here on they have one claim, whose token is newer than any of theirs.
 * The caller of this verb has checked them ({@link requireBindable}).
 */
export async function bindCases(ctx: SqlCtx, lead: HeldCase, caseIds: readonly string[]): Promise<Claim> {
  const { tx } = ctx;
  const ids = caseIds as string[];
  await tx.$executeRaw`
    UPDATE reading_case c SET read_with_id = c.id,
      claim_token = greatest(c.claim_token, (SELECT max(o.claim_token) FROM reading_case o WHERE o.id = ANY(${ids}::uuid[])))
    WHERE c.id = ${lead.caseId}::uuid`;
  await tx.$executeRaw`UPDATE reading_case SET read_with_id = ${lead.caseId}::uuid WHERE id = ANY(${ids}::uuid[])`;
  // With this the others get what is the leading case's.
  const [claim] = await tx.$queryRaw<[{ claimToken: string; claimedUntil: Date }]>`
    UPDATE reading_case SET claimed_until = clock_timestamp() + make_interval(mins => claim_minutes) WHERE id = ${lead.caseId}::uuid
    RETURNING claim_token::text AS "claimToken", claimed_until AS "claimedUntil"`;
  const together = await readTogether(ctx, lead.caseId);
  for (const { caseId, orgId, patientRef, studyRef } of together.filter((each) => ids.includes(each.caseId)))
    await audit(ctx, { action: "case.read-with", orgId, patientRef, studyRef, caseId, details: { with: lead.caseId } });
  await announceCases(ctx, together);
  return { claimToken: claim.claimToken, claimedUntil: claim.claimedUntil.toISOString() };
}

/**
 * Takes a case out of those that it is read with: it goes back to the list, with its own clock; the text stays with the leading case. By the
 * reader who holds them, or by a worklist manager where nobody does; not once a report is signed.
 *
 * @throws {DomainError} `case.read-with` (it leads: the others are taken out), `case.already-claimed` with `claimedByName`, `case.illegal-move`,
 * `case.claim-expired`, `case.not-claimed`, `case.not-found`, `auth.forbidden`
 */
export async function readAlone(ctx: Ctx<UserActor>, { caseId, claimToken }: ReadAlone): Promise<{ state: CaseState }> {
  const { tx } = ctx;
  const row = await findCase(ctx, caseId, claimToken ? "case.release-own" : "case.release-others");
  if (row.readWithId === caseId) throw new DomainError("case.read-with");
  const leadId = row.readWithId;
  if (claimToken) await holdClaim(ctx, { caseId, claimToken });
  else if (row.claimLive)
    throw new DomainError("case.already-claimed", { details: { claimedByName: row.claimedByName } });
  // A repeated call, or somebody was faster.
  if (leadId === null) return { state: row.state };
  await lockCases(ctx, [leadId]);
  const [now] = await tx.$queryRaw<{ state: CaseState }[]>`SELECT state FROM reading_case WHERE id = ${caseId}::uuid`;
  if (!now || !/^(unread|claimed|drafted)$/.test(now.state))
    throw new DomainError("case.illegal-move", { details: { from: now?.state ?? row.state, to: "unread" } });
  await tx.$executeRaw`UPDATE reading_case SET read_with_id = NULL WHERE id = ${caseId}::uuid AND read_with_id = ${leadId}::uuid`;
  await tx.$executeRaw`
    UPDATE reading_case c SET read_with_id = NULL WHERE c.id = ${leadId}::uuid
      AND NOT EXISTS (SELECT 1 FROM reading_case f WHERE f.read_with_id = c.id AND f.id <> c.id)`;
  const moved = await moveCase(ctx, caseId, "readAlone", undefined, () => ({ details: { with: leadId } }));
  if (!moved) throw new DomainError("case.illegal-move", { details: { from: now.state, to: "unread" } });
  await announceCases(ctx, await readTogether(ctx, leadId));
  return { state: moved.state };
}
