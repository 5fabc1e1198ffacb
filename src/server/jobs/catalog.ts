import { z } from "zod";

type JobDefinition<S extends z.ZodType> = {
  payload: S;
  queue: "interactive" | "imaging" | "reports" | "notices" | "ahead" | "renditions";
  attempts: number;
  timeoutMs: number;
  /** Jobs of one name with the same key collapse: one running and at most one waiting. */
  collapse?: (payload: z.output<S>) => string;
};
const job = <S extends z.ZodType>(definition: JobDefinition<S>) => definition;

const ofStudy = z.object({ orgId: z.uuid(), studyId: z.uuid() });
const ofCase = z.object({ orgId: z.uuid(), caseId: z.uuid() });
const ofFacility = z.object({ orgId: z.uuid(), facilityId: z.uuid() });
const ofDestination = z.object({ orgId: z.uuid(), destinationId: z.uuid() });
const ofVersion = z.object({ orgId: z.uuid(), reportVersionId: z.uuid() });

/**
 * All jobs. Payloads are ids only: no patient data enters Redis. `orgId` is the hospital's (the owner of the data),
 * under which the handler's transactions run. Handlers recompute, so running twice or late is harmless.
 */
export const jobs = {
  /**
   * Nothing arrived during the quiet time: the study is complete although nobody declared it (STOW without an edge).
   */
  "study.settle": job({
    payload: ofStudy,
    queue: "interactive",
    attempts: 10,
    timeoutMs: 30_000,
    collapse: (p) => p.studyId,
  }),
  /** Series metadata as one gzipped DICOM JSON object, ready to serve. */
  "study.index": job({
    payload: ofStudy,
    queue: "imaging",
    attempts: 10,
    timeoutMs: 120_000,
    collapse: (p) => p.studyId,
  }),
  /** The same, before anybody asks: of cases that will be read soon and their priors. A queue of its own: nothing waits behind it. */
  "study.prepare-ahead": job({
    payload: ofStudy,
    queue: "ahead",
    attempts: 3,
    timeoutMs: 120_000,
    collapse: (p) => p.studyId,
  }),
  /** Lossless renditions beside the images, for slow lines. Behind everything: the images are there without. */
  "study.make-renditions": job({
    payload: ofStudy,
    queue: "renditions",
    attempts: 3,
    timeoutMs: 600_000,
    collapse: (p) => p.studyId,
  }),
  "case.attach-priors": job({
    payload: ofCase,
    queue: "interactive",
    attempts: 10,
    timeoutMs: 30_000,
    collapse: (p) => p.caseId,
  }),
  "case.prioritize": job({
    payload: ofCase,
    queue: "interactive",
    attempts: 10,
    timeoutMs: 30_000,
    collapse: (p) => p.caseId,
  }),
  /** An order that the study answers was entered, changed, joined or parted. */
  "case.apply-orders": job({
    payload: ofStudy,
    queue: "interactive",
    attempts: 10,
    timeoutMs: 30_000,
    collapse: (p) => p.studyId,
  }),
  /** A case's next alarm may be due. `orgId` is the organisation whose people are woken: the reading group, or for its own steps the hospital. */
  "case.escalate": job({
    payload: ofCase,
    queue: "interactive",
    attempts: 10,
    timeoutMs: 30_000,
    collapse: (p) => p.caseId,
  }),
  /** A mail or a call of a webhook. A queue of its own: a receiver that is slow keeps nothing else waiting. */
  "notice.send": job({
    payload: z.object({ orgId: z.uuid(), deliveryId: z.uuid() }),
    queue: "notices",
    attempts: 10,
    timeoutMs: 60_000,
  }),
  /** Who reads what may be another answer now. `orgId` is the reading group's. */
  "assignment.run": job({
    payload: z.object({ orgId: z.uuid() }),
    queue: "interactive",
    attempts: 10,
    timeoutMs: 60_000,
    collapse: (p) => p.orgId,
  }),
  "claim.expire": job({ payload: ofCase, queue: "interactive", attempts: 10, timeoutMs: 30_000 }),
  /** PDF, Encapsulated PDF, SR and KOS of a signed version into the archive, then deliveries. */
  "report.store-documents": job({
    payload: ofVersion,
    queue: "reports",
    attempts: 50,
    timeoutMs: 120_000,
    collapse: (p) => p.reportVersionId,
  }),
  /** A facility got a PACS: earlier reports are sent there too. */
  "facility.deliver-earlier": job({
    payload: ofFacility,
    queue: "reports",
    attempts: 10,
    timeoutMs: 600_000,
    collapse: (p) => p.facilityId,
  }),
  /** There are deliveries for a destination that our own worker sends to. */
  "delivery.send": job({
    payload: ofDestination,
    queue: "reports",
    attempts: 10,
    timeoutMs: 600_000,
    collapse: (p) => p.destinationId,
  }),
};
export type JobName = keyof typeof jobs;
export type Payload<N extends JobName> = z.output<(typeof jobs)[N]["payload"]>;
