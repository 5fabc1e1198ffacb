import type { IncomingHttpHeaders } from "node:http";
import { config } from "#server/config.ts";

/** Whether a POST comes from a page of ours, as browsers state it. A program that is no browser states nothing, but has no victim's cookie. */
export function isOwnPage({ origin, host, "sec-fetch-site": site }: IncomingHttpHeaders): boolean {
  if (site !== undefined && site !== "same-origin") return false;
  if (origin === undefined) return true;
  try {
    return new URL(origin).host === host || origin === new URL(config().http.publicUrl).origin;
  } catch {
    return false;
  }
}
