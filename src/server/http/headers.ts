import type { ServerResponse } from "node:http";
import { config } from "#server/config.ts";

/** Headers of every answer of this origin: pages, sign-in, static files, images. */
export function commonHeaders(): Record<string, string> {
  return {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-resource-policy": "same-origin",
    ...(config().session.secureCookies ? { "strict-transport-security": "max-age=31536000" } : {}),
  };
}

/** Default headers of non-page answers: no scripts, no framing, no caching. */
export const dataHeaders = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cache-control": "no-store",
};

/** Headers that every answer of this process gets. */
export function secure(res: ServerResponse): void {
  for (const [name, value] of Object.entries({ ...commonHeaders(), ...dataHeaders })) res.setHeader(name, value);
}
