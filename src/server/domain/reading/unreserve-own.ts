import type { Ctx, UserActor } from "#server/context.ts";
import { clearReservation } from "./named-moves.ts";

/** Gives back the caller's own when it is skipped, which is audited and announced. */
export async function unreserveOwn({ actor, tx }: Ctx<UserActor>, caseId: string): Promise<void> {
  await tx.$executeRaw`UPDATE reading_case c SET updated_at = clock_timestamp() ${clearReservation}
    WHERE c.id = ${caseId}::uuid AND c.reserved_by_id = ${actor.userId}::uuid`;
}
