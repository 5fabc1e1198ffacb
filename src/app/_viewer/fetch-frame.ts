import { TS } from "@overread/shared/dicom/transfer-syntaxes";
import { aheadHeaders } from "./ahead.ts";
import { errorForStatus } from "./archive.ts";
import { ViewerError } from "./viewer-error.ts";

/** A frame as the archive stores it. */
export type StoredFrame = { bytes: Uint8Array; transferSyntaxUid: string };

const deadlineMs = 60_000;
/** Frames in their stored transfer syntax; the viewer decodes them. */
const accept = 'multipart/related; type="application/octet-stream"; transfer-syntax=*';

/**
 * Fetches one frame (PS3.18 §10.4.1.1.6).
 *
 * @param imageId `wadors:` and the frame's address.
 * @throws {ViewerError}
 */
export async function fetchFrame(imageId: string, urgent: boolean): Promise<StoredFrame> {
  let answer: Response;
  let body: ArrayBuffer;
  try {
    answer = await fetch(imageId.replace(/^wadors:/, ""), {
      headers: { Accept: accept, ...aheadHeaders(imageId) },
      priority: urgent ? "high" : "low",
      signal: AbortSignal.timeout(deadlineMs),
    });
    body = await answer.arrayBuffer();
  } catch (error) {
    throw (error as Error).name === "TimeoutError"
      ? new ViewerError("unreachable", "The image took too long to arrive.")
      : errorForStatus(0);
  }
  if (answer.status !== 200) throw frameError(answer.status, body);
  const type = answer.headers.get("Content-Type") ?? "";
  // A sign-in page instead of pixels.
  if (/text\/html/i.test(type)) throw errorForStatus(401);
  return onlyPart(new Uint8Array(body), type);
}

/** The metadata has come, so the image exists and may be read; only its pixels failed. */
const pixelProblems: Readonly<Record<string, string>> = {
  "frame.not-found":
    "The pixels of this image are not whole in the archive: its pixel data is too short, or packed in a way that is not known here.",
  "dicom.truncated": "The pixel data of this image is shorter than its header says.",
  "storage.corrupt": "The stored pixels of this image are damaged. The operator has to look at it.",
  "request.not-acceptable": "The pixels of this image are compressed in a way that cannot be shown here.",
  "dicom.unsupported-transfer-syntax": "The pixels of this image are compressed in a way that cannot be shown here.",
};

function frameError(status: number, body: ArrayBuffer): ViewerError {
  const words = pixelProblems[codeIn(body)];
  return words ? new ViewerError("unreadable", words) : errorForStatus(status);
}

function codeIn(body: ArrayBuffer): string {
  try {
    const parsed = JSON.parse(new TextDecoder().decode(body)) as { error?: { code?: unknown } } | null;
    return String(parsed?.error?.code ?? "");
  } catch {
    // Not one of our error bodies: the status has to do.
    return "";
  }
}

/** The one part of a multipart answer (RFC 2046 §5.1), or a body that is not multipart. */
function onlyPart(body: Uint8Array, contentType: string): StoredFrame {
  const [, quoted, plain] = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (!boundary) return { bytes: body, transferSyntaxUid: syntaxIn(contentType) };
  const text = (from: number, to: number) => new TextDecoder("latin1").decode(body.subarray(from, to));
  const head = text(0, 4096);
  const end = head.indexOf("\r\n\r\n");
  // The closing boundary follows the pixels, which may contain anything, so it is searched from the end.
  const tailFrom = Math.max(0, body.length - boundary.length - 64);
  const close = text(tailFrom, body.length).lastIndexOf(`\r\n--${boundary}`);
  if (!head.startsWith(`--${boundary}`) || end < 0 || close < 0)
    throw new ViewerError("unreadable", "The archive sent this image cut short.");
  return { bytes: body.subarray(end + 4, tailFrom + close), transferSyntaxUid: syntaxIn(head.slice(0, end)) };
}

function syntaxIn(contentType: string): string {
  // Without a parameter, application/octet-stream means Explicit VR Little Endian (PS3.18).
  return /transfer-syntax="?([\d.]+)/i.exec(contentType)?.[1] ?? TS.explicitLittleEndian;
}
