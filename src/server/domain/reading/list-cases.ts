import { DomainError } from "@overread/shared/errors";
import type { Actor, Ctx } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import { audit } from "../audit/index.ts";
import { signed } from "./case-conditions.ts";
import { type CaseRow, selectCases, toWorklistItem } from "./case-rows.ts";
import { textCondition } from "./find-by-text.ts";
import { ListCases } from "./inputs.ts";
import { onList } from "./list-conditions.ts";
import { casePolicy } from "./policy.ts";
import type { Worklist, WorklistCounts } from "./shapes.ts";
import { runningSkips } from "./skip-case.ts";

/**
 * One page of the worklist, most urgent first: score, due time, arrival. Cancelled cases appear only when asked for.
 * Counts are of the caller's whole list, not of the filter.
 *
 * @throws {DomainError} `auth.forbidden`, `request.invalid` (an invalid cursor)
 */
export async function listCases(ctx: Ctx, input: ListCases): Promise<Worklist> {
  const { actor, tx } = ctx;
  casePolicy.authorize(actor, "case.list", null);
  const { filter = {}, cursor, limit } = ListCases.parse(input);
  const scope = scopeOf(actor);
  const where = [scope, stateCondition(filter)];
  if (filter.priority) where.push(Prisma.sql`c.priority = ${filter.priority}::"CasePriority"`);
  if (filter.facilityId) where.push(Prisma.sql`c.facility_id = ${filter.facilityId}::uuid`);
  if (filter.text?.trim()) where.push(await textCondition(ctx, filter.text.trim()));
  // A search among signed cases finds them at any age.
  if (filter.list === "final" && filter.text?.trim()) where.push(signed);
  else if (filter.list) where.push(onList(actor, filter.list));
  if (filter.mine) where.push(onList(actor, "mine"));
  if (cursor) where.push(afterCursor(cursor));

  const rows = await tx.$queryRaw<CaseRow[]>`${selectCases} WHERE ${Prisma.join(where, " AND ")}
    ORDER BY c.priority_score DESC, c.due_at, c.created_at, c.id LIMIT ${limit + 1}`;
  const page = rows.slice(0, limit);
  const { nextDueAt, ...counts } = await countCases(ctx, scope);
  await audit(ctx, { action: "case.list", details: { count: page.length, filtered: Object.keys(filter).length > 0 } });

  const last = page.at(-1);
  return {
    items: page.map((row) => toWorklistItem(actor, row)),
    skips: await runningSkips(ctx),
    nextCursor: last && rows.length > limit ? cursorOf(last) : null,
    counts,
    nextDueAt: nextDueAt?.toISOString() ?? null,
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
function scopeOf(actor: Actor): Prisma.Sql {
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

/** The position after a row, as opaque text without patient data. */
function cursorOf(row: CaseRow): string {
  const position = [row.priorityScore, row.dueAt.getTime(), row.createdAt.getTime(), row.caseId];
  return Buffer.from(position.join("|")).toString("base64url");
}

function afterCursor(cursor: string): Prisma.Sql {
  const match = /^(-?\d{1,9})\|(\d{1,15})\|(\d{1,15})\|([0-9a-f-]{36})$/.exec(
    Buffer.from(cursor, "base64url").toString(),
  );
  if (!match) throw new DomainError("request.invalid", { details: { fields: "cursor" } });
  const [score, due, created] = [Number(match[1]), new Date(Number(match[2])), new Date(Number(match[3]))];
  return Prisma.sql`(-c.priority_score, c.due_at, c.created_at, c.id) > (${-score}::int, ${due}::timestamptz, ${created}::timestamptz, ${match[4]}::uuid)`;
}
