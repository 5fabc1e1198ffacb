import { removeHiddenCharacters } from "@overread/shared/hidden-characters";
import { z } from "zod";
import { type RuleSet, ruleSchema, ruleSetSchema } from "../engine/rules.ts";

/** A rule as the lead keeps it: by a name of his own ("" : by its number), and switched off where it is to rest. */
const entrySchema = z.strictObject({
  name: z.string().overwrite(removeHiddenCharacters).trim().max(60),
  on: z.boolean(),
  rule: ruleSchema,
});
/** All rules of a group, in the order in which they are asked. */
export const sheetSchema = z
  .array(entrySchema)
  .max(200)
  .refine((entries) => ruleSetSchema.safeParse(asRuleSet(0, entries, "all")).success, "two rules with one id");
export type SheetEntry = z.infer<typeof entrySchema>;
export type Sheet = SheetEntry[];

/** What the engine gets of it: the rules that are switched on. */
export function asRuleSet(version: number, sheet: readonly SheetEntry[], which: "on" | "all" = "on"): RuleSet {
  return { version, rules: sheet.filter(({ on }) => on || which === "all").map(({ rule }) => rule) };
}

/** The name of a rule in a sentence. */
export const nameOfRule = ({ name }: SheetEntry, place: number): string => name || `rule ${place + 1}`;
