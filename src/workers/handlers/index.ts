import { indexStudy, makeRenditions } from "#server/archive/index.ts";
import { runAssignment } from "#server/domain/assignment/index.ts";
import { escalateCases } from "#server/domain/escalation/index.ts";
import { settleStudies } from "#server/domain/imaging/index.ts";
import { applyOrders, attachPriorsToMany, expireClaim, prioritizeCases } from "#server/domain/reading/index.ts";
import type { Handlers } from "../handler.ts";
import { anchorAudit } from "../schedules.ts";
import { deliverEarlier } from "./deliver-earlier-reports.ts";
import { sendDeliveries } from "./send-deliveries.ts";
import { sendNotice } from "./send-notice.ts";
import { storeDocuments } from "./store-documents.ts";

/** One handler for each job of the catalogue. Jobs that make a case readable are run in batches. */
export const handlers = {
  "study.settle": {
    together: async (ctx, payloads) => {
      await settleStudies(ctx, { studyIds: payloads.map(({ studyId }) => studyId) });
    },
  },
  "study.index": async ({ actor }, { studyId }) => {
    await indexStudy(actor, { studyId });
  },
  "study.prepare-ahead": async ({ actor }, { studyId }) => {
    await indexStudy(actor, { studyId });
  },
  "study.make-renditions": async ({ actor, log, signal }, payload) => {
    const { made, bytes, ofBytes } = await makeRenditions(actor, payload, signal);
    if (made > 0) log.info({ made, bytes, ofBytes }, "renditions made");
  },
  "case.attach-priors": {
    together: async (ctx, payloads) => {
      await attachPriorsToMany(ctx, { caseIds: payloads.map(({ caseId }) => caseId) });
    },
  },
  "case.prioritize": {
    together: async (ctx, payloads) => {
      await prioritizeCases(ctx, { caseIds: payloads.map(({ caseId }) => caseId) });
    },
  },
  "case.apply-orders": {
    together: async (ctx, payloads) => {
      await applyOrders(ctx, { studyIds: payloads.map(({ studyId }) => studyId) });
    },
  },
  "case.escalate": {
    together: async (ctx, payloads) => {
      await escalateCases(ctx, { caseIds: payloads.map(({ caseId }) => caseId) });
    },
  },
  "assignment.run": {
    together: async (ctx) => {
      await runAssignment(ctx);
    },
  },
  "claim.expire": {
    together: async (ctx, payloads) => {
      for (const { caseId } of payloads.toSorted((a, b) => (a.caseId < b.caseId ? -1 : 1)))
        await expireClaim(ctx, { caseId });
    },
  },
  "report.store-documents": async (run, payload) => {
    // The job exists once the signature is committed: its audit event is anchored before its documents are made.
    await anchorAudit(run.log).catch((error: unknown) => run.log.error({ err: error }, "a signature was not anchored"));
    await storeDocuments(run, payload);
  },
  "facility.deliver-earlier": deliverEarlier,
  "delivery.send": sendDeliveries,
  "notice.send": sendNotice,
} satisfies Handlers;
