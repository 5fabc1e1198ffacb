import type { Ctx, UserActor } from "#server/context.ts";
import { listProtocols } from "./list-protocols.ts";
import { seal } from "./profile-seal.ts";

/**
 * What a reader takes along to the next group: his protocols in their order, in a signed file. It names no person, no hospital and no patient.
 *
 * @throws {DomainError} `auth.forbidden`
 */
export async function exportProfile(ctx: Ctx<UserActor>): Promise<{ file: string }> {
  const kept = await listProtocols(ctx);
  const protocols = kept.flatMap(({ by, protocol: { id: _, ...protocol } }) => (by === null ? [protocol] : []));
  return { file: seal(JSON.stringify({ version: 1, exportedAt: new Date(ctx.now).toISOString(), protocols })) };
}
