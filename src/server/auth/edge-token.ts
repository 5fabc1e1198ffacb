import type { TokenRequest, TokenResponse } from "@overread/shared/edge-contract/v1";
import { DomainError } from "@overread/shared/errors";
import { pool, prisma } from "#server/db/clients.ts";
import { appendAs } from "#server/domain/audit/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { issueEdgeToken } from "./api-token.ts";
import { clockSkewSeconds, verifyAssertion } from "./edge-assertion.ts";

type Edge = { orgId: string; facilityId: string; name: string; publicKey: string; revoked: boolean; now: Date };

/**
 * A bearer token for an edge router that proves its enrolled key. Each assertion works once.
 *
 * @throws {DomainError} `edge.assertion-invalid` (unknown router, wrong key, expired, used before); `edge.revoked`
 */
export async function exchangeAssertion({ edgeId, assertion }: TokenRequest): Promise<TokenResponse> {
  const { rows } = await pool("overread_auth").query<Edge>(
    `SELECT org_id AS "orgId", facility_id AS "facilityId", name, public_key AS "publicKey", revoked_at IS NOT NULL AS revoked, now() AS now
     FROM edge_router WHERE id = $1`,
    [edgeId],
  );
  const edge = rows[0];
  if (!edge) throw new DomainError("edge.assertion-invalid");
  const claims = verifyAssertion(assertion, { edgeId, publicKeyPem: edge.publicKey, now: edge.now });
  if (edge.revoked) {
    await recordRefusal(edge.orgId, edgeId, "revoked");
    throw new DomainError("edge.revoked");
  }
  const { rowCount } = await pool("overread_auth").query(
    "INSERT INTO edge_nonce (jti, expires_at) VALUES ($1, to_timestamp($2)) ON CONFLICT DO NOTHING",
    [`${edgeId}:${claims.jti}`, claims.exp + 2 * clockSkewSeconds],
  );
  if (rowCount === 0) {
    await recordRefusal(edge.orgId, edgeId, "replayed");
    throw new DomainError("edge.assertion-invalid");
  }
  // An expired assertion is refused anyway, so its id need not be stored longer.
  await pool("overread_auth").query("DELETE FROM edge_nonce WHERE expires_at < now()");
  return issueEdgeToken({ edgeId, ...edge });
}

async function recordRefusal(orgId: string, edgeId: string, reason: string): Promise<void> {
  await prisma("overread_auth").$transaction((tx) =>
    appendAs(tx, systemActor(orgId, "edge-enrollment"), {
      action: "access.refused",
      outcome: "refused",
      details: { edgeId, reason },
    }),
  );
}
