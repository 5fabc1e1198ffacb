import type { CaseView } from "@overread/shared/case-view";
import type { Ctx, UserActor } from "#server/context.ts";
import type { Role } from "#server/db/generated/enums.ts";
import { listPolicy } from "./policy.ts";
import { type ListRow, visibleLists } from "./visible-lists.ts";

export type SavedList = {
  listId: string;
  name: string;
  /** Null: the caller's own. */
  by: string | null;
  audience: ListRow["audience"];
  role: Role | null;
  groupId: string | null;
  pinned: boolean;
  version: number;
  view: CaseView;
  /** The caller is told of each case that comes onto it. */
  watched: boolean;
  can: { edit: boolean };
};

/** The caller's lists, and what lists can be made of and for whom. */
export async function listLists(ctx: Ctx<UserActor>): Promise<{
  lists: SavedList[];
  can: { share: boolean };
  groups: { groupId: string; name: string }[];
  facilities: { facilityId: string; name: string }[];
}> {
  const { tx, actor } = ctx;
  listPolicy.authorize(actor, "list.use", null);
  const lists = await visibleLists(ctx);
  const watched = await tx.listWatch.findMany({
    where: { userId: actor.userId, isOn: true },
    select: { listId: true },
  });
  const watches = new Set(watched.map(({ listId }) => listId));
  const share = listPolicy.can(actor, "list.share", null);
  const groups = share
    ? await tx.readerGroup.findMany({
        where: { removedAt: null },
        select: { id: true, name: true },
        orderBy: { name: "asc" },
      })
    : [];
  const facilities = await tx.$queryRaw<{ facilityId: string; name: string }[]>`
    SELECT f.id AS "facilityId", f.name FROM facility f WHERE (f.org_id = ${actor.orgId}::uuid
      AND (cardinality(${actor.facilityIds}::uuid[]) = 0 OR f.id = ANY(${actor.facilityIds}::uuid[])))
      OR EXISTS (SELECT 1 FROM contract c WHERE c.org_id = f.org_id AND c.reader_org_id = ${actor.orgId}::uuid AND coalesce(c.facility_id, f.id) = f.id)
    ORDER BY f.name, f.id LIMIT 500`;
  return {
    lists: lists.map(({ ownerId, ownerName, removed: _, ...row }) => ({
      ...row,
      by: ownerId === actor.userId ? null : (ownerName ?? ""),
      watched: watches.has(row.listId),
      can: { edit: mayEdit(actor, { ownerId, audience: row.audience }) },
    })),
    can: { share },
    groups: groups.map(({ id, name }) => ({ groupId: id, name })),
    facilities,
  };
}

/** One's own; and what is for others, by who may share. */
export const mayEdit = (actor: UserActor, { ownerId, audience }: Pick<ListRow, "ownerId" | "audience">): boolean =>
  ownerId === actor.userId || (audience !== "own" && listPolicy.can(actor, "list.share", null));
