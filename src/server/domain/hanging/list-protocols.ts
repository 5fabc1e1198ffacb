import { Protocol } from "@overread/shared/hanging/protocol";
import type { Ctx, UserActor } from "#server/context.ts";
import { hangingPolicy } from "./policy.ts";

export type KeptProtocol = {
  protocolId: string;
  version: number;
  isShared: boolean;
  /** Null: the caller's own. */
  by: string | null;
  protocol: Protocol;
  can: { edit: boolean; remove: boolean };
};

/**
 * The caller's hanging protocols in his order, then those that colleagues share, by name. One of a newer release that this one cannot read is left out.
 *
 * @throws {DomainError} `auth.forbidden`
 */
export async function listProtocols(ctx: Ctx<UserActor>): Promise<KeptProtocol[]> {
  const { tx, actor } = ctx;
  hangingPolicy.authorize(actor, "protocol.use", null);
  const rows = await tx.$queryRaw<
    { id: string; ownerId: string; ownerName: string | null; isShared: boolean; version: number; document: unknown }[]
  >`
    SELECT p.id::text, p.owner_id::text AS "ownerId", staff_name(p.owner_id) AS "ownerName", p.is_shared AS "isShared", p.version, p.document
    FROM hanging_protocol p WHERE p.org_id = ${actor.orgId}::uuid AND p.removed_at IS NULL AND (p.is_shared OR p.owner_id = ${actor.userId}::uuid)
    ORDER BY p.owner_id <> ${actor.userId}::uuid, CASE WHEN p.owner_id = ${actor.userId}::uuid THEN p.place END, lower(p.document->>'name'), p.id`;
  return rows.flatMap(({ id, ownerId, ownerName, isShared, version, document }) => {
    const { data } = Protocol.safeParse(document);
    if (!data) return [];
    const own = ownerId === actor.userId;
    return [
      {
        protocolId: id,
        version,
        isShared,
        by: own ? null : (ownerName ?? ""),
        protocol: { ...data, id },
        can: { edit: own, remove: own || hangingPolicy.can(actor, "protocol.remove-shared", null) },
      },
    ];
  });
}
