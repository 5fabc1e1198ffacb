import { randomUUID } from "node:crypto";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { actorFromRequest } from "#server/auth/actor-from-request.ts";
import { prove } from "#server/auth/proof/index.ts";
import { config } from "#server/config.ts";
import type { Actor } from "#server/context.ts";
import { errorTable, toDomainError } from "#server/errors.ts";
import { createLog, type Log } from "#server/log.ts";
import { logOutage } from "#server/outage.ts";
import { appRouter } from "./root.ts";

export const trpcEndpoint = "/api/trpc";
/** The largest request: a report with every section full. Bytes. */
const largestBody = 2 * 1024 * 1024;
/** Procedures per batch request. */
const largestBatch = 12;
/** Retry-After for temporary failures. Seconds. */
const comeBack = { "Retry-After": "2" };

let log: Log | undefined;

/**
 * tRPC over HTTP: queries by GET or POST (a search that contains a name belongs in the body, not in a URL), mutations
 * by POST. The session cookie identifies the caller; a cross-site POST is refused before anything is read.
 */
export async function handleTrpcRequest(request: Request): Promise<Response> {
  if (request.method !== "GET" && request.method !== "POST") return refuse("request.invalid", 405);
  if (request.method === "POST" && !isSameOrigin(request)) return refuse("auth.forbidden");
  let body: ArrayBuffer | undefined;
  if (request.method === "POST") {
    const read = await readBody(request);
    if (!read) return refuse("request.too-large");
    body = read;
  }
  // An automatic refresh is no activity of a person.
  const touch = request.headers.get("x-overread-unattended") === null;
  const requestId = randomUUID();
  // Set by the front door, whatever the caller sent.
  const address = request.headers.get("x-forwarded-for")?.split(",").at(-1)?.trim() || "unknown";
  log ??= createLog("web", config().log.level);
  const lines = log;
  let actor: Actor | null;
  try {
    actor = await actorFromRequest({ headers: Object.fromEntries(request.headers) }, { touch });
  } catch (error) {
    const known = toDomainError(error);
    logOutage(lines, known, { requestId });
    if (known.code !== "server.busy") throw error;
    return refuse("server.busy");
  }
  return fetchRequestHandler({
    endpoint: trpcEndpoint,
    req: new Request(request.url, { method: request.method, headers: request.headers, ...(body ? { body } : {}) }),
    router: appRouter,
    allowMethodOverride: true,
    maxBatchSize: largestBatch,
    createContext: () => ({ actor, requestId, address, prove }),
    responseMeta: ({ errors }) => ({
      headers: new Headers({
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        ...(errors.some(({ code }) => code === "SERVICE_UNAVAILABLE") ? comeBack : {}),
      }),
    }),
    onError({ error, path }) {
      logOutage(lines, toDomainError(error), { requestId });
      if (error.code !== "INTERNAL_SERVER_ERROR") return;
      lines.error({ err: error, requestId, procedure: path }, "a procedure failed");
    },
  });
}

/**
 * Browsers state the origin of a POST; a cross-site one is refused (CSRF). A program that is no browser sends neither
 * header, but cannot have a victim's cookie.
 */
function isSameOrigin(request: Request): boolean {
  const site = request.headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin" && site !== "none") return false;
  const origin = request.headers.get("origin");
  if (origin === null) return true;
  // Behind the front door the request's own URL names the loopback address of Next.
  const host = request.headers.get("x-forwarded-host") ?? request.headers.get("host");
  try {
    return new URL(origin).host === host || origin === new URL(config().http.publicUrl).origin;
  } catch {
    return false;
  }
}

/** The body, or null as soon as it is too large; its declared length is not trusted. */
async function readBody(request: Request): Promise<ArrayBuffer | null> {
  if (Number(request.headers.get("content-length") ?? 0) > largestBody) return null;
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of request.body ?? []) {
    size += part.byteLength;
    if (size > largestBody) return null;
    parts.push(part);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole.buffer;
}

function refuse(
  appCode: "auth.forbidden" | "request.too-large" | "request.invalid" | "server.busy",
  status?: number,
): Response {
  const { http, trpc } = errorTable[appCode];
  return Response.json(
    {
      error: { message: appCode, code: -32600, data: { code: trpc, httpStatus: status ?? http, appCode, details: {} } },
    },
    { status: status ?? http, headers: { "Cache-Control": "no-store", ...(http === 503 ? comeBack : {}) } },
  );
}
