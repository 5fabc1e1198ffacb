import { createHash, randomBytes } from "node:crypto";
import { DomainError } from "@overread/shared/errors";
import type { TokenActor } from "#server/context.ts";
import { pool } from "#server/db/clients.ts";
import { withMaintenance } from "#server/db/maintenance.ts";
import { appendAs } from "#server/domain/audit/index.ts";
import { systemActor } from "#server/system-actor.ts";

/** The scopes of API tokens. Edge routers get theirs by enrolment, with the scope `edge` in addition. */
export const tokenScopes = ["dicomweb:read", "dicomweb:write", "fhir:read", "metrics"] as const;
export type TokenScope = (typeof tokenScopes)[number];
const edgeScopes = ["dicomweb:read", "dicomweb:write", "edge"] as const;
const edgeTokenSeconds = 15 * 60;

/**
 * How long a looked-up token is cached. A revoked one is dropped at once where the process receives the notification
 * ({@link forgetTokens}); without it, this is the longest it still works.
 */
const cacheMs = 5_000;
const cacheLimit = 2_000;
const cache = new Map<string, { until: number; actor: Promise<TokenActor | null> }>();

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const newToken = () => `ovr_${randomBytes(32).toString("base64url")}`;

/**
 * Creates a token for a program of one organisation. The token is returned once; only its hash is stored.
 *
 * @param expiresAt null: until it is revoked.
 * @throws {DomainError} `org.not-found`
 */
export async function createApiToken(
  orgSlug: string,
  scopes: readonly TokenScope[],
  name: string,
  { expiresAt = null, actorName = "cli" }: { expiresAt?: Date | null; actorName?: string } = {},
): Promise<{ tokenId: string; token: string }> {
  const token = newToken();
  return withMaintenance(async (tx) => {
    const org = await tx.organization.findUnique({ where: { slug: orgSlug }, select: { id: true } });
    if (!org) throw new DomainError("org.not-found");
    const row = await tx.apiToken.create({
      data: { orgId: org.id, name, tokenSha256: sha256(token), scopes: [...scopes], expiresAt },
      select: { id: true },
    });
    await appendAs(tx, systemActor(org.id, actorName), {
      action: "token.create",
      details: { tokenId: row.id, scopes: scopes.join(" ") },
    });
    return { tokenId: row.id, token };
  });
}

/** Revokes a token. Idempotent. @returns whether it was valid. */
export async function revokeApiToken(tokenId: string, actorName: string): Promise<boolean> {
  return withMaintenance(async (tx) => {
    const [row] = await tx.$queryRaw<{ orgId: string }[]>`
      UPDATE api_token SET revoked_at = now() WHERE id = ${tokenId}::uuid AND revoked_at IS NULL RETURNING org_id::text AS "orgId"`;
    if (row) await appendAs(tx, systemActor(row.orgId, actorName), { action: "token.revoke", details: { tokenId } });
    return row !== undefined;
  });
}

/**
 * The actor of a bearer token; null when it is unknown, expired or revoked (at once with a notification, else within 5
 * s).
 */
export async function findToken(token: string): Promise<TokenActor | null> {
  const key = sha256(token);
  const known = cache.get(key);
  if (known && known.until > Date.now()) return known.actor;
  const actor = queryToken(key);
  // A burst of requests with one token makes one query; a failure is not cached.
  if (cache.size >= cacheLimit) cache.clear();
  cache.set(key, { until: Date.now() + cacheMs, actor });
  actor.catch(() => cache.delete(key));
  return actor;
}

/**
 * Drops all cached tokens. All, since a running look-up does not know its token's owner yet: each is registered before
 * it queries, so none that saw a right before its end outlasts the notification.
 */
export function forgetTokens(): void {
  cache.clear();
}

async function queryToken(tokenSha256: string): Promise<TokenActor | null> {
  const { rows } = await pool("overread_auth").query<Omit<TokenActor, "kind">>({
    name: "find-token",
    text: `SELECT t.id AS "tokenId", t.org_id AS "orgId", o.slug AS "orgSlug", t.scopes, t.name, t.edge_id AS "edgeId", t.facility_id AS "facilityId"
           FROM api_token t JOIN organization o ON o.id = t.org_id LEFT JOIN edge_router e ON e.id = t.edge_id
           WHERE t.token_sha256 = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now()) AND e.revoked_at IS NULL`,
    values: [tokenSha256],
  });
  return rows[0] ? { kind: "token", ...rows[0] } : null;
}

/**
 * A short-lived bearer token for an enrolled edge router that has proved its key. Rows of its expired tokens are
 * reused, so that a router leaves a handful of rows and not a hundred a day.
 */
export async function issueEdgeToken(edge: {
  edgeId: string;
  orgId: string;
  facilityId: string;
  name: string;
}): Promise<{ accessToken: string; expiresInSeconds: number }> {
  const accessToken = newToken();
  const values = [
    edge.orgId,
    edge.name,
    sha256(accessToken),
    [...edgeScopes],
    edge.edgeId,
    edge.facilityId,
    edgeTokenSeconds,
  ];
  await pool("overread_auth").query(
    `WITH reused AS (
       UPDATE api_token SET token_sha256 = $3, name = $2, created_at = now(), expires_at = now() + $7 * interval '1 second'
       WHERE id = (SELECT id FROM api_token WHERE edge_id = $5 AND revoked_at IS NULL AND expires_at < now() - interval '1 minute'
                   ORDER BY expires_at LIMIT 1 FOR UPDATE SKIP LOCKED)
       RETURNING id)
     INSERT INTO api_token (org_id, name, token_sha256, scopes, edge_id, facility_id, expires_at)
     SELECT $1, $2, $3, $4, $5, $6, now() + $7 * interval '1 second' WHERE NOT EXISTS (SELECT 1 FROM reused)`,
    values,
  );
  return { accessToken, expiresInSeconds: edgeTokenSeconds };
}
