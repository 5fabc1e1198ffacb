import { createHmac } from "node:crypto";
import { config } from "#server/config.ts";

/**
 * The AES-256 key (base64url) for one account's unsaved text in browsers. It is given to a live session only, so what a
 * closed window left on a shared computer cannot be read before the same person has signed in again.
 */
export function unsavedTextKey(userId: string): string {
  return createHmac("sha256", config().key("unsaved-words")).update(userId).digest("base64url");
}
