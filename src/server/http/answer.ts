import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { DomainError, ErrorCode } from "@overread/shared/errors";
import { errorTable, toDomainError } from "#server/errors.ts";
import type { Log } from "#server/log.ts";
import { logOutage } from "#server/outage.ts";
import { adviceOn, retryAfterSeconds } from "./advice.ts";

const gzipAsync = promisify(gzip);

export type AnswerOptions = { status?: number; type?: string; headers?: Record<string, string> };

/** Sends a value as JSON. */
export function sendJson(res: ServerResponse, value: unknown, options: AnswerOptions = {}): Promise<void> {
  return sendJsonText(res, JSON.stringify(value), { type: "application/json; charset=utf-8", ...options });
}

/** Sends JSON text, gzipped when the client accepts it and the size warrants it. HEAD gets the headers only. */
export async function sendJsonText(
  res: ServerResponse,
  text: string,
  { status = 200, type = "application/json; charset=utf-8", headers = {} }: AnswerOptions = {},
): Promise<void> {
  let body = Buffer.from(text);
  let encoding = {};
  if (body.length > 1400 && acceptsGzip(res.req)) {
    body = await gzipAsync(body, { level: body.length > 256 << 10 ? 1 : 4 });
    encoding = { "Content-Encoding": "gzip" };
  }
  res.writeHead(status, {
    "Content-Type": type,
    "X-Content-Type-Options": "nosniff",
    Vary: "Accept, Accept-Encoding",
    ...headers,
    ...encoding,
    "Content-Length": body.length,
  });
  res.end(res.req.method === "HEAD" ? undefined : body);
}

/** A defect of a data set: the sender's fault (4xx) on receipt, but ours (5xx) when stored data is requested. */
const ofTheData: ErrorCode[] = ["dicom.truncated", "dicom.malformed", "dicom.not-part10", "dicom.missing-attribute"];
const statusOf = ({ method }: IncomingMessage, code: ErrorCode): number =>
  method !== "POST" && ofTheData.includes(code) ? 500 : errorTable[code].http;

/**
 * Sends an error, the same for every protocol of this origin: `{ error: { code, message, details?, requestId } }`, with
 * the status from `errors.ts`. The body does not distinguish forbidden from missing. An unknown error is logged and
 * sent as `internal`.
 */
export function sendError(
  res: ServerResponse,
  error: unknown,
  { log, requestId }: { log: Log; requestId: string },
): void {
  const known = toDomainError(error);
  logOutage(log, known, { requestId });
  // The caller disconnected, so the resulting error is no fault.
  if (res.destroyed) return;
  if (errorTable[known.code].http === 500)
    log.error({ err: known.cause ?? known, code: known.code, requestId }, "request failed");
  if (res.headersSent || res.writableEnded) {
    // A started answer cannot be replaced by an error; breaking the connection at least marks it as incomplete.
    res.destroy();
    return;
  }
  const body = JSON.stringify({
    error: { code: known.code, message: adviceOn(known.code), ...detailsOf(known), requestId },
  });
  // These headers were set for the intended answer.
  for (const name of ["ETag", "Content-Disposition"]) res.removeHeader(name);
  res.writeHead(statusOf(res.req, known.code), {
    ...errorHeaders(res.req, known),
    "Content-Type": "application/json; charset=utf-8",
    "Content-Length": Buffer.byteLength(body),
  });
  res.end(res.req.method === "HEAD" ? undefined : body);
}

function errorHeaders(req: IncomingMessage, error: DomainError): Record<string, string> {
  const { http } = errorTable[error.code];
  const comeBack = retryAfterSeconds(error);
  return {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    ...(http === 416 ? { "Content-Range": `bytes */${error.details.length}` } : {}),
    ...(http === 401 ? { "WWW-Authenticate": 'Bearer realm="overread"' } : {}),
    ...(comeBack === undefined ? {} : { "Retry-After": String(comeBack) }),
    // The rest of an unread body would be parsed as the next request.
    ...(req.complete ? {} : { Connection: "close" }),
  };
}

function detailsOf({ details }: DomainError): { details?: DomainError["details"] } {
  return Object.keys(details).length > 0 ? { details } : {};
}

export function acceptsGzip(req: IncomingMessage): boolean {
  const header = String(req.headers["accept-encoding"] ?? "");
  return /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:\s*(?:,|$)))/.test(header);
}

/** Writes with back-pressure. False when the client has disconnected. */
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
