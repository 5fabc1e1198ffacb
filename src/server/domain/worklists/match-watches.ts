import type { SqlCtx, SqlTx, UserActor } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import { notify } from "../notices/index.ts";
import { casesOnView } from "../reading/index.ts";
import { listPolicy } from "./policy.ts";
import { visibleLists } from "./visible-lists.ts";

/** The organisations where somebody watches a list. For maintenance, which sees all of them. */
export async function orgsWithWatches(tx: SqlTx): Promise<string[]> {
  const rows = await tx.$queryRaw<{ orgId: string }[]>`SELECT DISTINCT org_id AS "orgId" FROM list_watch WHERE is_on`;
  return rows.map(({ orgId }) => orgId);
}

/**
 * Tells everybody of an organisation of the cases that came onto the lists they watch: once for each case and person,
 * which a key decides, also between two workers. The conditions are those of the lists themselves.
 *
 * @returns how many were told
 */
export async function matchWatches(ctx: SqlCtx): Promise<number> {
  const { tx } = ctx;
  const { orgId } = ctx.actor;
  const watchers = await tx.$queryRaw<Omit<UserActor, "kind" | "orgSlug" | "orgKind" | "sessionId">[]>`
    SELECT u.id AS "userId", u.org_id AS "orgId", u.roles::text[] AS roles, u.facility_ids AS "facilityIds", u.display_name AS "displayName", u.email
    FROM user_account u WHERE u.org_id = ${orgId}::uuid AND u.deactivated_at IS NULL
      AND EXISTS (SELECT 1 FROM list_watch w WHERE w.user_id = u.id AND w.is_on) ORDER BY u.id`;
  let told = 0;
  for (const watcher of watchers) {
    const actor: UserActor = { ...watcher, kind: "user", orgSlug: "", orgKind: "reading_group", sessionId: "" };
    // A right that ended ends what one is told by it.
    if (!listPolicy.can(actor, "list.use", null)) continue;
    const lists = await visibleLists(
      { ...ctx, actor },
      Prisma.sql`l.removed_at IS NULL AND EXISTS (SELECT 1 FROM list_watch w WHERE w.list_id = l.id AND w.user_id = ${actor.userId}::uuid AND w.is_on)`,
    );
    for (const { listId, view } of lists) {
      const fresh = await tx.$queryRaw<{ caseId: string }[]>`
        INSERT INTO list_alert (user_id, case_id, org_id, list_id)
        SELECT ${actor.userId}::uuid, seen.id, ${orgId}::uuid, ${listId}::uuid FROM (${casesOnView(actor, view)}) seen
        ON CONFLICT (user_id, case_id) DO NOTHING RETURNING case_id AS "caseId"`;
      for (const { caseId } of fresh)
        await notify(tx, {
          orgId,
          userIds: [actor.userId],
          kind: "list-alert",
          params: { listId, count: 1 },
          caseId,
          matter: `list-alert:${caseId}`,
        });
      told += fresh.length;
    }
  }
  return told;
}
