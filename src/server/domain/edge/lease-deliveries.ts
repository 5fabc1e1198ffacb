import type { Delivery } from "@overread/shared/edge-contract/v1";
import type { Ctx } from "#server/context.ts";
import { authorizeEdge } from "./policy.ts";

/** How long an edge router has to try one delivery before another try may be handed out. */
export const deliveryLeaseSeconds = 60;

type Row = Omit<Delivery, "retrievePath" | "destination"> & { aeTitle: string; host: string; port: number };

/**
 * Hands the calling edge router what waits for its facility's PACS, oldest first, and leases it: a second poll, or a second
 * edge router of the facility, is given other work. Nothing is handed out while the facility names no PACS.
 *
 * @param limit most to hand out at once.
 */
export async function leaseDeliveries({ actor, tx }: Ctx, { limit = 20 } = {}): Promise<Delivery[]> {
  const edge = authorizeEdge(actor);
  const rows = await tx.$queryRaw<Row[]>`
    WITH due AS (
      SELECT id FROM delivery
      WHERE org_id = ${edge.orgId}::uuid AND facility_id = ${edge.facilityId}::uuid AND state = 'waiting'
        AND (leased_until IS NULL OR leased_until <= now())
        AND EXISTS (SELECT 1 FROM facility f WHERE f.id = facility_id AND f.local_pacs_ae_title IS NOT NULL
                    AND f.local_pacs_host IS NOT NULL AND f.local_pacs_port IS NOT NULL)
      ORDER BY created_at, id LIMIT ${limit} FOR UPDATE SKIP LOCKED),
    leased AS (
      UPDATE delivery d SET leased_until = now() + ${deliveryLeaseSeconds} * interval '1 second', attempts = attempts + 1
      FROM due WHERE d.id = due.id RETURNING d.*)
    SELECT l.id::text AS "deliveryId", st.study_instance_uid AS "studyInstanceUid", se.series_instance_uid AS "seriesInstanceUid",
      i.sop_instance_uid AS "sopInstanceUid", i.sop_class_uid AS "sopClassUid", i.transfer_syntax_uid AS "transferSyntaxUid",
      i.data_set_sha256 AS "dataSetSha256", f.local_pacs_ae_title AS "aeTitle", f.local_pacs_host AS host, f.local_pacs_port AS port
    FROM leased l JOIN instance i ON i.id = l.instance_id JOIN series se ON se.id = i.series_ref JOIN study st ON st.id = i.study_ref
      JOIN facility f ON f.id = l.facility_id
    ORDER BY l.created_at, l.id`;
  return rows.map(({ aeTitle, host, port, ...object }) => ({
    ...object,
    retrievePath: `/dicomweb/${edge.orgSlug}/studies/${object.studyInstanceUid}/series/${object.seriesInstanceUid}/instances/${object.sopInstanceUid}`,
    destination: { aeTitle, host, port },
  }));
}
