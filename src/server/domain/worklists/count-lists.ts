import type { Ctx, UserActor } from "#server/context.ts";
import { countViews } from "../reading/index.ts";
import { listPolicy } from "./policy.ts";
import { visibleLists } from "./visible-lists.ts";

/** More lists than this do not fit into the rail. */
const mostInRail = 30;

/** How many cases each list of the rail has, in one look at the cases. */
export async function countLists(ctx: Ctx<UserActor>): Promise<{ listId: string; count: number }[]> {
  listPolicy.authorize(ctx.actor, "list.use", null);
  const pinned = (await visibleLists(ctx)).filter((list) => list.pinned).slice(0, mostInRail);
  const counts = await countViews(
    ctx,
    pinned.map(({ view }) => view),
  );
  return pinned.map(({ listId }, index) => ({ listId, count: counts[index] ?? 0 }));
}
