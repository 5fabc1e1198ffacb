export { acknowledge } from "./acknowledge.ts";
export { AlarmsOf, alarmsOfCase } from "./alarms-of-case.ts";
export { casesToWatch } from "./cases-to-watch.ts";
export { escalateCases } from "./escalate-cases.ts";
export { readLadder, SaveLadder, saveLadder } from "./ladder.ts";
export { escalationPolicy } from "./policy.ts";
export { SentOf, sentSteps } from "./sent-steps.ts";
export { TryLadder, tryLadder } from "./try-ladder.ts";
