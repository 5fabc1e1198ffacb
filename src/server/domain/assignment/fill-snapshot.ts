import type { SqlTx } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import { facilityFacts, readerFacts, readerGroups, workUnitTable } from "../readers/index.ts";
import {
  acquiredModalities,
  claimRuns,
  completeCase,
  isOpenCase,
  regionsOf,
  reservationRuns,
} from "../reading/index.ts";
import { ageBandOf, isCode, patientClassOf, readTypeOf } from "./case-facts.ts";
import type { ReadType } from "./engine/codes.ts";
import type { CaseFacts, Snapshot } from "./engine/snapshot.ts";
import { namedProcedures, trainedNames } from "./procedure-terms.ts";
import { currentRuleSet } from "./rules/index.ts";

/** Which cases; null: every open one of the group. A few are asked for where one case or one reader is in question. */
export type Which = { caseIds: readonly string[]; andOf?: string | typeof everybody } | null;
/** As `andOf`: what anybody has in hand. */
export const everybody = Symbol("everybody");
/** A case with what the engine does not see: whose it was when this was read. */
export type Filled = { snapshot: Snapshot; drawn: ReadonlyMap<string, string | null> };

/**
 * All the facts that decide who reads what, of one reading group at this moment, in one transaction of the group's: a few statements, each over all its open cases.
 *
 * @param which of several cases only, with everything that reader `andOf` has in hand.
 */
export async function fillSnapshot(tx: SqlTx, readerOrgId: string, which: Which = null): Promise<Filled> {
  const [clock] = await tx.$queryRaw<[{ now: Date }]>`SELECT date_trunc('milliseconds', clock_timestamp()) AS now`;
  const wanted = wantedCases(readerOrgId, which);
  // Sent together; where the transaction has one statement at a time, they wait for each other there.
  const [cases, notes, facilities, contracts, rules, readers, groups, workUnits] = await Promise.all([
    rowsOf<CaseRow>(tx, casesSql(wanted)),
    rowsOf<NoteRow>(tx, notesSql(wanted)),
    facilityFacts(tx, readerOrgId),
    contractsOf(tx, readerOrgId),
    currentRuleSet(tx, readerOrgId),
    readerFacts(tx, readerOrgId, clock.now),
    readerGroups(tx, readerOrgId),
    workUnitTable(tx, readerOrgId),
  ]);
  const now = clock.now.getTime();
  const procedures = namedProcedures(trainedNames(readers));
  const notesBy = Map.groupBy(notes, ({ caseId }) => caseId);
  const linked = linkedCases(notes);
  const snapshot: Snapshot = {
    version: 1,
    now,
    // Kept with the snapshot: another draw at another moment, the same one when it is played again.
    seed: now % 1_000_003,
    cases: cases.map((row) => factsOf(row, notesBy.get(row.id) ?? [], linked.get(row.id) ?? [], procedures)),
    readers,
    groups,
    facilities,
    contracts,
    rules,
    workUnits,
  };
  return { snapshot, drawn: new Map(cases.map(({ id, drawnRuleId }) => [id, drawnRuleId])) };
}

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
  state: CaseFacts["state"];
  whole: boolean;
  arrivedAt: Date;
  dueAt: Date;
  promisedAt: Date;
  /** What its contract asks for first, and in which language the report is to be; null: nothing was said. */
  firstReading: ReadType | null;
  language: string | null;
  /** Also who keeps it to read it next: it is his. */
  claimedById: string | null;
  claimedUntil: Date | null;
  claimRuleId: string | null;
  givenToId: string | null;
  givenAs: "offer" | "assignment" | null;
  givenAt: Date | null;
  givenUntil: Date | null;
  givenRuleId: string | null;
  drawnRuleId: string | null;
};
/** What is noted of a case by somebody or with something, in one shape. */
type NoteRow = {
  caseId: string;
  what:
    | "decline"
    | "skip"
    | "read-preliminary"
    | "read-final"
    | "draft"
    | "prior"
    | "procedure"
    | "description"
    | "class"
    | "order";
  who: string;
  at: Date | null;
};

