export { type Rule, type RuleSet, ruleSetSchema } from "./engine/rules.ts";
export { isOpen, nextChange } from "./engine/schedule.ts";
export { ruleInWords } from "./engine/sentence.ts";
export {
  type CaseFacts,
  type ReaderFacts,
  type Snapshot,
  snapshotSchema,
  type WorkUnitTable,
} from "./engine/snapshot.ts";
export type { Names } from "./engine/words.ts";
