import type { Ctx, SqlTx, UserActor } from "#server/context.ts";
import { readerFacts, readerGroups } from "../../readers/index.ts";
import { type RuleParts, ruleInWords, rulePartsInWords } from "../engine/sentence.ts";
import type { CheckRules } from "./inputs.ts";
import { rulesPolicy } from "./policy.ts";
import { namesIn, type RuleChoices, ruleChoices } from "./rule-choices.ts";
import { findingsOf, type RuleFinding } from "./rule-findings.ts";
import { nameOfRule, type Sheet } from "./sheet.ts";

export type CheckedRules = {
  /** In the order of the sheet, as are the sentences. */
  parts: RuleParts[];
  sentences: string[];
  findings: RuleFinding[];
};

/** Edited rules said in words, with what is odd about them; nothing is saved. */
export async function checkRules({ tx, actor, now }: Ctx<UserActor>, { sheet }: CheckRules): Promise<CheckedRules> {
  rulesPolicy.authorize(actor, "rules.read", null);
  return checkedBy(tx, actor.orgId, now, sheet, await ruleChoices(tx, actor.orgId));
}

export async function checkedBy(
  tx: SqlTx,
  readerOrgId: string,
  now: Date,
  sheet: Sheet,
  choices: RuleChoices,
): Promise<CheckedRules> {
  const names = namesIn(choices, new Map(sheet.map((entry, place) => [entry.rule.id, nameOfRule(entry, place)])));
  const readers = await readerFacts(tx, readerOrgId, now);
  const groups = await readerGroups(tx, readerOrgId);
  return {
    parts: sheet.map(({ rule }) => rulePartsInWords(rule, names)),
    sentences: sheet.map(({ rule }) => ruleInWords(rule, names)),
    findings: findingsOf(sheet, { readers, groups }),
  };
}
