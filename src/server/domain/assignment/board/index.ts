export { readBoard } from "./read-board.ts";
export { FairnessOf, readFairness } from "./read-fairness.ts";
