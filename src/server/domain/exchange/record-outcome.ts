import { isDeepStrictEqual } from "node:util";
import type { DeliveryFailure } from "@overread/shared/delivery-failure";
import { DomainError } from "@overread/shared/errors";
import type { Ctx } from "#server/context.ts";
import { publish } from "#server/live/publish.ts";
import { audit } from "../audit/index.ts";
import { kinds } from "./kinds/index.ts";
import { carrierOf } from "./policy.ts";
import { type SubjectColumns, subjectDetails, subjectOf } from "./subject.ts";

/** The outcome of one attempt: the receiver's answer, or why the delivery keeps waiting. */
export type Outcome = { receipt: DeliveryFailure["params"] } | { failure: DeliveryFailure };

type Row = SubjectColumns & {
  state: "waiting" | "delivered";
  kind: string;
  lastFailure: string | null;
  lastFailureParams: DeliveryFailure["params"];
  readerOrgId: string | null;
  studyRef: string | null;
  caseId: string | null;
};

/**
 * Records the outcome of one attempt. Idempotent: a repeated outcome, or one that comes after the delivery arrived,
 * changes nothing. Attempts never end; the pause between them grows to a minute.
 *
 * @throws {DomainError} `delivery.not-found` (also for one that another carrier has)
 */
export async function recordOutcome(
  ctx: Ctx,
  { deliveryId, outcome }: { deliveryId: string; outcome: Outcome },
): Promise<void> {
  const { tx } = ctx;
  const caller = carrierOf(ctx.actor);
  const facilityId = caller.carrier === "edge" ? caller.facilityId : null;
  const [row] = await tx.$queryRaw<Row[]>`
    SELECT state::text AS state, kind, last_failure AS "lastFailure", last_failure_params AS "lastFailureParams",
      reader_org_id::text AS "readerOrgId", subject_type AS "subjectType", subject_id::text AS "subjectId", notice,
      study_ref::text AS "studyRef", case_id::text AS "caseId"
    FROM delivery WHERE id = ${deliveryId}::uuid AND org_id = ${caller.orgId}::uuid
      AND (${facilityId}::uuid IS NULL OR facility_id = ${facilityId}::uuid) AND kind = ANY(${kinds.carriedBy(caller.carrier)})
    FOR UPDATE`;
  if (!row) throw new DomainError("delivery.not-found");
  if (row.state === "delivered") return;

  if ("receipt" in outcome) {
    await tx.$executeRaw`UPDATE delivery SET state = 'delivered', delivered_at = now(), last_failure = NULL, last_failure_params = '{}'
      WHERE id = ${deliveryId}::uuid`;
    await audit(ctx, {
      action: "report.delivered",
      studyRef: row.studyRef,
      caseId: row.caseId,
      details: { deliveryId, kind: row.kind, ...subjectDetails(subjectOf(row)), ...outcome.receipt },
    });
  } else {
    const { code, params } = outcome.failure;
    await tx.$executeRaw`UPDATE delivery SET last_failure = ${code}, last_failure_params = ${JSON.stringify(params)}::jsonb,
        next_attempt_at = now() + least(60, 5 * greatest(attempts, 1)) * interval '1 second'
      WHERE id = ${deliveryId}::uuid`;
    if (code === row.lastFailure && isDeepStrictEqual(params, row.lastFailureParams)) return;
  }
  if (row.caseId && row.studyRef)
    await publish(tx, {
      topic: "report.changed",
      orgIds: [caller.orgId, ...(row.readerOrgId ? [row.readerOrgId] : [])],
      caseId: row.caseId,
      studyId: row.studyRef,
    });
}
