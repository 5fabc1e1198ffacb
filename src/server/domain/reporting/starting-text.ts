import type { Ctx } from "#server/context.ts";
import { type CaseRow, comparablePriors, historyOf, ordersOf } from "../reading/index.ts";
import type { KeyImage, Section } from "./inputs.ts";
import { productSectionKeys } from "./product-sections.ts";
import { templatesFor } from "./templates/index.ts";
import { usualLanguage } from "./usual-language.ts";

type StartingText = { templateId: string; language: string; sections: Section[]; keyImages: KeyImage[] };

/**
 * The initial text of a draft: the template that fits the study, with the text of the preliminary report where there is
 * one. Sections that the product wrote are left out; they are written again when the next version is signed.
 */
export async function startingText(ctx: Pick<Ctx, "actor" | "tx">, row: CaseRow): Promise<StartingText> {
  const [template] = templatesFor({
    ...row,
    priors: await comparablePriors(ctx, row),
    orders: [...(await ordersOf(ctx, row)), ...(await historyOf(ctx, row.caseId))],
  });
  const [signed] = await ctx.tx.$queryRaw<Omit<StartingText, "templateId">[]>`
    SELECT language, sections, key_images AS "keyImages" FROM report_version WHERE case_id = ${row.caseId}::uuid ORDER BY version DESC LIMIT 1`;
  if (!signed) {
    const language = await usualLanguage(ctx, row);
    return { templateId: template.id, language, sections: template.sections, keyImages: [] };
  }
  const written = new Map(signed.sections.map((section) => [section.key, section]));
  for (const key of productSectionKeys) written.delete(key);
  // A signed version has no empty headings: these are added again, in the template's order.
  const sections = template.sections.map((section) => written.get(section.key) ?? { ...section, text: "" });
  const others = [...written.values()].filter(({ key }) => !sections.some((section) => section.key === key));
  const { language, keyImages } = signed;
  return { templateId: template.id, language, sections: [...sections, ...others], keyImages };
}
