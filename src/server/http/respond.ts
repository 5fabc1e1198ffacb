import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { DomainError, ErrorCode } from "@overread/shared/errors";
import { errorTable } from "#server/errors.ts";

const gzipAsync = promisify(gzip);

/** What the caller can do about it. Never a value out of a data set or a query. */
const advice: Partial<Record<ErrorCode, string>> = {
  "auth.required": "Sign in, or send a valid bearer token.",
  "auth.forbidden": "This account or token may not do that. Ask your site administrator for the role or scope.",
  "request.invalid": "The request is not understood. See details for the part that is wrong.",
  "request.too-large": "The request is too large. Send fewer or smaller instances, or narrow the query.",
  "request.rate-limited": "This account or token asks for more than its share. Wait as long as Retry-After says.",
  "request.not-acceptable":
    "None of the accepted media types or transfer syntaxes can be sent. Widen Accept, e.g. */*; transfer-syntax=*.",
  "request.unsupported-media-type":
    'Send multipart/related; type="application/dicom" with one Part 10 file per part, not compressed as a whole.',
  "request.range-not-satisfiable": "The value ends before this range begins. See details for its length.",
  "resource.not-found": "There is no such resource. See the conformance statement for those there are.",
  "org.not-found": "There is no such organisation here for you. Check the DICOMweb root.",
  "study.not-found": "There is no such study here for you.",
  "series.not-found": "There is no such series in this study.",
  "instance.not-found": "There is no such instance in this series.",
  "frame.not-found": "This instance does not have that frame, or that bulk value.",
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

/** What is wrong with a data set: the sender's fault when it comes, and of no reader who asks for what is stored. */
const ofTheData: ErrorCode[] = ["dicom.truncated", "dicom.malformed", "dicom.not-part10", "dicom.missing-attribute"];
const statusOf = (req: IncomingMessage, code: ErrorCode): number =>
  req.method !== "POST" && ofTheData.includes(code) ? 500 : errorTable[code].http;

/** Answers with an error: `{ error: { code, message, details?, requestId } }`. The body is the same for not yours and not there. */
export function sendError(req: IncomingMessage, res: ServerResponse, error: DomainError, requestId: string): void {
  if (res.headersSent) {
    // Half an answer cannot be taken back; a broken connection at least cannot be mistaken for a whole one.
    res.destroy();
    return;
  }
  const { retry } = errorTable[error.code];
  const http = statusOf(req, error.code);
  const details = Object.keys(error.details).length > 0 ? { details: error.details } : {};
  const message = advice[error.code] ?? error.code;
  const body = JSON.stringify({ error: { code: error.code, message, ...details, requestId } });
  res.writeHead(http, {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    ...(http === 416 ? { "Content-Range": `bytes */${error.details.length}` } : {}),
    ...(http === 401 ? { "WWW-Authenticate": 'Bearer realm="overread"' } : {}),
    ...(retry === "yes" && http !== 500
      ? { "Retry-After": String(error.details.retryAfterSeconds ?? (error.code === "server.busy" ? 5 : 30)) }
      : {}),
    // What is left of a body that nobody reads would be taken for the next request.
    ...(req.complete ? {} : { Connection: "close" }),
  });
  res.end(req.method === "HEAD" ? undefined : body);
}

export function acceptsGzip(req: IncomingMessage): boolean {
  const header = String(req.headers["accept-encoding"] ?? "");
  return /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:\s*(?:,|$)))/.test(header);
}

/** Sends JSON text, gzipped when that is wanted and worth it. */
export async function sendJson(
  req: IncomingMessage,
  res: ServerResponse,
  text: string,
  { status = 200, type = "application/dicom+json", headers = {} as Record<string, string> } = {},
): Promise<void> {
  let body = Buffer.from(text);
  const common: Record<string, string | number> = {
    "Content-Type": type,
    "X-Content-Type-Options": "nosniff",
    Vary: "Accept, Accept-Encoding",
    ...headers,
  };
  if (body.length > 1400 && acceptsGzip(req)) {
    body = await gzipAsync(body, { level: body.length > 256 << 10 ? 1 : 4 });
    common["Content-Encoding"] = "gzip";
  }
  res.writeHead(status, { ...common, "Content-Length": body.length });
  res.end(req.method === "HEAD" ? undefined : body);
}

/** Writes with back-pressure. False when the reader has gone away: then there is nothing more to do. */
export async function write(res: ServerResponse, chunk: Uint8Array): Promise<boolean> {
  if (res.destroyed) return false;
  if (res.write(chunk)) return true;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      res.off("drain", done).off("close", done);
      resolve();
    };
    res.on("drain", done).on("close", done);
  });
  return !res.destroyed;
}
