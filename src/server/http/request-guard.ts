import type { IncomingMessage, ServerResponse } from "node:http";

/** Methods whose requests have no defined body (RFC 9110 §9.3); a body is treated as request smuggling. */
const bodiless = new Set(["GET", "HEAD", "OPTIONS", "DELETE", "TRACE"]);
/** Headers that may occur once only: of two, one hop might use the first and the next hop the second. */
const single = new Set(["host", "content-length", "transfer-encoding", "content-type", "authorization"]);

/** A path with dot segments or backslashes: clients normalise such a path, and of two hops only one may (RFC 3986 §5.2.4). */
const dotSegments = /\\|\/(\.|%2e){1,2}(\/|$)/i;

/** Whether the request announces a body, of any length. */
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) !== 0;

/**
 * Checks a request's framing before anything else. An ambiguous request is refused and the connection closed, so that
 * no byte of it can be parsed as another request (RFC 9112 §11.2).
 *
 * @returns a reason for 400, or null for an unambiguous request.
 */
export function framingProblem(req: IncomingMessage): string | null {
  const { method = "", url = "", headers, rawHeaders } = req;
  // Absolute and authority form are for forward proxies.
  if (!url.startsWith("/") || dotSegments.test(url.split("?", 1)[0] as string)) return "target";
  const seen = new Set<string>();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase();
    if (single.has(name) && seen.has(name)) return `two ${name} headers`;
    seen.add(name);
  }
  const coding = headers["transfer-encoding"];
  if (coding !== undefined && (coding.toLowerCase() !== "chunked" || headers["content-length"] !== undefined))
    return "transfer-encoding";
  if (headers["content-length"] !== undefined && !/^\d{1,15}$/.test(headers["content-length"])) return "content-length";
  if (bodiless.has(method) && hasBody(req)) return `a body with ${method}`;
  return null;
}

/** Answers in plain text and closes the connection, so that the remaining bytes are not parsed as a request. */
export function refuseAndClose(res: ServerResponse, status: number, text: string): void {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  res.writeHead(status, {
    "content-type": "text/plain; charset=utf-8",
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    connection: "close",
  });
  res.end(text);
}

/** Limits on bodies being received at the same time, per address and in total. */
const mostPerAddress = 48;
const maxConcurrentBodies = 512;
const receiving = new Map<string, number>();
let together = 0;

export type Received = { body: Buffer } | { status: 408 | 413 | 429 | 503; text: string };

/**
 * Receives a small body completely before it is passed on. Size, time and concurrency are limited; a sender that drips
 * byte by byte holds up nobody else.
 *
 * @param limitBytes the most that is accepted, whatever content-length says.
 * @returns what to answer instead where the body is incomplete; null when the sender disconnected.
 */
export async function receiveBody(
  req: IncomingMessage,
  { address, limitBytes, timeoutMs }: { address: string; limitBytes: number; timeoutMs: number },
): Promise<Received | null> {
  if (Number(req.headers["content-length"] ?? 0) > limitBytes) return tooLarge;
  const own = receiving.get(address) ?? 0;
  if (own >= mostPerAddress) return { status: 429, text: "Too many requests at once from this address.\n" };
  if (together >= maxConcurrentBodies) return { status: 503, text: "Too many requests at once. Please try again.\n" };
  receiving.set(address, own + 1);
  together++;
  try {
    return await readWhole(req, limitBytes, timeoutMs);
  } finally {
    together--;
    const left = (receiving.get(address) ?? 1) - 1;
    if (left > 0) receiving.set(address, left);
    else receiving.delete(address);
  }
}
const tooLarge: Received = { status: 413, text: "The request is larger than any of ours.\n" };

function readWhole(req: IncomingMessage, limitBytes: number, timeoutMs: number): Promise<Received | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const done = (result: Received | null): void => {
      clearTimeout(timer);
      req.off("data", onData).off("end", onEnd).off("close", onClose).off("error", onClose);
      resolve(result);
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > limitBytes) done(tooLarge);
      else chunks.push(chunk);
    };
    const onEnd = (): void => done({ body: Buffer.concat(chunks, size) });
    const onClose = (): void => done(null);
    const timer = setTimeout(() => done({ status: 408, text: "The request did not arrive in time.\n" }), timeoutMs);
    req.on("data", onData).on("end", onEnd).on("close", onClose).on("error", onClose);
  });
}
