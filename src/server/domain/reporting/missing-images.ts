import { reportWords } from "@overread/shared/report-words";
import type { Ctx } from "#server/context.ts";
import { requireComplete } from "../reading/index.ts";
import type { Section } from "./inputs.ts";

/** Key of a section that the product puts before the reader's. */
export const missingImagesKey = "missing-images";

type Acquired = {
  description: string;
  received: number;
  refusedInstances: number;
  damagedInstances: number;
  readWithout: number;
};

/** Of each case what came and what did not; the leading one first. */
function acquired({ tx }: Pick<Ctx, "tx">, caseIds: readonly string[]): Promise<Acquired[]> {
  return tx.$queryRaw<Acquired[]>`
    SELECT s.study_description AS description, s.refused_instances AS "refusedInstances", s.damaged_instances AS "damagedInstances", c.read_without AS "readWithout",
      CASE WHEN s.refused_instances + s.damaged_instances > 0 THEN (
        SELECT count(*)::int FROM instance i WHERE i.study_ref = s.id AND i.status = 'stored' AND i.source NOT IN ('report', 'site')) ELSE 0 END AS received
    FROM reading_case c JOIN study s ON s.id = c.study_ref WHERE c.id = ANY(${caseIds as string[]}::uuid[])
    ORDER BY coalesce(c.read_with_id, c.id) = c.id DESC, s.study_date, s.study_time, c.id`;
}

/** @throws {DomainError} `case.incomplete` with `refused`, when nobody has decided to read one of them without its missing images */
export async function requireImages(ctx: Pick<Ctx, "tx">, caseIds: readonly string[]): Promise<void> {
  for (const study of await acquired(ctx, caseIds)) requireComplete(study);
}

/**
 * The section that states which images were refused or damaged and not available for reading; part of what is signed.
 * None when every study is complete. Of several studies each is named.
 */
export async function missingImages(
  ctx: Pick<Ctx, "tx">,
  { caseIds, language }: { caseIds: readonly string[]; language: string },
): Promise<Section[]> {
  const studies = await acquired(ctx, caseIds);
  const lacking = studies.filter((study) => study.refusedInstances + study.damagedInstances > 0);
  if (lacking.length === 0) return [];
  const { title, text } = reportWords(language).missingImages;
  const lines = lacking.map(({ description, received, refusedInstances: refused, damagedInstances: damaged }) => {
    const said = text({ received, refused, damaged });
    return studies.length > 1 && description ? `${description}: ${said}` : said;
  });
  return [{ key: missingImagesKey, title, text: lines.join("\n") }];
}
