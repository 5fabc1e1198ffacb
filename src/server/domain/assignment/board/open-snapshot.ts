import type { SqlTx } from "#server/context.ts";
import { acquiredModalities } from "../../reading/index.ts";
import type { CaseFacts, Snapshot } from "../engine/snapshot.ts";
import { currentRuleSet } from "../rules/current-rule-set.ts";
import { peopleAndPlaces } from "../rules/past-snapshot.ts";
import { type CaseRow, factsOf } from "../rules/recorded-events.ts";

type OpenCase = CaseRow & {
  state: CaseFacts["state"];
  description: string;
  claimedById: string | null;
  claimedUntil: Date | null;
};
export type OpenSnapshot = { snapshot: Snapshot; rows: OpenCase[] };

/** What is open now, with who reads what, and everybody who may: what a forecast is made of. */
export async function openSnapshot(tx: SqlTx, readerOrgId: string, now: Date): Promise<OpenSnapshot> {
  const rows = await tx.$queryRawUnsafe<OpenCase[]>(
    `SELECT c.id, c.org_id AS "hospitalId", coalesce(c.facility_id, c.org_id) AS "facilityId", ${acquiredModalities.sql} AS modalities,
       s.body_parts AS "bodyParts", s.study_description AS "studyDescription", s.study_description AS description,
       s.patient_ref AS "patientRef", s.patient_id <> '' AS identified, c.priority::text, c.state::text,
       coalesce(c.unread_at, c.created_at) AS "arrivedAt", c.due_at AS "dueAt", o.procedure_code AS "procedureCode",
       o.patient_class AS "patientClass", NULL AS "signedById", NULL AS "signedAt",
       CASE WHEN c.claimed_until > clock_timestamp() THEN c.claimed_by_id END AS "claimedById", c.claimed_until AS "claimedUntil"
     FROM reading_case c JOIN study s ON s.id = c.study_ref
     LEFT JOIN LATERAL (SELECT nullif(a.procedure_code, '') AS procedure_code, a.patient_class FROM order_match m
       JOIN imaging_order a ON a.id = m.order_id WHERE m.study_ref = s.id AND m.state = 'matched' AND a.state = 'open'
       ORDER BY a.created_at, a.id LIMIT 1) o ON true
     WHERE c.reader_org_id = $1::uuid AND c.completed_at IS NULL AND c.state::text = ANY($2) ORDER BY c.due_at, c.id LIMIT 5000`,
    readerOrgId,
    openOnBoard,
  );
  const rest = await peopleAndPlaces(tx, readerOrgId, now);
  const cases = rows.map((row) => ({
    ...factsOf(row),
    state: row.state,
    claim:
      row.claimedById && row.claimedUntil
        ? { readerId: row.claimedById, until: row.claimedUntil.getTime(), ruleId: null }
        : null,
  }));
  return { snapshot: { ...rest, cases, rules: await currentRuleSet(tx, readerOrgId) }, rows };
}

/** What waits for a signature, arrived. */
const openOnBoard = ["unread", "claimed", "drafted", "preliminary", "held"] satisfies CaseFacts["state"][];
