import type { Ctx } from "#server/context.ts";
import type { CaseMessage } from "./shapes.ts";

/** What was asked and answered about a case, oldest first. Asks no policy: the case was found for the caller already. */
export async function messagesOf({ tx }: Pick<Ctx, "tx">, caseId: string): Promise<CaseMessage[]> {
  const rows = await tx.$queryRaw<(Omit<CaseMessage, "at" | "by"> & { at: Date; by: string | null })[]>`
    SELECT id AS "messageId", kind::text, text, stops_clock AS "stopsClock", staff_name(by_id) AS by, at
    FROM case_message WHERE case_id = ${caseId}::uuid ORDER BY at, id`;
  return rows.map((row) => ({ ...row, by: row.by ?? "", at: row.at.toISOString() }));
}
