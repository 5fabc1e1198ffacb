import { TS } from "@overread/shared/dicom/transfer-syntaxes";
import { aheadHeaders } from "./ahead.ts";
import { errorForStatus } from "./archive.ts";
import { ViewerError } from "./viewer-error.ts";

/** A frame as the archive sends it: as stored, or of the lossless rendition beside it. */
export type StoredFrame = { bytes: Uint8Array; transferSyntaxUid: string };

/** How much of a frame has come. */
export type FrameSoFar = StoredFrame & { ofBytes: number };

const deadlineMs = 60_000;
/** Frames in their stored transfer syntax; the viewer decodes them. */
const asStored = 'multipart/related; type="application/octet-stream"; transfer-syntax=*';
/**
 * The rendition that can be shown while it arrives, where there is one: the part says which of the two it is, so nobody has to be asked
 * before.
 */
const renditionFirst = `multipart/related; type="image/jphc"; transfer-syntax=${TS.htj2kLosslessRpcl}, ${asStored};q=0.9`;

export type FrameRequest = {
  /** Somebody waits for it. */
  urgent: boolean;
  /** Only as it is stored: the rendition has turned out to be broken. */
  original?: boolean;
  /** Called with what has come, as it comes. */
  onPart?: (part: FrameSoFar) => void;
};

/**
 * Fetches one frame (PS3.18 §10.4.1.1.6).
 *
 * @param imageId `wadors:` and the frame's address.
 * @throws {ViewerError}
 */
export async function fetchFrame(imageId: string, { urgent, original, onPart }: FrameRequest): Promise<StoredFrame> {
  let answer: Response | undefined;
  let body: Uint8Array;
  try {
    answer = await fetch(imageId.replace(/^wadors:/, ""), {
      headers: { Accept: original ? asStored : renditionFirst, ...aheadHeaders(imageId) },
      priority: urgent ? "high" : "low",
      signal: AbortSignal.timeout(deadlineMs),
    });
    const isPixels = answer.status === 200 && onPart !== undefined;
    body = isPixels ? await inParts(answer, onPart) : new Uint8Array(await answer.arrayBuffer());
  } catch (error) {
    const isLate = (error as Error).name === "TimeoutError";
    // It broke off on the way: what is stored may be had all the same.
    if (!isLate && !original && answer?.status === 200) return fetchFrame(imageId, { urgent, original: true });
    throw isLate ? new ViewerError("unreachable", "The image took too long to arrive.") : errorForStatus(0);
  }
  if (answer.status !== 200) throw frameError(answer.status, body);
  const type = answer.headers.get("Content-Type") ?? "";
  // A sign-in page instead of pixels.
  if (/text\/html/i.test(type)) throw errorForStatus(401);
  return onlyPart(body, type);
}

/** The body of an answer, and word of each piece of it. */
async function inParts(answer: Response, onPart: (part: FrameSoFar) => void): Promise<Uint8Array> {
  const length = Number(answer.headers.get("Content-Length"));
  const reader = answer.body?.getReader();
  if (!reader || !Number.isInteger(length) || length <= 0) return new Uint8Array(await answer.arrayBuffer());
  const type = answer.headers.get("Content-Type") ?? "";
  const body = new Uint8Array(length);
  let filled = 0;
  let head: { start: number; transferSyntaxUid: string } | null = null;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    if (filled + next.value.length > length) throw new TypeError("more than was announced");
    body.set(next.value, filled);
    filled += next.value.length;
    head ??= partHeadIn(body.subarray(0, filled), type);
    const { start = 0, transferSyntaxUid = "" } = head ?? {};
    if (head && filled < length)
      onPart({
        bytes: body.subarray(start, filled),
        transferSyntaxUid,
        ofBytes: length - start,
      });
  }
  return body.subarray(0, filled);
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

function frameError(status: number, body: Uint8Array): ViewerError {
  const words = pixelProblems[codeIn(body)];
  return words ? new ViewerError("unreadable", words) : errorForStatus(status);
}

function codeIn(body: Uint8Array): string {
  try {
    const parsed = JSON.parse(new TextDecoder().decode(body)) as { error?: { code?: unknown } } | null;
    return String(parsed?.error?.code ?? "");
  } catch {
    // Not one of our error bodies: the status has to do.
    return "";
  }
}

const boundaryIn = (contentType: string): string | undefined => {
  const [, quoted, plain] = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType) ?? [];
  return quoted ?? plain;
};
const latin = (bytes: Uint8Array): string => new TextDecoder("latin1").decode(bytes);

/** Where the pixels of the one part begin, and what they are; null while its header is not here, or is none. */
function partHeadIn(body: Uint8Array, contentType: string): { start: number; transferSyntaxUid: string } | null {
  const boundary = boundaryIn(contentType);
  if (!boundary) return { start: 0, transferSyntaxUid: syntaxIn(contentType) };
  const head = latin(body.subarray(0, 4096));
  const end = head.indexOf("\r\n\r\n");
  if (!head.startsWith(`--${boundary}`) || end < 0) return null;
  return { start: end + 4, transferSyntaxUid: syntaxIn(head.slice(0, end)) };
}

/** The one part of a multipart answer (RFC 2046 §5.1), or a body that is not multipart. */
function onlyPart(body: Uint8Array, contentType: string): StoredFrame {
  const head = partHeadIn(body, contentType);
  const boundary = boundaryIn(contentType);
  if (head && !boundary) return { bytes: body, transferSyntaxUid: head.transferSyntaxUid };
  // The closing boundary follows the pixels, which may contain anything, so it is searched from the end.
  const tailFrom = Math.max(0, body.length - (boundary ?? "").length - 64);
  const close = latin(body.subarray(tailFrom)).lastIndexOf(`\r\n--${boundary}`);
  if (!head || close < 0) throw new ViewerError("unreadable", "The archive sent this image cut short.");
  return { bytes: body.subarray(head.start, tailFrom + close), transferSyntaxUid: head.transferSyntaxUid };
}

function syntaxIn(contentType: string): string {
  // Without a parameter, application/octet-stream means Explicit VR Little Endian (PS3.18).
  return /transfer-syntax="?([\d.]+)/i.exec(contentType)?.[1] ?? TS.explicitLittleEndian;
}
