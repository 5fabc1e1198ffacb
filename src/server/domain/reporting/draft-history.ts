import type { Ctx } from "#server/context.ts";
import type { DraftHandover } from "./shapes.ts";

/** The drafts of a case that other readers took over or set aside, newest first, as their authors left them. */
export async function draftHistory({ tx }: Pick<Ctx, "tx">, caseId: string): Promise<DraftHandover[]> {
  type Row = Omit<DraftHandover, "writtenAt" | "at"> & { writtenAt: Date; at: Date };
  const rows = await tx.$queryRaw<Row[]>`
    SELECT act, author_id AS "fromId", coalesce(staff_name(author_id), 'a colleague') AS "from", written_at AS "writtenAt", coalesce(staff_name(by_id), 'a colleague') AS "by",
      at, sections
    FROM draft_handover WHERE case_id = ${caseId}::uuid ORDER BY at DESC, id DESC`;
  return rows.map((row) => ({ ...row, writtenAt: row.writtenAt.toISOString(), at: row.at.toISOString() }));
}
