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
 * Why a document is not back at the hospital yet, in words; a reason this release does not know is shown as it came.
 *
 * @param failure as the portal keeps it, or in one word as an edge router's heartbeat says it.
 */
export function waitingReason(failure: DeliveryFailure | string): string {
  const { code, params } = typeof failure === "string" ? failureOfReason(failure) : failure;
  if (code === "kind-unknown")
    return `the edge router cannot send this (${params.kind ?? "a kind of delivery it does not know"}); update it`;
  return words[code] ?? (typeof failure === "string" ? failure : reasonOf(failure));
}
