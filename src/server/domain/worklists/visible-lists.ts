import { CaseView } from "@overread/shared/case-view";
import type { SqlCtx, UserActor } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import type { ListAudience, Role } from "#server/db/generated/enums.ts";

export type ListRow = {
  listId: string;
  name: string;
  ownerId: string;
  ownerName: string | null;
  audience: ListAudience;
  role: Role | null;
  groupId: string | null;
  pinned: boolean;
  version: number;
  view: CaseView;
  removed: boolean;
};

/** The lists `l` of an organisation that a person sees: the own ones, and those that are for the person. */
const isFor = ({ userId, roles }: Pick<UserActor, "userId" | "roles">): Prisma.Sql => Prisma.sql`(
  l.owner_id = ${userId}::uuid OR l.audience = 'everybody' OR (l.audience = 'role' AND l.role::text = ANY(${roles as string[]}))
  OR (l.audience = 'group' AND EXISTS (SELECT 1 FROM reader_group g WHERE g.id = l.group_id AND g.removed_at IS NULL AND ${userId}::uuid = ANY(g.reader_ids))))`;

/** The lists that this person sees and that `which` holds for, by name. A list of an older release that cannot be read is left out. */
export async function visibleLists(
  { tx, actor }: SqlCtx<UserActor>,
  which: Prisma.Sql = Prisma.sql`l.removed_at IS NULL`,
): Promise<ListRow[]> {
  const rows = await tx.$queryRaw<(Omit<ListRow, "view"> & { view: unknown })[]>`
    SELECT l.id AS "listId", l.name, l.owner_id AS "ownerId", staff_name(l.owner_id) AS "ownerName", l.audience, l.role, l.group_id AS "groupId", l.pinned, l.version, l.view,
      l.removed_at IS NOT NULL AS removed
    FROM saved_list l WHERE l.org_id = ${actor.orgId}::uuid AND ${isFor(actor)} AND ${which} ORDER BY lower(l.name), l.id`;
  return rows.flatMap((row) => {
    const { data } = CaseView.safeParse(row.view);
    return data ? [{ ...row, view: data }] : [];
  });
}
