import { indexStudy } from "#server/archive/index.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { settleStudy } from "#server/domain/imaging/index.ts";
import { attachPriors, expireClaim, prioritizeCase } from "#server/domain/reading/index.ts";
import type { Handlers } from "../handler.ts";
import { anchorAudit } from "../schedules.ts";
import { deliverEarlier } from "./deliver-earlier-reports.ts";
import { sendDeliveries } from "./send-deliveries.ts";
import { storeDocuments } from "./store-documents.ts";

/** One handler for each job of the catalogue; most are one verb in one transaction. */
export const handlers = {
  "study.settle": async ({ actor, requestId }, { studyId }) => {
    await withTenant(actor, (ctx) => settleStudy(ctx, { studyId }), { requestId });
  },
  "study.index": async ({ actor }, { studyId }) => {
    await indexStudy(actor, { studyId });
  },
  "case.attach-priors": async ({ actor, requestId }, { caseId }) => {
    await withTenant(actor, (ctx) => attachPriors(ctx, { caseId }), { requestId });
  },
  "case.prioritize": async ({ actor, requestId }, { caseId }) => {
    await withTenant(actor, (ctx) => prioritizeCase(ctx, { caseId }), { requestId });
  },
  "claim.expire": async ({ actor, requestId }, { caseId }) => {
    await withTenant(actor, (ctx) => expireClaim(ctx, { caseId }), { requestId });
  },
  "report.store-documents": async (run, payload) => {
    // The job is there once the signature is committed: its event is anchored before anything is made of it.
    await anchorAudit(run.log).catch((error: unknown) => run.log.error({ err: error }, "a signature was not anchored"));
    await storeDocuments(run, payload);
  },
  "facility.deliver-earlier": deliverEarlier,
  "delivery.send": sendDeliveries,
} satisfies Handlers;
