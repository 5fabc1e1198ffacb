import type { IncomingMessage } from "node:http";
import { config } from "#server/config.ts";

/**
 * The source address of a request, for limits and logs. `x-forwarded-for` is trusted only behind a proxy that the
 * deployment configured; of several entries the last is the one that proxy wrote.
 */
export function clientAddress(req: IncomingMessage): string {
  const forwarded = req.headers["x-forwarded-for"];
  if (config().http.behindProxy && typeof forwarded === "string") {
    const last = forwarded.split(",").at(-1)?.trim();
    if (last) return last;
  }
  return req.socket.remoteAddress ?? "unknown";
}
