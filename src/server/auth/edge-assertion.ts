import { createPublicKey, verify } from "node:crypto";
import { ASSERTION_AUDIENCE } from "@overread/shared/edge-contract/v1";
import { DomainError } from "@overread/shared/errors";
import { z } from "zod";

const Claims = z.object({
  iss: z.uuid(),
  aud: z.literal(ASSERTION_AUDIENCE),
  iat: z.number().int(),
  exp: z.number().int(),
  jti: z.string().min(8).max(128),
});
export type AssertionClaims = z.infer<typeof Claims>;

const longestSeconds = 120;
/** How far an edge router's clock may be off. It can read the right time from the refusal's `Date` header. */
export const clockSkewSeconds = 60;

const json = (part: string): unknown => JSON.parse(Buffer.from(part, "base64url").toString("utf8"));

/**
 * Verifies an edge router's assertion, a compact JWS (RFC 7515) with EdDSA and Ed25519 (RFC 8037); no other algorithm
 * is accepted. The caller checks that its `jti` is new.
 *
 * @param publicKeyPem the enrolled key, SPKI.
 * @throws {DomainError} `edge.assertion-invalid`
 */
export function verifyAssertion(
  assertion: string,
  { edgeId, publicKeyPem, now }: { edgeId: string; publicKeyPem: string; now: Date },
): AssertionClaims {
  const refuse = (cause?: unknown) => new DomainError("edge.assertion-invalid", { cause });
  const parts = assertion.split(".");
  if (parts.length !== 3) throw refuse();
  const [header, payload, signature] = parts as [string, string, string];
  try {
    if ((json(header) as { alg?: unknown }).alg !== "EdDSA") throw refuse();
    const signed = Buffer.from(`${header}.${payload}`);
    if (!verify(null, signed, createPublicKey(publicKeyPem), Buffer.from(signature, "base64url"))) throw refuse();
    const claims = Claims.parse(json(payload));
    const seconds = now.getTime() / 1000;
    const timely = claims.iat <= seconds + clockSkewSeconds && claims.exp > seconds - clockSkewSeconds;
    const short = claims.exp > claims.iat && claims.exp - claims.iat <= longestSeconds;
    if (claims.iss !== edgeId || !timely || !short) throw refuse();
    return claims;
  } catch (error) {
    throw error instanceof DomainError ? error : refuse(error);
  }
}
