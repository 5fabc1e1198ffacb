import { isAeTitle } from "@overread/shared/dicom/ae-title";
import { TS, transferSyntaxes } from "@overread/shared/dicom/transfer-syntaxes";
import { dicomApplicationContext, isUid } from "@overread/shared/dicom/uids";
import type { AssociateRequest, ContextAnswer, PresentationContext } from "./pdu.ts";
import type { DimseService, ServiceRegistry } from "./service.ts";

/** Who may talk to us, asked anew for each association so that a new configuration counts at once. */
export type AssociationPolicy = {
  calledAeTitles: readonly string[];
  allowedCallingAeTitles: "*" | readonly string[];
};
/** Result, source and reason of an A-ASSOCIATE-RJ (PS3.8 table 9-21). */
export type Rejection = {
  result: 1 | 2;
  source: 1 | 2 | 3;
  reason: number;
  because: string;
};
/** Too many associations at once: transient, so that the sender tries again. */
export const tooManyAssociations: Rejection = { result: 2, source: 3, reason: 2, because: "too many associations" };

/** Why an association is refused, or null when it may begin. */
export function rejectionOf(request: AssociateRequest, policy: AssociationPolicy): Rejection | null {
  if ((request.protocolVersion & 1) === 0)
    return { result: 1, source: 2, reason: 2, because: "protocol version not supported" };
  if (request.applicationContext !== dicomApplicationContext)
    return { result: 1, source: 1, reason: 2, because: "application context not supported" };
  if (!policy.calledAeTitles.includes(request.calledAeTitle))
    return { result: 1, source: 1, reason: 7, because: "called AE title not recognized" };
  if (!mayCall(policy, request.callingAeTitle))
    return { result: 1, source: 1, reason: 3, because: "calling AE title not recognized" };
  return null;
}

/** Whether an AE title may send; also asked before each object, since the list may have changed meanwhile. */
export const mayCall = (policy: AssociationPolicy, callingAeTitle: string): boolean =>
  // One that is none cannot be trusted in a log or a file name either.
  isAeTitle(callingAeTitle) &&
  (policy.allowedCallingAeTitles === "*" || policy.allowedCallingAeTitles.includes(callingAeTitle));

/**
 * For services that keep a data set as it comes: the first transfer syntax that we can read. One that is unknown is
 * taken when nothing else is offered, which is better than not having the object.
 */
export const keepAny = (offered: readonly string[]): string | undefined =>
  offered.find((uid) => transferSyntaxes[uid] && !transferSyntaxes[uid].opaquePixels) ??
  offered.find((uid) => transferSyntaxes[uid]) ??
  offered.find(isUid);

/** Answers one presentation context by asking the registry who serves its abstract syntax (PS3.8 §9.3.3.2). */
export function answerContext(
  registry: ServiceRegistry,
  { id, abstractSyntax, transferSyntaxes: offered }: PresentationContext,
): { answer: ContextAnswer; service: DimseService | undefined } {
  const service = registry.serviceFor(abstractSyntax);
  const transferSyntax = service?.chooseTransferSyntax(offered);
  if (service && transferSyntax !== undefined) return { answer: { id, result: 0, transferSyntax }, service };
  // The transfer syntax of a refused context is not significant, but must be there (PS3.8 table 9-18).
  const named = offered.find(isUid) ?? TS.implicitLittleEndian;
  return { answer: { id, result: service ? 4 : 3, transferSyntax: named }, service };
}
