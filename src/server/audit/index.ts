export { anchorAuditHeads, readAnchors } from "./anchors.ts";
export { type ChainFault, verifyAuditChains } from "./verify-chains.ts";
export { startAuditWriter, type WaitingReads, waitingReads } from "./writer.ts";
