import { isSeenForAll, type NoticeKind, type NoticeParams, noticeKinds } from "@overread/shared/notices";
import type { SqlTx } from "#server/context.ts";
import { publish } from "#server/live/publish.ts";
import { recordNoticeDeliveries } from "./channels/record-deliveries.ts";

/** Something that people of one organisation are told. */
export type News<K extends NoticeKind = NoticeKind> = {
  /** The organisation of the people, which is the transaction's. */
  orgId: string;
  userIds: readonly string[];
  kind: K;
  params: NoticeParams<K>;
  /** The case that it is about; the only thing of a patient's that a notice knows. */
  caseId?: string | null;
  /** Names what happened, by ids and codes: nobody is told twice of one matter. */
  matter: string;
};

/**
 * Tells people something, in the transaction of what they are told of: they are told if and only if it commits. Idempotent: whoever was told
 * of the matter is not told again, which a unique index decides, also between two that come together.
 *
 * Accounts that are closed, or of another organisation, are passed over.
 *
 * @returns the notices that are new.
 * @throws {ZodError} parameters that are not of the kind's form
 */
export async function notify<K extends NoticeKind>(
  tx: SqlTx,
  { orgId, userIds, kind, params, caseId = null, matter }: News<K>,
): Promise<{ noticeId: string; userId: string }[]> {
  const said = noticeKinds[kind].parse(params);
  if (userIds.length === 0) return [];
  // What was acknowledged for all is old news for who joins later.
  const told = await tx.$queryRaw<{ noticeId: string; userId: string }[]>`
    INSERT INTO notice (org_id, user_id, kind, params, case_id, matter)
    SELECT u.org_id, u.id, ${kind}, ${JSON.stringify(said)}::jsonb, ${caseId}::uuid, ${matter}
    FROM user_account u
    WHERE u.org_id = ${orgId}::uuid AND u.id = ANY(${[...new Set(userIds)]}::uuid[]) AND u.deactivated_at IS NULL
      AND NOT (${isSeenForAll(kind)}::boolean AND EXISTS (
        SELECT 1 FROM notice n WHERE n.org_id = ${orgId}::uuid AND n.matter = ${matter} AND n.acknowledged_at IS NOT NULL))
    ORDER BY u.id
    ON CONFLICT (user_id, matter) DO NOTHING
    RETURNING id::text AS "noticeId", user_id::text AS "userId"`;
  if (told.length > 0) {
    await announceNotices(tx, orgId);
    const userIds = told.map(({ userId }) => userId);
    await recordNoticeDeliveries(tx, { orgId, userIds, kind, params: said, caseId, matter });
  }
  return told;
}

/** Tells the screens of an organisation to fetch their notices again. */
export async function announceNotices(tx: SqlTx, orgId: string): Promise<void> {
  await publish(tx, { topic: "notice.changed", orgIds: [orgId] });
}
