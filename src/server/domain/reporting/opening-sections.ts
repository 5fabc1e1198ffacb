import type { Ctx } from "#server/context.ts";
import type { ReadTogether } from "../reading/index.ts";
import { examinations } from "./examinations.ts";
import type { Section } from "./inputs.ts";
import { missingImages } from "./missing-images.ts";
import { patientInDoubt } from "./patient-in-doubt.ts";

/** What the product puts before the reader's sections of all that one report is of: part of what is signed. */
export async function openingSections(
  ctx: Pick<Ctx, "tx">,
  together: readonly ReadTogether[],
  language: string,
): Promise<Section[]> {
  const caseIds = together.map(({ caseId }) => caseId);
  return [
    ...examinations(together, language),
    ...(await patientInDoubt(ctx, { caseIds, language })),
    ...(await missingImages(ctx, { caseIds, language })),
  ];
}
