export { assign } from "./engine/assign.ts";
export type { Decision, Line, Outcome } from "./engine/decisions.ts";
export type { Rule } from "./engine/rules.ts";
export type { CaseFacts, ReaderFacts, Snapshot } from "./engine/snapshot.ts";
