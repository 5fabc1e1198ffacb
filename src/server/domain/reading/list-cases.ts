import type { Actor, Ctx } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import { audit } from "../audit/index.ts";
import { signed } from "./case-conditions.ts";
import { filterCondition } from "./case-filter.ts";
import { orderOf } from "./case-order.ts";
import { type CaseRow, selectCases, toWorklistItem } from "./case-rows.ts";
import { textCondition } from "./find-by-text.ts";
import { ListCases } from "./inputs.ts";
import { onList } from "./list-conditions.ts";
import { casePolicy } from "./policy.ts";
import type { Worklist, WorklistCounts, WorklistPage } from "./shapes.ts";
import { runningSkips } from "./skip-case.ts";

/**
 * One page of the worklist, most urgent first unless another order is asked for. Cancelled cases appear only when asked for.
 * Counts are of the caller's whole list, not of the filter.
 *
 * @throws {DomainError} `auth.forbidden`, `request.invalid` (an invalid cursor)
 */
export async function listCases(ctx: Ctx, input: ListCases): Promise<Worklist> {
  const page = await listMoreCases(ctx, input);
  const { nextDueAt, ...counts } = await countCases(ctx, scopeOf(ctx.actor));
  return { ...page, skips: await runningSkips(ctx), counts, nextDueAt: nextDueAt?.toISOString() ?? null };
}

/**
 * Another page of the same list, without what the first one says of the whole. A page lies between two positions, so
 * that it can be fetched again by itself while cases come and go before and after it.
 *
 * @throws {DomainError} `auth.forbidden`, `request.invalid` (an invalid cursor)
 */
export async function listMoreCases(ctx: Ctx, input: ListCases): Promise<WorklistPage> {
  const { actor, tx } = ctx;
  casePolicy.authorize(actor, "case.list", null);
  const { filter = {}, sort, cursor, until, limit } = ListCases.parse(input);
  const order = orderOf(sort);
  const where = [scopeOf(actor), stateCondition(filter)];
  if (filter.priority) where.push(Prisma.sql`c.priority = ${filter.priority}::"CasePriority"`);
  if (filter.facilityId) where.push(Prisma.sql`c.facility_id = ${filter.facilityId}::uuid`);
  if (filter.text?.trim()) where.push(await textCondition(ctx, filter.text.trim()));
  // A search among signed cases finds them at any age.
  if (filter.list === "final" && filter.text?.trim()) where.push(signed);
  else if (filter.list) where.push(onList(actor, filter.list));
  if (filter.mine) where.push(onList(actor, "mine"));
  if (filter.where) where.push(filterCondition(actor, filter.where));
  if (cursor) where.push(order.after(cursor));
  if (until) where.push(Prisma.sql`NOT ${order.after(until)}`);

  const rows = await tx.$queryRaw<CaseRow[]>`${selectCases} WHERE ${Prisma.join(where, " AND ")}
    ORDER BY ${order.orderBy} LIMIT ${limit + 1}`;
  const page = rows.slice(0, limit);
  await audit(ctx, { action: "case.list", details: { count: page.length, filtered: Object.keys(filter).length > 0 } });

  const last = page.at(-1);
  return {
    items: page.map((row) => toWorklistItem(actor, row)),
    nextCursor: last && rows.length > limit ? order.cursorOf(last) : null,
  };
}

/** The counts above the list. There are few open cases, however many were ever read. */
async function countCases({ actor, tx }: Ctx, scope: Prisma.Sql): Promise<WorklistCounts & { nextDueAt: Date | null }> {
  const [row] = await tx.$queryRaw<[WorklistCounts & { nextDueAt: Date | null }]>`
    SELECT open.unread, open.next, open."all", open.stat, open.arriving, open."nextDueAt", open.mine + late.mine AS mine, open.asked, signed.final FROM (
      SELECT count(*) FILTER (WHERE c.state = 'unread')::int AS unread,
        count(*) FILTER (WHERE ${onList(actor, "next")})::int AS next,
        count(*) FILTER (WHERE ${onList(actor, "all")})::int AS "all",
        count(*) FILTER (WHERE ${onList(actor, "stat")})::int AS stat,
        count(*) FILTER (WHERE ${onList(actor, "mine")})::int AS mine,
        count(*) FILTER (WHERE ${onList(actor, "asked")})::int AS asked,
        count(*) FILTER (WHERE c.state = 'arriving')::int AS arriving,
        min(c.due_at) FILTER (WHERE c.state = 'unread') AS "nextDueAt"
      FROM reading_case c WHERE ${scope} AND c.completed_at IS NULL) open,
    (SELECT count(*)::int AS mine FROM reading_case c WHERE ${scope} AND c.late_images > 0 AND c.completed_at IS NOT NULL AND ${onList(actor, "mine")}) late,
    (SELECT count(*)::int AS final FROM reading_case c WHERE ${scope} AND ${onList(actor, "final")}) signed`;
  return row;
}

/** The cases that the caller's roles may list. Row-level security applies in addition, but knows no roles. */
export function scopeOf(actor: Actor): Prisma.Sql {
  const sides = casePolicy.sides(actor, "case.list");
  const own: Prisma.Sql[] = [];
  if (sides.includes("reader")) own.push(Prisma.sql`c.reader_org_id = ${actor.orgId}::uuid`);
  if (sides.includes("hospital")) {
    const facilities = actor.kind === "user" ? actor.facilityIds : [];
    const within = facilities.length > 0 ? Prisma.sql`AND c.facility_id = ANY(${facilities}::uuid[])` : Prisma.empty;
    own.push(Prisma.sql`(c.org_id = ${actor.orgId}::uuid ${within})`);
  }
  return own.length > 0 ? Prisma.sql`(${Prisma.join(own, " OR ")})` : Prisma.sql`false`;
}

function stateCondition(filter: { state?: string[] | undefined }): Prisma.Sql {
  return filter.state ? Prisma.sql`c.state::text = ANY(${filter.state})` : Prisma.sql`c.state <> 'cancelled'`;
}
