import { emptyMarkup, Markup } from "@overread/shared/measurements/markup";
import { imageOf } from "@overread/shared/measurements/measurement";
import type { Ctx, UserActor } from "#server/context.ts";
import { isHeldByAnother, isOpen } from "../reading/index.ts";
import { doubleReadingOf } from "./double-reading.ts";
import { imagesToMark } from "./images-to-mark.ts";
import type { GetReport } from "./inputs.ts";
import { findReportCase } from "./report-case.ts";

/** What is kept of a case's images for the caller. */
export type CaseMarkup = {
  /** Of the caller's own; 0: nothing yet. */
  version: number;
  savedAt: string | null;
  own: Markup;
  /** Of colleagues, each with his name. Presentation is everybody's own. */
  others: { author: string; savedAt: string; measurements: Markup["measurements"] }[];
  /** SOP Instance UIDs of images that something was drawn on and that cannot be opened any more. */
  gone: string[];
};

/**
 * What the caller has drawn on the images of a case and how he looked at them, and what colleagues have drawn. Hidden
 * are, as their text is: what a colleague draws who holds the case now, and of two independent readings the other one
 * until both are kept.
 *
 * @throws {DomainError} `case.not-found`, `auth.forbidden`
 */
export async function getMarkup(ctx: Ctx<UserActor>, input: GetReport): Promise<CaseMarkup> {
  const { actor } = ctx;
  await findReportCase(ctx, input.caseId, "report.read-markup");
  const row = await findReportCase(ctx, input.caseId, "report.read");
  const double = isOpen(row) ? await doubleReadingOf(ctx, row.caseId) : null;
  const alone = (double !== null && double.kept.length < 2) || (isOpen(row) && isHeldByAnother(actor.userId, row));
  const all = await markupsOf(ctx, row.caseId);
  const own = all.find(({ authorId }) => authorId === actor.userId);
  const others = alone ? [] : all.filter((each) => each !== own && each.markup.measurements.length > 0);
  const measurements = [...(own ? [own] : []), ...others].flatMap(({ markup }) => markup.measurements);
  const known = await imagesToMark(
    ctx,
    row.caseId,
    measurements.map((each) => imageOf(each).sopInstanceUid),
  );
  return {
    version: own?.version ?? 0,
    savedAt: own?.savedAt.toISOString() ?? null,
    own: own?.markup ?? emptyMarkup,
    others: others.map(({ author, savedAt, markup }) => ({
      author,
      savedAt: savedAt.toISOString(),
      measurements: markup.measurements,
    })),
    gone: [
      ...new Set(
        measurements.map((each) => imageOf(each).sopInstanceUid).filter((uid) => known.get(uid)?.available !== true),
      ),
    ],
  };
}

export type KeptMarkup = { authorId: string; author: string; version: number; savedAt: Date; markup: Markup };

/** Everybody's, oldest first. One of a newer release that this one cannot read is left out. */
export async function markupsOf({ tx }: Pick<Ctx, "tx">, caseId: string): Promise<KeptMarkup[]> {
  const rows = await tx.$queryRaw<
    { authorId: string; author: string; version: number; savedAt: Date; document: unknown }[]
  >`
    SELECT author_id::text AS "authorId", staff_name(author_id) AS author, version, updated_at AS "savedAt", document
    FROM case_markup WHERE case_id = ${caseId}::uuid ORDER BY updated_at, author_id`;
  return rows.flatMap(({ document, ...row }) => {
    const { data } = Markup.safeParse(document);
    return data ? [{ ...row, markup: data }] : [];
  });
}
