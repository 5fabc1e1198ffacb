import { isDeepStrictEqual } from "node:util";
import { DomainError } from "@overread/shared/errors";
import { Protocol } from "@overread/shared/hanging/protocol";
import { z } from "zod";
import type { Ctx, UserActor } from "#server/context.ts";
import type { ImportProfile } from "./inputs.ts";
import { SaveProtocol } from "./inputs.ts";
import { listProtocols } from "./list-protocols.ts";
import { orderProtocols } from "./order-protocols.ts";
import { asJson, unseal } from "./profile-seal.ts";
import { saveProtocol } from "./save-protocol.ts";

const Profile = z.object({ version: z.literal(1), protocols: z.array(z.unknown()).max(100) });

/** What came of a file. */
export type Imported = {
  /** Names of the protocols that are kept now. */
  kept: string[];
  /** How many were there already, each the same. */
  same: number;
  /** How many are of a newer release and cannot be read. */
  unread: number;
  /** Signed by this installation; one of another shows only that it was not changed since. */
  ours: boolean;
};

/**
 * Takes over the protocols of a signed profile as the caller's own, in their order, shared with nobody.
 *
 * @throws {DomainError} `hanging.altered-file`, `hanging.unreadable-file`, `hanging.too-many` (then none is kept), `auth.forbidden`
 */
export async function importProfile(ctx: Ctx<UserActor>, { file }: ImportProfile): Promise<Imported> {
  const kept = (await listProtocols(ctx)).filter(({ by }) => by === null);
  const { text, ours } = unseal(file);
  const { data } = Profile.safeParse(asJson(text));
  if (!data) throw new DomainError("hanging.unreadable-file");
  const read = data.protocols.flatMap((each) => Protocol.safeParse(each).data ?? []);
  const ids: string[] = [];
  const names: string[] = [];
  for (const each of read) {
    const { protocol } = SaveProtocol.parse({ isShared: false, protocol: each });
    const there = kept.find(({ protocol: { id: _, ...one } }) => isDeepStrictEqual(one, protocol));
    const { protocolId } = there ?? (await saveProtocol(ctx, { isShared: false, protocol }));
    if (!there) names.push(protocol.name);
    ids.push(protocolId);
  }
  if (ids.length > 0) await orderProtocols(ctx, { protocolIds: ids });
  return { kept: names, same: read.length - names.length, unread: data.protocols.length - read.length, ours };
}
