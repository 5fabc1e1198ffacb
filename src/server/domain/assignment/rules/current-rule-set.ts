import type { SqlTx } from "#server/context.ts";
import type { RuleSet } from "../engine/rules.ts";
import { asRuleSet, nameOfRule, type Sheet } from "./sheet.ts";

/** The rules that are in force for a reading group. None were ever saved: version 0, without a rule, so that every case is in the pool. */
export async function currentRuleSet(tx: SqlTx, readerOrgId: string): Promise<RuleSet> {
  const { version, sheet } = await newestSheet(tx, readerOrgId);
  return asRuleSet(version, sheet);
}

/** What each rule in force is called, by its id. */
export async function currentRuleNames(tx: SqlTx, readerOrgId: string): Promise<Map<string, string>> {
  const { sheet } = await newestSheet(tx, readerOrgId);
  return new Map(sheet.map((entry, place) => [entry.rule.id, nameOfRule(entry, place)]));
}

export async function newestSheet(tx: SqlTx, readerOrgId: string): Promise<{ version: number; sheet: Sheet }> {
  const [row] = await tx.$queryRaw<{ version: number; sheet: Sheet }[]>`
    SELECT version, sheet FROM assignment_rule_set WHERE org_id = ${readerOrgId}::uuid ORDER BY version DESC LIMIT 1`;
  return row ?? { version: 0, sheet: [] };
}
