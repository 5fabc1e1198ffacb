import { z } from "zod";
import { DeliveryFailure, failureOfReason, reasonOf } from "../delivery-failure.ts";
import { type Delivery as DicomDeliveryV1, DicomNode, type DeliveryOutcome as OutcomeV1 } from "./v1.ts";

/**
 * The contract between edge router and portal, version 2: deliveries of any kind. Everything else is as in version 1,
 * under version 1's path.
 *
 * | call | body → answer |
 * |---|---|
 * | `GET /api/edge/v2/deliveries?waitSeconds=25` | → DeliveryList; long poll, leased for 60 s |
 * | `POST /api/edge/v2/deliveries/{deliveryId}/outcome` | DeliveryOutcome → `{}`; idempotent |
 *
 * A portal keeps answering version 1, whose deliveries are all DICOM. A router that is answered 404 uses version 1.
 */
export const EDGE_API_V2 = "/api/edge/v2";

const uid = z
  .string()
  .max(64)
  .regex(/^\d+(\.\d+)*$/);

/** An object for a DICOM node, by C-STORE. Fetched at `retrievePath` (WADO-RS instance, same origin, same bearer). */
export const DicomDelivery = z.object({
  deliveryId: z.uuid(),
  kind: z.literal("dicom"),
  destination: DicomNode,
  subject: z.object({
    studyInstanceUid: uid,
    seriesInstanceUid: uid,
    sopInstanceUid: uid,
    sopClassUid: uid,
    transferSyntaxUid: uid,
    /** Of the data set, without group 0002; lower-case hex. */
    dataSetSha256: z.string().regex(/^[0-9a-f]{64}$/),
    retrievePath: z.string().startsWith("/dicomweb/"),
  }),
});
export type DicomDelivery = z.infer<typeof DicomDelivery>;

/** Every kind of this version; a new kind is one more variant. */
export const Delivery = z.discriminatedUnion("kind", [DicomDelivery]);
export type Delivery = z.infer<typeof Delivery>;

/**
 * A delivery as read from the list: of any kind, so that an unknown or invalid one does not hold back the others. It is
 * answered with the failure `kind-unknown` or `offer-not-understood`, so that it is noticed.
 */
export const OfferedDelivery = z.looseObject({ deliveryId: z.uuid(), kind: z.string().min(1).max(30) });
export type OfferedDelivery = z.infer<typeof OfferedDelivery>;
export const DeliveryList = z.object({ deliveries: z.array(OfferedDelivery) });
export type DeliveryList = z.infer<typeof DeliveryList>;

export const DeliveryOutcome = z.discriminatedUnion("status", [
  z.object({
    status: z.literal("delivered"),
    /** The receiver's answer, by kind; for DICOM `dimseStatus`, the status of the C-STORE. */
    receipt: DeliveryFailure.shape.params,
    at: z.iso.datetime(),
  }),
  z.object({ status: z.literal("waiting"), failure: DeliveryFailure, at: z.iso.datetime() }),
]);
export type DeliveryOutcome = z.infer<typeof DeliveryOutcome>;

/** Converts a DICOM delivery to version 1, and back. */
export function toV1({ deliveryId, destination, subject }: DicomDelivery): DicomDeliveryV1 {
  return { deliveryId, ...subject, destination };
}
export function fromV1({ deliveryId, destination, ...subject }: DicomDeliveryV1): DicomDelivery {
  return { deliveryId, kind: "dicom", destination, subject };
}

/** Converts an outcome to version 1, and back. */
export function outcomeToV1(outcome: DeliveryOutcome): OutcomeV1 {
  const { at } = outcome;
  if (outcome.status === "delivered") {
    const { dimseStatus } = outcome.receipt;
    return { status: "delivered", at, ...(typeof dimseStatus === "number" ? { dimseStatus } : {}) };
  }
  const { code, params } = outcome.failure;
  const dimseStatus = code === "dimse-status" ? Number.parseInt(String(params.status), 16) : Number.NaN;
  const reason = reasonOf(outcome.failure);
  return { status: "waiting", at, reason, ...(Number.isNaN(dimseStatus) ? {} : { dimseStatus }) };
}
export function outcomeFromV1({ status, dimseStatus, reason, at }: OutcomeV1): DeliveryOutcome {
  if (status === "delivered") return { status, receipt: dimseStatus === undefined ? {} : { dimseStatus }, at };
  return { status, failure: failureOfReason(reason ?? "unknown"), at };
}
