import type { SiteDocument } from "@overread/shared/site-documents";
import type { Ctx } from "#server/context.ts";
import type { SiteNotes } from "./shapes.ts";

/** What the site's technologist has added to a case. Asks no policy: the case was found for the caller already. */
export async function siteNotesOf({ tx }: Pick<Ctx, "tx">, caseId: string): Promise<SiteNotes> {
  type Row = {
    kind: "history" | "document";
    text: string;
    instanceId: string | null;
    seriesInstanceUid: string | null;
    sopInstanceUid: string | null;
    by: string | null;
    at: Date;
  };
  const rows = await tx.$queryRaw<Row[]>`
    SELECT e.kind::text, e.text, e.instance_id::text AS "instanceId", s.series_instance_uid AS "seriesInstanceUid", i.sop_instance_uid AS "sopInstanceUid",
      staff_name(e.by_id) AS by, e.at
    FROM tech_check_entry e LEFT JOIN instance i ON i.id = e.instance_id LEFT JOIN series s ON s.id = i.series_ref
    WHERE e.case_id = ${caseId}::uuid AND e.kind IN ('history', 'document') ORDER BY e.at, e.id`;
  const newest = rows.findLast(({ kind }) => kind === "history");
  return {
    history: newest?.text ? { text: newest.text, by: newest.by ?? "", at: newest.at.toISOString() } : null,
    documents: rows.flatMap(({ kind, text, instanceId, seriesInstanceUid, sopInstanceUid, by, at }) =>
      kind === "document" && instanceId && seriesInstanceUid && sopInstanceUid
        ? [
            {
              instanceId,
              seriesInstanceUid,
              sopInstanceUid,
              document: text as SiteDocument,
              by: by ?? "",
              at: at.toISOString(),
            },
          ]
        : [],
    ),
  };
}

/** The site's history as a report begins with it, in the form of an order's texts. */
export async function historyOf(ctx: Pick<Ctx, "tx">, caseId: string) {
  const { history } = await siteNotesOf(ctx, caseId);
  return history ? [{ reasonForExam: "", clinicalInformation: history.text }] : [];
}
