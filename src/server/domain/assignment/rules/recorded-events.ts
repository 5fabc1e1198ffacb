import type { SqlTx } from "#server/context.ts";
import { acquiredModalities, regionsOf } from "../../reading/index.ts";
import { ageBandOf, type FirstReading, isCode, patientClassOf, readTypeOf } from "../case-facts.ts";
import { type Instant, minuteMs } from "../engine/codes.ts";
import type { RecordedEvent } from "../engine/recorded.ts";
import type { CaseFacts } from "../engine/snapshot.ts";
import type { namedProcedures } from "../procedure-terms.ts";

/**
 * What happened to a group's cases between two moments: everything that arrived or was still waiting, and who signed it first. Facts that
 * the database does not keep of a past moment are filled with what it has today, or left out:
 *
 * - priority, due time, order and patient class stand as they are now, not as on arrival;
 * - who skipped or declined it, and linked cases are not known of the past; of priors counts what was signed before it arrived;
 * - when it was claimed is on the audit trail only, and no measure asks for it;
 * - what was cancelled is left out, and a hold is no pause here: its time is in the due time.
 */
export async function recordedEvents(
  tx: SqlTx,
  readerOrgId: string,
  since: Date,
  until: Date,
  procedures: ReturnType<typeof namedProcedures> = () => [],
): Promise<RecordedEvent[]> {
  const rows = await tx.$queryRawUnsafe<CaseRow[]>(
    `SELECT c.id, c.org_id AS "hospitalId", coalesce(c.facility_id, c.org_id) AS "facilityId", coalesce(${acquiredModalities.sql}, '{}') AS modalities,
       coalesce(s.body_parts, '{}') AS "bodyParts", s.study_description AS "studyDescription", s.patient_birth_date AS "birthDate", s.study_date AS "studyDate", s.patient_ref AS "patientRef", s.patient_id <> '' AS identified,
       c.priority::text, coalesce(c.unread_at, c.created_at) AS "arrivedAt", c.due_at AS "dueAt", c.promised_at AS "promisedAt",
       l.first_reading AS "firstReading", nullif(l.report_language, '') AS language, o.procedure_code AS "procedureCode",
       coalesce(o.procedure_description, '') AS "procedureDescription", p.readers AS "priorReaderIds", o.patient_class AS "patientClass", v.signed_by_id AS "signedById", v.signed_at AS "signedAt"
     FROM reading_case c JOIN study s ON s.id = c.study_ref
     LEFT JOIN LATERAL (SELECT r.signed_by_id, r.signed_at FROM report_version r WHERE r.case_id = c.id AND r.kind <> 'addendum'
       ORDER BY r.version LIMIT 1) v ON true
     LEFT JOIN LATERAL (SELECT nullif(a.procedure_code, '') AS procedure_code, a.procedure_description, a.patient_class FROM order_match m
       JOIN imaging_order a ON a.id = m.order_id WHERE m.study_ref = s.id AND m.state = 'matched' AND a.state = 'open'
       ORDER BY a.created_at, a.id LIMIT 1) o ON true
     LEFT JOIN service_level l ON l.id = c.service_level_id
     CROSS JOIN LATERAL (SELECT ARRAY(SELECT DISTINCT r.signed_by_id FROM case_prior q JOIN report_version r ON r.study_ref = q.study_ref
       WHERE q.case_id = c.id AND q.identity <> 'conflict' AND r.signed_at <= coalesce(c.unread_at, c.created_at) ORDER BY 1) AS readers) p
     WHERE c.reader_org_id = $1::uuid AND c.state NOT IN ('arriving', 'cancelled')
       AND coalesce(c.unread_at, c.created_at) < $3::timestamptz
       AND (c.completed_at IS NULL OR c.completed_at >= $2::timestamptz)
       AND (v.signed_at IS NULL OR v.signed_at >= $2::timestamptz)
     ORDER BY "arrivedAt", c.id`,
    readerOrgId,
    since,
    until,
  );
  return rows.flatMap((row): RecordedEvent[] => {
    const facts = factsOf(row, procedures);
    const arrival: RecordedEvent = { kind: "arrival", at: facts.arrivedAt, facts };
    const { signedAt, signedById } = row;
    if (!signedAt || !signedById || signedAt > until) return [arrival];
    return [arrival, { kind: "sign", at: signedAt.getTime(), caseId: row.id, readerId: signedById }];
  });
}

/** A case as its facts are made of. */
type CaseRow = {
  id: string;
  hospitalId: string;
  facilityId: string;
  modalities: string[];
  bodyParts: string[];
  studyDescription: string;
  birthDate: string;
  studyDate: string;
  patientRef: string;
  identified: boolean;
  priority: CaseFacts["priority"];
  arrivedAt: Date;
  dueAt: Date;
  promisedAt: Date;
  firstReading: FirstReading | null;
  language: string | null;
  procedureCode: string | null;
  procedureDescription: string;
  priorReaderIds: string[];
  patientClass: string | null;
  signedById: string | null;
  signedAt: Date | null;
};

/** As it was on arrival, as far as that is known: nobody had it, nobody had skipped it. */
function factsOf(row: CaseRow, procedures: ReturnType<typeof namedProcedures>): CaseFacts {
  const procedureCode = isCode(row.procedureCode) ? row.procedureCode : null;
  return {
    id: row.id,
    hospitalId: row.hospitalId,
    facilityId: row.facilityId,
    modalities: row.modalities.filter(isCode),
    bodyRegions: regionsOf(row.bodyParts, row.studyDescription),
    procedureCode,
    procedures: procedures({ procedureCode, descriptions: [row.studyDescription, row.procedureDescription] }),
    patientClass: patientClassOf(row.patientClass),
    ageBand: ageBandOf(row.birthDate, row.studyDate),
    patientRef: row.identified ? row.patientRef : null,
    linkedCaseIds: [],
    priority: row.priority,
    state: "unread",
    ready: true,
    arrivedAt: row.arrivedAt.getTime(),
    dueAt: row.dueAt.getTime(),
    promisedAt: row.promisedAt.getTime(),
    // The first reading is what is played; who went over it afterwards is none of the rules' doing here.
    readType: readTypeOf(false, row.firstReading),
    doubleReading: row.firstReading === "double",
    language: row.language,
    readBy: [],
    draftReaderId: null,
    priorReaderIds: row.priorReaderIds,
    conflictReaderIds: [],
    claim: null,
    offer: null,
    assignment: null,
    declined: [],
    skips: [],
  };
}

/** Somebody on no roster was there around what he signed; nothing else tells. */
const aroundMs = 30 * minuteMs;
export function presenceBySignatures(
  events: readonly RecordedEvent[],
  readerId: string,
): { from: Instant; until: Instant }[] {
  const joined: { from: Instant; until: Instant }[] = [];
  const signed = events.filter((each) => each.kind === "sign" && each.readerId === readerId).map(({ at }) => at);
  for (const at of signed.sort((a, b) => a - b)) {
    const last = joined.at(-1);
    if (last && at - aroundMs <= last.until) last.until = at + aroundMs;
    else joined.push({ from: at - aroundMs, until: at + aroundMs });
  }
  return joined;
}