function wantedCases(readerOrgId: string, which: Which): Prisma.Sql {
  const open = Prisma.sql`c.reader_org_id = ${readerOrgId}::uuid AND c.completed_at IS NULL AND ${isOpenCase}`;
  if (!which) return open;
  const { caseIds, andOf } = which;
  const his =
    andOf === everybody
      ? Prisma.sql`OR num_nonnulls(c.claimed_by_id, c.reserved_by_id, c.given_to_id) > 0`
      : andOf
        ? Prisma.sql`OR c.claimed_by_id = ${andOf}::uuid OR c.reserved_by_id = ${andOf}::uuid OR c.given_to_id = ${andOf}::uuid`
        : Prisma.empty;
  return Prisma.sql`${open} AND (c.id = ANY(${caseIds as string[]}::uuid[]) ${his})`;
}

// A study that says nothing of its parts holds up nobody else's cases: both lists may be NULL in rows that the product did not write.
const casesSql = (wanted: Prisma.Sql): Prisma.Sql => Prisma.sql`
  SELECT c.id, c.org_id AS "hospitalId", coalesce(c.facility_id, c.org_id) AS "facilityId", coalesce(${acquiredModalities}, '{}') AS modalities,
    coalesce(s.body_parts, '{}') AS "bodyParts", s.study_description AS "studyDescription", s.patient_birth_date AS "birthDate", s.study_date AS "studyDate", s.patient_ref AS "patientRef",
    s.patient_id <> '' AS identified, c.priority::text, c.state::text, ${completeCase} AS whole, c.created_at AS "arrivedAt", c.due_at AS "dueAt",
    c.promised_at AS "promisedAt", l.first_reading AS "firstReading", nullif(l.report_language, '') AS language,
    CASE WHEN ${claimRuns} THEN c.claimed_by_id WHEN ${reservationRuns} THEN c.reserved_by_id END AS "claimedById",
    CASE WHEN ${claimRuns} THEN c.claimed_until ELSE c.reserved_until END AS "claimedUntil", c.claim_rule_id AS "claimRuleId",
    c.given_to_id AS "givenToId", c.given_as AS "givenAs", c.given_at AS "givenAt", c.given_until AS "givenUntil", c.given_rule_id AS "givenRuleId",
    c.drawn_rule_id AS "drawnRuleId"
  FROM reading_case c JOIN study s ON s.id = c.study_ref LEFT JOIN service_level l ON l.id = c.service_level_id WHERE ${wanted}`;

const notesSql = (wanted: Prisma.Sql): Prisma.Sql => Prisma.sql`
  WITH mine AS MATERIALIZED (SELECT c.id, c.study_ref FROM reading_case c WHERE ${wanted})
  SELECT d.case_id AS "caseId", 'decline' AS what, d.user_id::text AS who, d.at FROM case_decline d JOIN mine ON mine.id = d.case_id
  UNION ALL SELECT k.case_id, 'skip', k.user_id::text, k.skipped_until FROM case_skip k JOIN mine ON mine.id = k.case_id WHERE k.skipped_until > clock_timestamp()
  UNION ALL SELECT v.case_id, CASE v.kind WHEN 'preliminary' THEN 'read-preliminary' ELSE 'read-final' END, v.signed_by_id::text, NULL FROM report_version v JOIN mine ON mine.id = v.case_id
  UNION ALL SELECT f.case_id, 'draft', f.author_id::text, NULL FROM report_draft f JOIN mine ON mine.id = f.case_id WHERE f.author_id IS NOT NULL
  UNION ALL SELECT DISTINCT p.case_id, 'prior', v.signed_by_id::text, NULL::timestamptz FROM case_prior p JOIN mine ON mine.id = p.case_id
    JOIN report_version v ON v.study_ref = p.study_ref WHERE p.identity <> 'conflict'
  UNION ALL SELECT mine.id, n.what, n.who, NULL FROM mine JOIN order_match m ON m.study_ref = mine.study_ref AND m.state = 'matched'
    JOIN imaging_order o ON o.id = m.order_id AND o.state = 'open',
    LATERAL (VALUES ('procedure', o.procedure_code), ('description', o.procedure_description), ('class', o.patient_class), ('order', o.id::text)) AS n (what, who) WHERE n.who <> ''`;

