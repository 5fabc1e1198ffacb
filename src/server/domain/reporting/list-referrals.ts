import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import { audit } from "../audit/index.ts";
import { studyTextCondition, studyTextPatterns } from "../study-text.ts";
import { ListReferrals } from "./inputs.ts";
import { referralPolicy } from "./policy.ts";
import { type ReferralRow, selectReferrals, toReferralItem } from "./referral-rows.ts";
import type { Referrals } from "./shapes.ts";

/**
 * The studies that name the caller as referring physician, newest report first.
 *
 * @throws {DomainError} `auth.forbidden`, `request.invalid` (an invalid cursor)
 */
export async function listReferrals(ctx: Ctx<UserActor>, input: ListReferrals): Promise<Referrals> {
  const { actor, tx } = ctx;
  referralPolicy.authorize(actor, "referral.list", null);
  const { text, cursor, limit } = ListReferrals.parse(input);
  const mine = Prisma.sql`s.referrer_id = ${actor.userId}::uuid AND s.org_id = ${actor.orgId}::uuid AND s.number_of_instances > 0`;
  const where = [mine];
  if (text?.trim()) where.push(studyTextCondition("s", studyTextPatterns(text.trim())));
  if (cursor) where.push(afterCursor(cursor));
  const rows = await tx.$queryRaw<ReferralRow[]>`${selectReferrals(actor.userId)} WHERE ${Prisma.join(where, " AND ")}
    ORDER BY coalesce(v.signed_at, s.first_received_at) DESC, s.id DESC LIMIT ${limit + 1}`;
  const page = rows.slice(0, limit);
  const [counts] = await tx.$queryRaw<[{ unread: number }]>`
    SELECT count(*) FILTER (WHERE unread)::int AS unread FROM (${selectReferrals(actor.userId)} WHERE ${mine}) r`;
  await audit(ctx, { action: "referral.list", details: { count: page.length, filtered: Boolean(text?.trim()) } });
  const last = page.at(-1);
  return {
    items: page.map(toReferralItem),
    nextCursor: last && rows.length > limit ? cursorOf(last) : null,
    counts,
  };
}

const cursorOf = (row: ReferralRow): string =>
  Buffer.from(`${row.sortAt.getTime()}|${row.studyId}`).toString("base64url");

function afterCursor(cursor: string): Prisma.Sql {
  const match = /^(\d{1,15})\|([0-9a-f-]{36})$/.exec(Buffer.from(cursor, "base64url").toString());
  if (!match) throw new DomainError("request.invalid", { details: { fields: "cursor" } });
  return Prisma.sql`(coalesce(v.signed_at, s.first_received_at), s.id) < (${new Date(Number(match[1]))}::timestamptz, ${match[2]}::uuid)`;
}
