export { edgeConfig } from "./edge-config.ts";
export { enrollmentCodeSha256 } from "./enrollment-code.ts";
export { issueEnrollmentCode, issueEnrollmentCodeAsOperator } from "./issue-enrollment-code.ts";
export { listEdges } from "./list-edges.ts";
export { noteStudy } from "./note-study.ts";
export { type EdgeActor, edgePolicy } from "./policy.ts";
export { recordHeartbeat } from "./record-heartbeat.ts";
export { redeemEnrollmentCode } from "./redeem-code.ts";
export { revokeEdge } from "./revoke-edge.ts";
