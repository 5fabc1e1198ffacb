export { type AuditAction, type AuditEntry, appendAs, audit } from "./append.ts";
export { chainOwnReads } from "./chain-own-reads.ts";
export { auditPolicy } from "./policy.ts";
export { SearchAudit, searchAudit } from "./search-audit.ts";
