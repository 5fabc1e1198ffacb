export { anchorAuditHeads, readAnchors } from "./anchors.ts";
export { verifyAuditChains } from "./verify-chains.ts";
export { startAuditWriter, waitingReads } from "./writer.ts";
