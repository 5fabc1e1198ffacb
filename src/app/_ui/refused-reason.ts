const words: Record<string, string> = {
  "dicom.malformed": "Its bytes are not a readable DICOM data set.",
  "dicom.truncated": "It is cut off.",
  "dicom.missing-attribute": "It lacks one of the UIDs that name it.",
  "dicom.invalid-uid": "One of its UIDs is not made of numbers and dots.",
  "dicom.uid-mismatch": "What was announced and what came name different objects.",
  "request.too-large": "It is larger than the archive takes.",
  "portal-http-413": "It is larger than the portal takes.",
  "not-confirmed": "The archive answers, but does not keep it.",
  "bytes-lost": "The router's disk no longer has it. Send it again.",
};

/** Why an object was refused permanently, as text; an unknown reason is shown unchanged. */
export function refusedReason(reason: string): string {
  return words[reason] ?? `The archive refused it (${reason}).`;
}