async function contractsOf(tx: SqlTx, readerOrgId: string): Promise<Snapshot["contracts"]> {
  type Row = { id: string; hospitalId: string; facilityId: string | null; startsAt: Date; endsAt: Date | null };
  const rows = await tx.$queryRaw<Row[]>`
    SELECT id, org_id AS "hospitalId", facility_id AS "facilityId", starts_at AS "startsAt", ends_at AS "endsAt"
    FROM contract WHERE reader_org_id = ${readerOrgId}::uuid`;
  return rows.map(({ startsAt, endsAt, ...row }) => ({
    ...row,
    validFrom: startsAt.getTime(),
    validUntil: endsAt?.getTime() ?? null,
  }));
}

/** Cases that answer one order: one report would cover them. */
function linkedCases(notes: readonly NoteRow[]): Map<string, string[]> {
  const linked = new Map<string, string[]>();
  const orders = Map.groupBy(
    notes.filter(({ what }) => what === "order"),
    ({ who }) => who,
  );
  for (const of of orders.values())
    if (of.length > 1)
      for (const { caseId } of of) {
        const others = of.map((each) => each.caseId).filter((id) => id !== caseId);
        linked.set(caseId, [...new Set([...(linked.get(caseId) ?? []), ...others])]);
      }
  return linked;
}

function factsOf(
  row: CaseRow,
  notes: readonly NoteRow[],
  linkedCaseIds: string[],
  procedures: ReturnType<typeof namedProcedures>,
): CaseFacts {
  const of = (what: NoteRow["what"]) => notes.filter((each) => each.what === what);
  const timed = (what: NoteRow["what"]) =>
    of(what).map(({ who, at }) => ({ readerId: who, at: (at as Date).getTime() }));
  const preliminary = of("read-preliminary");
  const procedureCode =
    of("procedure")
      .map(({ who }) => who)
      .find(isCode) ?? null;
  const { givenToId: readerId, givenAt, givenUntil, givenRuleId: ruleId } = row;
  return {
    id: row.id,
    hospitalId: row.hospitalId,
    facilityId: row.facilityId,
    modalities: row.modalities.filter(isCode),
    bodyRegions: regionsOf(row.bodyParts, row.studyDescription),
    procedureCode,
    procedures: procedures({
      procedureCode,
      descriptions: [row.studyDescription, ...of("description").map(({ who }) => who)],
    }),
    patientClass: patientClassOf(of("class")[0]?.who),
    ageBand: ageBandOf(row.birthDate, row.studyDate),
    patientRef: row.identified ? row.patientRef : null,
    linkedCaseIds,
    priority: row.priority,
    state: row.state,
    ready: row.whole,
    arrivedAt: row.arrivedAt.getTime(),
    dueAt: row.dueAt.getTime(),
    promisedAt: row.promisedAt.getTime(),
    readType: readTypeOf(preliminary.length > 0, row.firstReading),
    // No contract asks for two readings that know nothing of each other; an over-read is by somebody else in any case.
    doubleReading: false,
    language: row.language,
    readBy: [
      ...preliminary.map(({ who }) => ({ readerId: who, readType: "preliminary" as const })),
      ...of("read-final").map(({ who }) => ({ readerId: who, readType: "final" as const })),
    ],
    draftReaderId: of("draft")[0]?.who ?? null,
    priorReaderIds: of("prior").map(({ who }) => who),
    conflictReaderIds: [],
    claim:
      row.claimedById && row.claimedUntil
        ? { readerId: row.claimedById, until: row.claimedUntil.getTime(), ruleId: row.claimRuleId }
        : null,
    offer:
      row.givenAs === "offer" && readerId && givenAt && givenUntil
        ? { readerId, offeredAt: givenAt.getTime(), until: givenUntil.getTime(), ruleId }
        : null,
    assignment:
      row.givenAs === "assignment" && readerId && givenAt ? { readerId, assignedAt: givenAt.getTime(), ruleId } : null,
    declined: timed("decline"),
    skips: timed("skip").map(({ readerId: who, at }) => ({ readerId: who, until: at })),
  };
}

const rowsOf = <T>(tx: SqlTx, { text, values }: Prisma.Sql): Promise<T[]> => tx.$queryRawUnsafe<T[]>(text, ...values);
