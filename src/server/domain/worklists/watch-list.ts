import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import { casesOnView } from "../reading/index.ts";
import type { WatchList } from "./inputs.ts";
import { listPolicy } from "./policy.ts";
import { visibleLists } from "./visible-lists.ts";

/** Of one person: each is looked through for him every few seconds. */
const mostWatched = 30;

/**
 * Whether the caller is told of each case that comes onto a list. What stands on it at this moment is no news.
 *
 * @throws {DomainError} `list.too-many-watched`, `resource.not-found`, `auth.forbidden`
 */
export async function watchList(ctx: Ctx<UserActor>, { listId, on }: WatchList): Promise<void> {
  const { tx, actor } = ctx;
  listPolicy.authorize(actor, "list.use", null);
  const [list] = await visibleLists(ctx, Prisma.sql`l.removed_at IS NULL AND l.id = ${listId}::uuid`);
  if (!list) throw new DomainError("resource.not-found");
  if (on) await requireRoom(ctx, listId);
  await tx.$executeRaw`
    INSERT INTO list_watch (list_id, user_id, org_id, is_on) VALUES (${listId}::uuid, ${actor.userId}::uuid, ${actor.orgId}::uuid, ${on})
    ON CONFLICT (list_id, user_id) DO UPDATE SET is_on = ${on}, since = clock_timestamp()`;
  if (on)
    await tx.$executeRaw`
      INSERT INTO list_alert (user_id, case_id, org_id, list_id, told)
      SELECT ${actor.userId}::uuid, seen.id, ${actor.orgId}::uuid, ${listId}::uuid, false FROM (${casesOnView(actor, list.view)}) seen
      ON CONFLICT (user_id, case_id) DO NOTHING`;
}

async function requireRoom({ tx, actor }: Ctx<UserActor>, listId: string): Promise<void> {
  const [row] = await tx.$queryRaw<[{ others: number }]>`
    SELECT count(*)::int AS others FROM list_watch w JOIN saved_list l ON l.id = w.list_id AND l.removed_at IS NULL
    WHERE w.user_id = ${actor.userId}::uuid AND w.is_on AND w.list_id <> ${listId}::uuid`;
  if (row.others >= mostWatched) throw new DomainError("list.too-many-watched");
}
