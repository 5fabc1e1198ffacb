export { currentRuleNames, currentRuleSet } from "./current-rule-set.ts";
export { RestoreRules, RulesVersion, SaveRules } from "./inputs.ts";
export { listRules, readRules } from "./list-rules.ts";
export { rulesPolicy } from "./policy.ts";
export { restoreRules, saveRules } from "./save-rules.ts";
export type { Sheet, SheetEntry } from "./sheet.ts";
