import { type NoticeSaid, readNotice } from "@overread/shared/notices";
import type { Ctx, UserActor } from "#server/context.ts";

/** One notice of the caller's. */
export type NoticeView = NoticeSaid & {
  noticeId: string;
  caseId: string | null;
  at: Date;
  /** Null: nobody has said that it is seen. */
  acknowledged: { at: Date; by: string; byMe: boolean } | null;
  /** Nothing is to be done any more: the case is signed or withdrawn, or what was asked is answered. What an over-read found is to be seen all the same. */
  over: boolean;
};

type Row = {
  noticeId: string;
  kind: string;
  params: unknown;
  caseId: string | null;
  at: Date;
  acknowledgedAt: Date | null;
  acknowledgedBy: string | null;
  byMe: boolean;
  over: boolean;
};

/** How many are listed, newest first; older ones that nobody acknowledged are counted all the same. */
const listed = 30;

/** The caller's notices of the last weeks, newest first, and how many of them wait to be seen. */
export async function listNotices({ actor, tx }: Ctx<UserActor>): Promise<{ waiting: number; items: NoticeView[] }> {
  const rows = await tx.$queryRaw<(Row & { waiting: number })[]>`
    SELECT n.id::text AS "noticeId", n.kind, n.params, n.case_id::text AS "caseId", n.at, n.acknowledged_at AS "acknowledgedAt",
      staff_name(n.acknowledged_by_id) AS "acknowledgedBy", coalesce(n.acknowledged_by_id = n.user_id, false) AS "byMe",
      x.over, (count(*) FILTER (WHERE n.acknowledged_at IS NULL AND NOT x.over) OVER ())::int AS waiting
    FROM notice n LEFT JOIN reading_case c ON c.id = n.case_id
    CROSS JOIN LATERAL (SELECT (n.kind <> 'over-read-differs' AND coalesce(c.state IN ('final', 'amended', 'cancelled'), false))
      OR (n.kind = 'question-open' AND c.question_state IS DISTINCT FROM 'question') AS over) x
    WHERE n.user_id = ${actor.userId}::uuid AND n.at > now() - interval '30 days'
    ORDER BY n.at DESC, n.id DESC LIMIT ${listed}`;
  return {
    waiting: rows[0]?.waiting ?? 0,
    items: rows.flatMap(({ noticeId, kind, params, caseId, at, acknowledgedAt, acknowledgedBy, byMe, over }) => {
      const said = readNotice(kind, params);
      if (!said) return [];
      const acknowledged = acknowledgedAt ? { at: acknowledgedAt, by: acknowledgedBy ?? "", byMe } : null;
      return [{ ...said, noticeId, caseId, at, acknowledged, over }];
    }),
  };
}
