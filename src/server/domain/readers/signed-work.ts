import type { SqlTx } from "#server/context.ts";
import { type WorkUnitTable, workUnitsBy } from "../assignment/engine/index.ts";
import type { Signed } from "./pace.ts";

/** What readers have signed, in work units. An addendum is no further reading. */

type Procedure = { procedureCode: string | null; modalities: string[] };

/** How much each has signed since a moment of his own. */
export async function doneSince(
  tx: SqlTx,
  readerOrgId: string,
  since: ReadonlyMap<string, number>,
  table: WorkUnitTable,
): Promise<Map<string, { cases: number; workUnits: number }>> {
  const wanted = [...since].map(([id, from]) => ({ id, since: new Date(from) }));
  const rows = await tx.$queryRaw<(Procedure & { readerId: string; cases: number })[]>`
    SELECT w.id AS "readerId", p.code AS "procedureCode",
      CASE WHEN s.has_pictures THEN s.acquired_modalities ELSE s.modalities END AS modalities, count(DISTINCT v.case_id)::int AS cases
    FROM jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb) AS w (id uuid, since timestamptz)
    JOIN report_version v ON v.signed_by_id = w.id AND v.signed_at >= w.since AND v.reader_org_id = ${readerOrgId}::uuid AND v.kind <> 'addendum'
    JOIN study s ON s.id = v.study_ref
    LEFT JOIN LATERAL (SELECT nullif(a.procedure_code, '') AS code FROM order_match m JOIN imaging_order a ON a.id = m.order_id
      WHERE m.study_ref = s.id AND m.state = 'matched' AND a.state = 'open' ORDER BY a.created_at, a.id LIMIT 1) p ON true
    GROUP BY 1, 2, 3`;
  const { of } = workUnitsBy(table);
  const done = new Map<string, { cases: number; workUnits: number }>();
  for (const { readerId, cases, ...procedure } of rows) {
    const sum = done.get(readerId) ?? { cases: 0, workUnits: 0 };
    done.set(readerId, { cases: sum.cases + cases, workUnits: sum.workUnits + cases * of(procedure) });
  }
  return done;
}

/** The last hundred of each within four weeks. */
export async function lastSigned(
  tx: SqlTx,
  readerOrgId: string,
  readerIds: readonly string[],
  now: Date,
  table: WorkUnitTable,
): Promise<Signed[]> {
  const rows = await tx.$queryRaw<(Procedure & { readerId: string; at: Date })[]>`
    SELECT r.id AS "readerId", v.signed_at AS at, p.code AS "procedureCode",
      CASE WHEN s.has_pictures THEN s.acquired_modalities ELSE s.modalities END AS modalities
    FROM unnest(${[...readerIds]}::uuid[]) AS r (id)
    CROSS JOIN LATERAL (SELECT o.signed_at, o.study_ref FROM report_version o
      WHERE o.signed_by_id = r.id AND o.reader_org_id = ${readerOrgId}::uuid AND o.kind <> 'addendum'
        AND o.signed_at > ${now}::timestamptz - interval '28 days' AND o.signed_at <= ${now}::timestamptz
      ORDER BY o.signed_at DESC LIMIT 100) v
    JOIN study s ON s.id = v.study_ref
    LEFT JOIN LATERAL (SELECT nullif(a.procedure_code, '') AS code FROM order_match m JOIN imaging_order a ON a.id = m.order_id
      WHERE m.study_ref = s.id AND m.state = 'matched' AND a.state = 'open' ORDER BY a.created_at, a.id LIMIT 1) p ON true`;
  const { of } = workUnitsBy(table);
  return rows.map(({ readerId, at, ...procedure }) => ({ readerId, at: at.getTime(), workUnits: of(procedure) }));
}
