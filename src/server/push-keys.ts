import { createECDH, createHash } from "node:crypto";
import { config } from "./config.ts";

/** How push services know this portal (VAPID, RFC 8292): a P-256 key pair in base64url. */
export type PushKeys = { publicKey: string; privateKey: string };

/**
 * The portal's own pair, derived from the process key `push` like all keys: with the master secret it changes, and browsers that subscribed before
 * have to do it again.
 */
export function pushKeys(seed = config().key("push")): PushKeys {
  // Nearly every 256-bit number is a private key of the curve; one that is none is passed over.
  for (
    let scalar = createHash("sha256").update(seed).digest();
    ;
    scalar = createHash("sha256").update(scalar).digest()
  ) {
    const pair = createECDH("prime256v1");
    try {
      pair.setPrivateKey(scalar);
    } catch {
      continue;
    }
    return { publicKey: pair.getPublicKey().toString("base64url"), privateKey: scalar.toString("base64url") };
  }
}
