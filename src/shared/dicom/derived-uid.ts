import { createHash } from "node:crypto";
import { type DicomUid, uidFromUuid, uuidHex } from "./uids.ts";

/**
 * A UID derived from the object's identity, so that a retry makes the same object (Node only).
 *
 * @param parts the name, e.g. `("report-pdf", reportVersionId)`; `("a", "b")` and `("ab")` differ.
 * @returns `2.25.` and a version 8 UUID (RFC 9562 §5.8) out of SHA-256 over the parts.
 * @see DICOM PS3.5 §B.2
 */
export function uidFromName(...parts: string[]): DicomUid {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return uidFromUuid(uuidHex(hash.digest(), 8));
}
