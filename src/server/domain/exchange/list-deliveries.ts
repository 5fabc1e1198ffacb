import type { DeliveryFailure } from "@overread/shared/delivery-failure";
import type { SqlTx, Tx } from "#server/context.ts";
import type { DeliveryState } from "#server/db/generated/enums.ts";

/** The status of a delivery, for those who may see its study. */
export type DeliveryView = {
  kind: string;
  subjectType: string;
  subjectId: string;
  /** Name of the receiving facility; null: the organisation. */
  facility: string | null;
  state: DeliveryState;
  attempts: number;
  lastFailure: DeliveryFailure | null;
  deliveredAt: Date | null;
};

/** All deliveries about a study. The caller has been authorised for the study. */
export async function deliveriesAbout(
  { tx }: { tx: SqlTx },
  { studyId }: { studyId: string },
): Promise<DeliveryView[]> {
  return tx.$queryRaw<DeliveryView[]>`
    SELECT d.kind, d.subject_type AS "subjectType", d.subject_id::text AS "subjectId", f.name AS facility, d.state, d.attempts,
      CASE WHEN d.last_failure IS NOT NULL THEN jsonb_build_object('code', d.last_failure, 'params', d.last_failure_params) END AS "lastFailure",
      d.delivered_at AS "deliveredAt"
    FROM delivery d LEFT JOIN facility f ON f.id = d.facility_id
    WHERE d.study_ref = ${studyId}::uuid ORDER BY d.created_at, d.id`;
}

/** Ids, codes, short names and times; no patient data. */
export type WaitingDelivery = {
  id: string;
  org: string;
  kind: string;
  /** Short name of the facility, or of the organisation's destination, that has not received it. */
  name: string;
  state: "failed" | "running" | "waiting";
  attempts: number;
  lastFailure: DeliveryFailure | null;
  since: Date;
};

/**
 * Deliveries of all organisations that have not arrived, oldest first. For operators: `tx` comes from
 * `withMaintenance`.
 *
 * @param failedOnly only those that were tried.
 * @param limit most to list; `total` counts all.
 */
export async function listWaiting(
  tx: Tx,
  { failedOnly, limit }: { failedOnly: boolean; limit: number },
): Promise<{ total: number; deliveries: WaitingDelivery[] }> {
  const rows = await tx.$queryRaw<(WaitingDelivery & { total: number })[]>`
    SELECT d.id::text, o.slug AS org, d.kind, coalesce(f.slug, t.name) AS name, d.attempts, d.created_at AS since,
      CASE WHEN d.last_failure IS NOT NULL THEN jsonb_build_object('code', d.last_failure, 'params', d.last_failure_params) END AS "lastFailure",
      CASE WHEN d.last_failure IS NOT NULL THEN 'failed' WHEN d.next_attempt_at > now() THEN 'running' ELSE 'waiting' END AS state,
      count(*) OVER ()::int AS total
    FROM delivery d JOIN organization o ON o.id = d.org_id JOIN destination t ON t.id = d.destination_id LEFT JOIN facility f ON f.id = d.facility_id
    WHERE d.state = 'waiting' AND (NOT ${failedOnly}::boolean OR d.last_failure IS NOT NULL)
    ORDER BY d.created_at, d.id LIMIT ${limit}`;
  return { total: rows[0]?.total ?? 0, deliveries: rows.map(({ total: _, ...row }) => row) };
}
