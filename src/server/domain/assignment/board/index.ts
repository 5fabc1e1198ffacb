export { publishShifts } from "./publish-shifts.ts";
export { ownPublishedShifts, publishedShifts } from "./published-shifts.ts";
export { readBoard } from "./read-board.ts";
export { FairnessOf, readFairness } from "./read-fairness.ts";
