import type { DeliveryOutcome } from "@overread/shared/edge-contract/v1";
import { DomainError } from "@overread/shared/errors";
import type { Ctx } from "#server/context.ts";
import { publish } from "#server/live/publish.ts";
import { audit } from "../audit/index.ts";
import { authorizeEdge } from "./policy.ts";

type Row = {
  state: "waiting" | "delivered";
  lastReason: string | null;
  readerOrgId: string | null;
  instanceId: string;
  studyRef: string;
  caseId: string;
};

/**
 * What became of one try to return an object to the hospital's PACS. Idempotent: an answer that is repeated, or that comes
 * after the object has arrived, changes nothing. Tries never end; the pause between them grows to a minute.
 *
 * @throws {DomainError} `delivery.not-found` (also for one of another facility)
 */
export async function recordDeliveryOutcome(
  ctx: Ctx,
  { deliveryId, outcome }: { deliveryId: string; outcome: DeliveryOutcome },
): Promise<void> {
  const { tx } = ctx;
  const edge = authorizeEdge(ctx.actor);
  const [row] = await tx.$queryRaw<Row[]>`
    SELECT d.state::text AS state, d.last_reason AS "lastReason", d.reader_org_id::text AS "readerOrgId", d.instance_id::text AS "instanceId",
      v.study_ref::text AS "studyRef", v.case_id::text AS "caseId"
    FROM delivery d JOIN report_version v ON v.id = d.report_version_id
    WHERE d.id = ${deliveryId}::uuid AND d.org_id = ${edge.orgId}::uuid AND d.facility_id = ${edge.facilityId}::uuid FOR UPDATE OF d`;
  if (!row) throw new DomainError("delivery.not-found");
  if (row.state === "delivered") return;

  if (outcome.status === "delivered") {
    await tx.$executeRaw`UPDATE delivery SET state = 'delivered', delivered_at = now(), leased_until = NULL, last_reason = NULL WHERE id = ${deliveryId}::uuid`;
    await audit(ctx, {
      action: "report.delivered",
      studyRef: row.studyRef,
      caseId: row.caseId,
      details: { deliveryId, instanceId: row.instanceId, dimseStatus: outcome.dimseStatus ?? null },
    });
  } else {
    const reason = outcome.reason ?? "unknown";
    await tx.$executeRaw`UPDATE delivery SET last_reason = ${reason}, leased_until = now() + least(60, 5 * greatest(attempts, 1)) * interval '1 second'
      WHERE id = ${deliveryId}::uuid`;
    if (reason === row.lastReason) return;
  }
  await publish(tx, {
    topic: "report.changed",
    orgIds: [edge.orgId, ...(row.readerOrgId ? [row.readerOrgId] : [])],
    caseId: row.caseId,
    studyId: row.studyRef,
  });
}
