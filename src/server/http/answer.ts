import type { IncomingMessage, ServerResponse } from "node:http";
import { DomainError } from "@overread/shared/errors";
import type { z } from "zod";
import { config } from "#server/config.ts";
import { errorTable, toDomainError } from "#server/errors.ts";
import type { Log } from "#server/log.ts";
import { sayOutage } from "#server/outage.ts";

/** What no answer of this origin lacks, whoever made it: pages, sign-in, built files, images. */
export function commonHeaders(): Record<string, string> {
  return {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-resource-policy": "same-origin",
    ...(config().session.secureCookies ? { "strict-transport-security": "max-age=31536000" } : {}),
  };
}

/** What is data and no page runs nothing, is framed by nobody and kept nowhere, unless it says otherwise. */
export const dataHeaders = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cache-control": "no-store",
};

/** What every answer of this process carries. */
export function secure(res: ServerResponse): void {
  for (const [name, value] of Object.entries({ ...commonHeaders(), ...dataHeaders })) res.setHeader(name, value);
}

export function sendJson(res: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  res.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(text),
  });
  res.end(text);
}

/**
 * Answers with an error: its code, its safe details, a status from the table. What is unknown goes to the log
 * and leaves as `internal`.
 */
export function sendError(res: ServerResponse, error: unknown, log: Log): void {
  const known = toDomainError(error);
  const { http, retry } = errorTable[known.code];
  sayOutage(log, known);
  if (http >= 500 && http !== 503 && http !== 507)
    log.error({ err: known.cause ?? known, code: known.code }, "request failed");
  if (res.headersSent || res.writableEnded) {
    res.destroy();
    return;
  }
  if (http === 401) res.setHeader("www-authenticate", "Bearer");
  // What was not read of a body is not waited for.
  if (http === 413) res.setHeader("connection", "close");
  if (http === 429) res.setHeader("retry-after", String(known.details.retryAfterSeconds ?? 60));
  else if (http >= 500 && retry === "yes") res.setHeader("retry-after", "5");
  sendJson(res, http, { error: { code: known.code, message: known.code, ...details(known) } });
}

function details(error: DomainError): { details?: DomainError["details"] } {
  return Object.keys(error.details).length > 0 ? { details: error.details } : {};
}

/**
 * Reads a small JSON body.
 *
 * @param limitBytes the most that is read, whatever content-length says.
 * @throws {DomainError} `request.too-large`, `request.unsupported-media-type`, `request.invalid` naming the fields
 */
export async function readJson<S extends z.ZodType>(
  req: IncomingMessage,
  schema: S,
  limitBytes: number,
): Promise<z.output<S>> {
  const type = (req.headers["content-type"] ?? "").split(";", 1)[0]!.trim().toLowerCase();
  if (type !== "application/json") throw new DomainError("request.unsupported-media-type");
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limitBytes) throw new DomainError("request.too-large");
    chunks.push(chunk);
  }
  let value: unknown;
  try {
    value = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch (cause) {
    throw new DomainError("request.invalid", { cause });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const fields = [...new Set(parsed.error.issues.map((issue) => issue.path.join(".") || "body"))].join(", ");
  throw new DomainError("request.invalid", { details: { fields: fields.slice(0, 500) } });
}
