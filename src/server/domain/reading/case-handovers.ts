import type { Ctx, SqlCtx, UserActor } from "#server/context.ts";
import type { CaseHandover } from "./shapes.ts";

/** Where a case was handed on: the newest time that was not taken back. */
export type Handover = {
  handoverId: string;
  fromId: string;
  /** Null: to whoever is free. */
  toId: string | null;
  note: string;
  at: Date;
  fromName: string | null;
  toName: string | null;
};

/** The newest handover of a case that its reader has not taken back. Asks no policy: the case was found for the caller already. */
export async function lastHandover({ tx }: Pick<SqlCtx, "tx">, caseId: string): Promise<Handover | null> {
  const [row] = await tx.$queryRaw<Handover[]>`
    SELECT id AS "handoverId", from_id AS "fromId", to_id AS "toId", note, at, staff_name(from_id) AS "fromName", staff_name(to_id) AS "toName"
    FROM case_handover WHERE case_id = ${caseId}::uuid AND taken_back_at IS NULL ORDER BY at DESC, id DESC LIMIT 1`;
  return row ?? null;
}

/** Keeps what was said with a case that is handed on. @returns the id of the handover. */
export async function noteHandover(
  { actor, tx }: Ctx<UserActor>,
  {
    caseId,
    orgId,
    readerOrgId,
    claimToken,
  }: { caseId: string; orgId: string; readerOrgId: string; claimToken: bigint },
  { toId, note }: { toId: string | null; note: string },
): Promise<string> {
  const [row] = await tx.$queryRaw<[{ id: string }]>`
    INSERT INTO case_handover (case_id, org_id, reader_org_id, from_id, to_id, note, claim_token)
    VALUES (${caseId}::uuid, ${orgId}::uuid, ${readerOrgId}::uuid, ${actor.userId}::uuid, ${toId}::uuid, ${note}, ${claimToken}) RETURNING id::text`;
  return row.id;
}

/**
 * Whether nobody has claimed the case since it was handed on. The case is locked: nobody claims it before the caller is done.
 */
export async function isStillHandedOn({ tx }: Pick<SqlCtx, "tx">, handoverId: string): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM case_handover h JOIN reading_case c ON c.id = h.case_id WHERE h.id = ${handoverId}::uuid AND c.claim_token = h.claim_token FOR UPDATE OF c`;
  return rows.length > 0;
}

/** Its note is shown no more. @returns whether it was not taken back before. */
export async function takeBackHandover({ tx }: Pick<SqlCtx, "tx">, handoverId: string): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`
    UPDATE case_handover SET taken_back_at = clock_timestamp() WHERE id = ${handoverId}::uuid AND taken_back_at IS NULL RETURNING id`;
  return rows.length > 0;
}

/** For the screens: what the reader before said with the case, to whoever has it next. Null where nothing was said. */
export async function handoverOf(ctx: Pick<Ctx, "tx">, caseId: string): Promise<CaseHandover | null> {
  const found = await lastHandover(ctx, caseId);
  if (!found) return null;
  const { fromId, fromName, toId, toName, note, at } = found;
  return {
    from: { id: fromId, name: fromName ?? "a colleague" },
    to: toId ? { id: toId, name: toName ?? "a colleague" } : null,
    note,
    at: at.toISOString(),
  };
}
