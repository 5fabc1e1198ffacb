import type { IncomingMessage } from "node:http";
import { config } from "#server/config.ts";

/**
 * Where a request came from, for limits and logs. What a caller writes into `x-forwarded-for` is believed only behind a
 * proxy that the deployment names its own; of several entries the last is the one that proxy wrote.
 */
export function clientAddress(req: IncomingMessage): string {
  const forwarded = req.headers["x-forwarded-for"];
  if (config().http.behindProxy && typeof forwarded === "string") {
    const last = forwarded.split(",").at(-1)?.trim();
    if (last) return last;
  }
  return req.socket.remoteAddress ?? "unknown";
}
