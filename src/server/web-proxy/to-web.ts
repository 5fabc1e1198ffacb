import { Agent, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream";
import { config } from "#server/config.ts";
import { clientAddress } from "#server/http/client-address.ts";
import { commonHeaders, dataHeaders } from "#server/http/headers.ts";
import type { Exchange } from "#server/http/protocol.ts";
import { reachedHost } from "#server/http/reached-host.ts";
import { packSoon, sendPacked } from "./packed-files.ts";

/**
 * Hop-by-hop headers, which are not forwarded. A request's own `Connection` adds nothing: it must not remove framing or
 * naming headers.
 */
const hopByHop = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
]);
/** Next trusts these when they come from inside; from outside they have bypassed checks (CVE-2025-29927). */
const internal = /^(x-(middleware-|invoke-|forwarded-|matched-path$|real-ip$|vercel-|now-)|forwarded$)/;
/** For requests without a body: their framing is unambiguous, so connections are reused. */
const agent = new Agent({ keepAlive: true, maxSockets: 256 });

/**
 * The headers forwarded to Next. What the caller claims about its origin is replaced by what we see, unless the
 * deployment's own proxy stands before us.
 */
function forwardedHeaders(req: IncomingMessage): IncomingHttpHeaders {
  const headers: IncomingHttpHeaders = {};
  for (const [name, value] of Object.entries(req.headers))
    if (!hopByHop.has(name) && !internal.test(name) && name !== "content-length") headers[name] = value;
  const { behindProxy, publicUrl } = config().http;
  const given = (name: string) => (behindProxy ? [req.headers[name]].flat()[0] : undefined);
  headers["x-forwarded-for"] = clientAddress(req);
  headers.host = reachedHost(req) ?? new URL(publicUrl).host;
  headers["x-forwarded-host"] = headers.host;
  headers["x-forwarded-proto"] =
    given("x-forwarded-proto") ?? (behindProxy ? new URL(publicUrl).protocol.slice(0, -1) : "http");
  return headers;
}

/**
 * Proxies a request to Next and its answer back.
 *
 * A body has been received completely and is forwarded with its counted length, over a connection that serves this one
 * request: nothing that a sender writes can be parsed as another request, nor its answer be taken for another's.
 */
export function toWeb({ req, res, body }: Exchange): void {
  if (!sendPacked(req, res)) ask(req, res, body);
}

function ask(req: IncomingMessage, res: ServerResponse, body: Buffer | null, retried = false): void {
  const headers = forwardedHeaders(req);
  if (body || req.method === "POST") headers["content-length"] = String(body?.length ?? 0);
  const upstream = request(
    {
      agent: body ? false : agent,
      host: "127.0.0.1",
      port: config().http.webPort,
      method: req.method,
      path: req.url,
      headers,
    },
    (answer) => {
      const sent = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !hopByHop.has(name)));
      // Static files are cacheable, and a worker script carries its own policy: the pages' policy decides what may run.
      const own = req.url?.startsWith("/api/") ? { ...commonHeaders(), ...dataHeaders } : commonHeaders();
      res.writeHead(answer.statusCode ?? 502, { ...own, ...sent });
      if (answer.statusCode === 200) packSoon(req.url ?? "", answer.headers);
      // An error on either side ends both.
      pipeline(answer, res, () => {});
    },
  );
  upstream.once("error", (error: NodeJS.ErrnoException) => {
    if (res.headersSent || res.destroyed) {
      res.destroy();
      return;
    }
    // Next closed an idle connection just as it was reused: it has not seen the request.
    if (!body && upstream.reusedSocket && error.code === "ECONNRESET" && !retried && req.method !== "POST")
      return ask(req, res, body, true);
    res.writeHead(503, { ...commonHeaders(), "content-type": "text/plain; charset=utf-8", "retry-after": "2" });
    res.end("The portal's pages are starting or being restarted. Please try again in a moment.\n");
  });
  res.once("close", () => {
    // A connection whose answer was not read to its end is not reused.
    if (!res.writableFinished) upstream.destroy();
  });
  upstream.end(body ?? undefined);
}

/** Proxies a WebSocket to Next: hot reload under `npm run dev`. Pages have none otherwise. */
export function upgradeToWeb(req: IncomingMessage, socket: Duplex, head: Buffer): void {
  if (config().nodeEnv !== "development") {
    socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    return;
  }
  const upstream = request({
    host: "127.0.0.1",
    port: config().http.webPort,
    method: "GET",
    path: req.url,
    headers: { ...forwardedHeaders(req), connection: "upgrade", upgrade: req.headers.upgrade },
    timeout: 10_000,
  });
  const close = () => {
    socket.destroy();
    upstream.destroy();
  };
  socket.once("error", close);
  upstream.once("error", close);
  upstream.once("timeout", close);
  upstream.once("response", close); // Next declined
  upstream.once("upgrade", (answer, upstreamSocket, upstreamHead) => {
    const lines = [`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}`];
    for (let i = 0; i < answer.rawHeaders.length; i += 2)
      lines.push(`${answer.rawHeaders[i]}: ${answer.rawHeaders[i + 1]}`);
    socket.write(`${lines.join("\r\n")}\r\n\r\n`);
    if (upstreamHead.length > 0) socket.write(upstreamHead);
    if (head.length > 0) upstreamSocket.write(head);
    pipeline(socket, upstreamSocket, () => {});
    pipeline(upstreamSocket, socket, () => {});
  });
  upstream.end();
}
