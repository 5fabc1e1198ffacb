export { acceptOffer, declineCase } from "./answer-offer.ts";
export { assignCase, unassignCase } from "./assign-case.ts";
export {
  FairnessOf,
  ownPublishedShifts,
  publishedShifts,
  publishShifts,
  readBoard,
  readFairness,
} from "./board/index.ts";
export { claimByRules } from "./claim-by-rules.ts";
export { drawCase } from "./draw-case.ts";
export { assign } from "./engine/assign.ts";
export type { Priority } from "./engine/codes.ts";
export { ladderSchema, type Step, stepKey, stepsDue, usualLadder } from "./engine/escalation.ts";
export { forecast } from "./engine/forecast.ts";
export { type Measures, measure } from "./engine/measure.ts";
export type { Played, RecordedEvent } from "./engine/recorded.ts";
export { type Habit, rehearse } from "./engine/rehearse.ts";
export type { Rule } from "./engine/rules.ts";
export type { CaseFacts, ReaderFacts, Snapshot } from "./engine/snapshot.ts";
export { colleaguesFor, handOverCase, takeBackCase } from "./hand-over.ts";
export { AssignCase, DeclineCase, HandOverCase, OfGivenCase, ReadCaseWith, TraceCase, UnassignCase } from "./inputs.ts";
export { purgeRuns, replayRun } from "./kept-runs.ts";
export { myHand } from "./my-hand.ts";
export { readWith } from "./read-with.ts";
export { readersWhoMay, type WhoMay } from "./readers-who-may.ts";
export { reserveByRules } from "./reserve-by-rules.ts";
export {
  CheckRules,
  checkRules,
  currentRuleNames,
  currentRuleSet,
  listRules,
  playRehearsal,
  RehearseRules,
  RestoreRules,
  RulesVersion,
  readRules,
  readyToRehearse,
  restoreRules,
  rulesPolicy,
  SaveRules,
  type Sheet,
  saveRules,
} from "./rules/index.ts";
export { groupsWithRules, runAssignment } from "./run-assignment.ts";
export { traceCase, whyMe } from "./trace-case.ts";
export { type Finalising, whoFinalises } from "./who-finalises.ts";
