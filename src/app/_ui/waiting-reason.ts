import { type DeliveryFailure, failureOfReason, reasonOf } from "@overread/shared/delivery-failure";

const words: Record<string, string> = {
  "connection-refused": "it refuses the connection",
  unreachable: "it cannot be reached",
  timeout: "it does not answer in time",
  "connection-lost": "it broke the connection off",
  "association-rejected": "it rejects the association; look at the AE titles on both sides",
  "association-aborted": "it aborted the association",
  "context-rejected": "it does not take this kind of object",
  "protocol-error": "its answer is not DICOM",
  "hash-mismatch": "the document arrived damaged and is fetched again",
};

/**
 * Why a document has not been returned to the hospital yet, as text; an unknown reason is shown unchanged.
 *
 * @param failure as stored by the portal, or as one code from an edge router's heartbeat.
 */
export function waitingReason(failure: DeliveryFailure | string): string {
  const { code, params } = typeof failure === "string" ? failureOfReason(failure) : failure;
  if (code === "kind-unknown")
    return `the edge router cannot send this (${params.kind ?? "a kind of delivery it does not know"}); update it`;
  return words[code] ?? (typeof failure === "string" ? failure : reasonOf(failure));
}
