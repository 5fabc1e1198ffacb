import { type KeyObject, randomUUID, sign } from "node:crypto";
import { ASSERTION_AUDIENCE } from "@overread/shared/edge-contract/v1";

const lifetimeSeconds = 100;

/**
 * Proves to the portal that we hold the enrolled key: a compact JWS for one use.
 *
 * @param nowMs by the portal's clock, as well as we know it.
 * @see RFC 7515, RFC 8037 (EdDSA), RFC 7523
 */
export function makeAssertion(edgeId: string, privateKey: KeyObject, nowMs: number): string {
  const issuedAt = Math.floor(nowMs / 1000);
  const claims = {
    iss: edgeId,
    sub: edgeId,
    aud: ASSERTION_AUDIENCE,
    iat: issuedAt,
    exp: issuedAt + lifetimeSeconds,
    jti: randomUUID(),
  };
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${encode({ alg: "EdDSA", typ: "JWT" })}.${encode(claims)}`;
  return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString("base64url")}`;
}
