import { Agent, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream";
import { config } from "#server/config.ts";
import { clientAddress } from "./client-address.ts";

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
]);
/** Believed by Next when they come from inside; from outside they have opened pages past their checks (CVE-2025-29927). */
const internal = /^x-(middleware-|invoke-|forwarded-|matched-path$|real-ip$)/;

const agent = new Agent({ keepAlive: true, maxSockets: 256 });

/**
 * The headers that go on to Next. What the caller says about where it came from is replaced by what we see, unless a
 * proxy of the deployment's own stands before us.
 */
export function forwardedHeaders(req: IncomingMessage, keepUpgrade = false): IncomingHttpHeaders {
  const named = new Set((req.headers.connection ?? "").split(",").map((name) => name.trim().toLowerCase()));
  const headers: IncomingHttpHeaders = {};
  for (const [name, value] of Object.entries(req.headers))
    if (!hopByHop.has(name) && !named.has(name) && !internal.test(name)) headers[name] = value;
  if (keepUpgrade) Object.assign(headers, { connection: "upgrade", upgrade: req.headers.upgrade });
  const { behindProxy, publicUrl } = config().http;
  const given = (name: string) => (behindProxy ? [req.headers[name]].flat()[0] : undefined);
  headers["x-forwarded-for"] = clientAddress(req);
  headers["x-forwarded-host"] = given("x-forwarded-host") ?? req.headers.host ?? new URL(publicUrl).host;
  headers["x-forwarded-proto"] =
    given("x-forwarded-proto") ?? (behindProxy ? new URL(publicUrl).protocol.slice(0, -1) : "http");
  return headers;
}

/** Hands a request to Next and its answer back, both as streams. */
export function toWeb(req: IncomingMessage, res: ServerResponse): void {
  const upstream = request(
    {
      agent,
      host: "127.0.0.1",
      port: config().http.webPort,
      method: req.method,
      path: req.url,
      headers: forwardedHeaders(req),
    },
    (answer) => {
      const headers = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !hopByHop.has(name)));
      res.writeHead(answer.statusCode ?? 502, headers);
      // Errors on either side end both; there is nobody left to tell.
      pipeline(answer, res, () => {});
    },
  );
  upstream.once("error", () => {
    if (res.headersSent) {
      res.destroy();
      return;
    }
    res.writeHead(503, { "content-type": "text/plain; charset=utf-8", "retry-after": "2" });
    res.end("The portal's pages are starting or being restarted. Please try again in a moment.\n");
  });
  res.once("close", () => {
    if (!res.writableFinished) upstream.destroy();
  });
  pipeline(req, upstream, () => {});
}

/** Hands a WebSocket to Next: hot reload under `npm run dev`. */
export function upgradeToWeb(req: IncomingMessage, socket: Duplex, head: Buffer): void {
  const upstream = request({
    host: "127.0.0.1",
    port: config().http.webPort,
    method: req.method,
    path: req.url,
    headers: forwardedHeaders(req, true),
  });
  const close = () => {
    socket.destroy();
    upstream.destroy();
  };
  socket.once("error", close);
  upstream.once("error", close);
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
