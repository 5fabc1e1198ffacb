export { checkRules } from "./check-rules.ts";
export { currentRuleNames, currentRuleSet } from "./current-rule-set.ts";
export { CheckRules, RehearseRules, RestoreRules, RulesVersion, SaveRules } from "./inputs.ts";
export { listRules, readRules } from "./list-rules.ts";
export { rulesPolicy } from "./policy.ts";
export { playRehearsal, readyToRehearse } from "./rehearse-rules.ts";
export { restoreRules, saveRules } from "./save-rules.ts";
export type { Sheet } from "./sheet.ts";
