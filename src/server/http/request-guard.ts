import type { IncomingMessage, ServerResponse } from "node:http";

/** Methods whose requests have no meaning for a body (RFC 9110 §9.3): one that has it all the same is up to something. */
const bodiless = new Set(["GET", "HEAD", "OPTIONS", "DELETE", "TRACE"]);
/** Headers that may stand once only: of two, one hop may believe the first and the next the second. */
const single = new Set(["host", "content-length", "transfer-encoding", "content-type", "authorization"]);

/** A path that leads to another one: every client goes it before it asks, and of two hops only one may (RFC 3986 §5.2.4). */
const winding = /\\|\/(\.|%2e){1,2}(\/|$)/i;

/** Whether the request announces a body, of whatever length. */
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) !== 0;

/**
 * Looks at how a request is framed before anything is done with it. What could be understood in two ways is refused and the
 * connection closed, so that no byte of it can be taken for the beginning of another request (RFC 9112 §11.2).
 *
 * @returns a reason for 400, or null for a request that can only be understood in one way.
 */
export function framingProblem(req: IncomingMessage): string | null {
  const { method = "", url = "", headers, rawHeaders } = req;
  // Absolute and authority forms are for proxies that we are not.
  if (!url.startsWith("/") || winding.test(url.split("?", 1)[0] as string)) return "target";
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

/** Answers in plain words and closes the connection: what is left of the request is nobody's next one. */
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

/** Requests with bodies that are being received at once, from one address and from all together. */
const mostPerAddress = 48;
const maxConcurrentBodies = 512;
const receiving = new Map<string, number>();
let together = 0;

export type Received = { body: Buffer } | { status: 408 | 413 | 429 | 503; text: string };

/**
 * Receives a small body whole, before anybody else is troubled with the request. It has a size, a time, and a place among those
 * being received; a sender that drips byte by byte holds up nobody but itself.
 *
 * @param limitBytes the most that is taken, whatever content-length says.
 * @returns what to answer instead where there is no whole body; null when the sender hung up.
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
