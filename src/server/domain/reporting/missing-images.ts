import { DomainError } from "@overread/shared/errors";
import { reportWords } from "@overread/shared/report-words";
import type { Ctx } from "#server/context.ts";
import { requireComplete } from "../reading/index.ts";
import type { Section } from "./inputs.ts";

/** Key of a section that the product puts before the reader's. */
export const missingImagesKey = "missing-images";

/**
 * The section that states which images were refused or damaged and not available for reading; part of what is signed.
 * None when the study is complete.
 *
 * @throws {DomainError} `case.incomplete` with `refused`, when nobody has decided to read without them
 */
export async function missingImages(
  { tx }: Pick<Ctx, "tx">,
  { caseId, language }: { caseId: string; language: string },
): Promise<Section[]> {
  const [study] = await tx.$queryRaw<
    { id: string; refusedInstances: number; damagedInstances: number; readWithout: number }[]
  >`
    SELECT s.id, s.refused_instances AS "refusedInstances", s.damaged_instances AS "damagedInstances", c.read_without AS "readWithout"
    FROM reading_case c JOIN study s ON s.id = c.study_ref WHERE c.id = ${caseId}::uuid`;
  if (!study) throw new DomainError("case.not-found");
  requireComplete(study);
  const { refusedInstances: refused, damagedInstances: damaged } = study;
  if (refused + damaged === 0) return [];
  const [{ received }] = await tx.$queryRaw<[{ received: number }]>`
    SELECT count(*)::int AS received FROM instance WHERE study_ref = ${study.id}::uuid AND status = 'stored' AND source NOT IN ('report', 'site')`;
  const { title, text } = reportWords(language).missingImages;
  return [{ key: missingImagesKey, title, text: text({ received, refused, damaged }) }];
}
