import { DomainError } from "../errors.ts";

/** A UID that has passed {@link parseUid}: 1–64 characters, digits and dots only, safe in a path. */
export type DicomUid = string & { readonly __uid?: never };

/** The one application context there is (PS3.7 Annex A). */
export const dicomApplicationContext = "1.2.840.10008.3.1.1.1";

/** Ours, fixed for ever: names the software that wrote group 0002 (PS3.7 D.3.3.2). */
export const implementationClassUid = "2.25.130738127945731524934128455141485076832";
/** At most 16 characters (PS3.7 D.3.3.2). */
export const implementationVersionName = "OVERREAD_1";

/**
 * Reads a UI value from the wire or from a URL.
 *
 * Leading zeros in a component are illegal, yet modalities send them; they are kept, so that
 * the study can still be asked for by the UID it came with.
 *
 * @param value UI text; trailing padding (NUL, or the space that some writers put) is dropped.
 * @returns the UID: 1–64 characters, digits and dots only, so it is safe in a path.
 * @throws {DomainError} `dicom.invalid-uid`, without the value.
 * @see DICOM PS3.5 §9.1 (encoding), §6.2 (UI padding)
 */
export function parseUid(value: string): DicomUid {
  const uid = value.replace(/[\0 ]$/, "");
  if (!isUid(uid)) throw new DomainError("dicom.invalid-uid");
  return uid;
}

/** True for 1–64 characters of digits and single dots between them (PS3.5 §9.1; leading zeros tolerated). */
export function isUid(value: unknown): value is DicomUid {
  return typeof value === "string" && value.length <= 64 && /^\d+(\.\d+)*$/.test(value) && !value.endsWith("\n");
}

/**
 * The UID that stands for a UUID (PS3.5 §B.2).
 * @param uuid 32 hex digits, with or without hyphens.
 */
export function uidFromUuid(uuid: string): DicomUid {
  const hex = uuid.replaceAll("-", "");
  if (!/^[0-9a-f]{32}$/i.test(hex)) throw new DomainError("dicom.invalid-uid");
  return `2.25.${BigInt(`0x${hex}`)}`;
}

/** A new random UID (PS3.5 §B.2). Works in the browser also where `crypto.randomUUID` is withheld. */
export function newUid(): DicomUid {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return uidFromUuid(uuidHex(bytes, 4));
}

/** Marks 16 bytes as a UUID of the given version (RFC 9562 §4) and writes them as hex digits. */
export function uuidHex(bytes: Uint8Array, version: number): string {
  let hex = "";
  for (let i = 0; i < 16; i++) {
    let byte = bytes[i] ?? 0;
    if (i === 6) byte = (byte & 0x0f) | (version << 4);
    if (i === 8) byte = (byte & 0x3f) | 0x80;
    hex += byte.toString(16).padStart(2, "0");
  }
  return hex;
}
