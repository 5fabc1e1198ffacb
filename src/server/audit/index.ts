export { anchorAuditHeads, readAnchors } from "./anchors.ts";
export { sealedElsewhere, verifyAuditChains } from "./verify-chains.ts";
export { startAuditWriter, waitingReads } from "./writer.ts";
