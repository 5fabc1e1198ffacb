import type { DomainError, ErrorCode } from "@overread/shared/errors";
import { errorTable } from "#server/errors.ts";

/** What the caller can do about each error. Never a value of a data set or a query. */
const advice: Partial<Record<ErrorCode, string>> = {
  "auth.required": "Sign in, or send a valid bearer token.",
  "auth.forbidden": "This account or token may not do that. Ask your site administrator for the role or scope.",
  "auth.rate-limited": "There were too many attempts. Wait as long as Retry-After says.",
  "request.invalid": "The request is not understood. See details for the part that is wrong.",
  "request.too-large": "The request is too large. Send fewer or smaller instances, or narrow the query.",
  "request.rate-limited": "This account or token asks for more than its share. Wait as long as Retry-After says.",
  "request.not-acceptable":
    "None of the accepted media types or transfer syntaxes can be sent. Widen Accept, e.g. */*; transfer-syntax=*.",
  "request.unsupported-media-type":
    'Send multipart/related; type="application/dicom" with one Part 10 file per part to DICOMweb, and application/json elsewhere; no body is compressed as a whole.',
  "document.refused":
    "The document cannot be taken; see details for why. Send a plain PDF, JPEG or PNG of at most 20 MB, without password or scripts, under its own media type.",
  "request.range-not-satisfiable": "The value ends before this range begins. See details for its length.",
  "resource.not-found": "There is no such resource. See the conformance statement for those there are.",
  "org.not-found": "There is no such organisation here for you. Check the DICOMweb root.",
  "study.not-found": "There is no such study here for you.",
  "series.not-found": "There is no such series in this study.",
  "instance.not-found": "There is no such instance in this series.",
  "frame.not-found": "This instance does not have that frame, or that bulk value.",
  "report.not-found": "There is no such report here for you, or its document is still being made.",
  "edge.revoked": "This edge router was revoked. Enrol it again with a new code.",
  "edge.code-invalid": "The code is unknown, used or expired. Make a new one for the facility.",
  "edge.assertion-invalid": "The assertion does not prove this edge router's key now. Check its clock.",
  "dicom.invalid-uid": "A UID in the address is not a DICOM UID.",
  "dicom.cannot-render": "This object has no picture that can be drawn here. Retrieve the instance itself.",
  "dicom.unsupported-transfer-syntax":
    "It cannot be sent in that transfer syntax. Accept the stored one with transfer-syntax=*.",
  "dicom.truncated":
    "The stored pixel data is shorter than its header says; it came so. Ask for other frames, or retrieve the instance itself.",
  "dicom.malformed": "The stored data set is damaged; it came so. Retrieve the instance itself with transfer-syntax=*.",
  "storage.full": "The archive is out of space. Keep the instances and send them again later.",
  "storage.unavailable": "The archive cannot store or read right now. Try again shortly.",
  "storage.corrupt": "The stored object is missing or damaged. The operator has to look at it.",
  "server.busy": "The server has too much to do right now, or its database starts. Wait as long as Retry-After says.",
  internal: "Something went wrong on our side. Try again; if it stays, tell the operator the request id.",
};

/** The advice for a code; the code itself where there is none. */
export const adviceOn = (code: ErrorCode): string => advice[code] ?? code;

/**
 * When the same request makes sense again, in seconds. A full disk needs people; a busy resource recovers within
 * seconds.
 */
const comeBackSeconds: Partial<Record<ErrorCode, number>> = {
  "auth.rate-limited": 60,
  "request.rate-limited": 60,
  "storage.full": 30,
  "storage.unavailable": 5,
  "server.busy": 5,
};

/**
 * The `Retry-After` value (RFC 9110 §10.2.3): from the error's details, else from the table.
 *
 * @returns seconds; undefined where the same request would fail again, or the time is unknown.
 */
export function retryAfterSeconds({ code, details }: Pick<DomainError, "code" | "details">): number | undefined {
  if (errorTable[code].retry !== "yes") return undefined;
  const known = Number(details.retryAfterSeconds);
  return known > 0 ? known : comeBackSeconds[code];
}
