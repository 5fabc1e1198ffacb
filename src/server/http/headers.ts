import type { ServerResponse } from "node:http";
import { config } from "#server/config.ts";

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
